// SPDX-License-Identifier: MIT
// The models of minimal_transformer whose attention is one matrix alone.

#include "minimal_transformer.hpp"

minimal::Part minimal::wqk_only() { return Part::of<odot::nn::AttentionForm::wqk_only, 1>("wqk-no-wv-wo"); }
