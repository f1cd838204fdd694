// SPDX-License-Identifier: MIT
// The models of minimal_transformer whose attention is one matrix in place of W_Q W_Kᵀ.

#include "minimal_transformer.hpp"

minimal::Part minimal::wqk() { return Part::of<odot::nn::AttentionForm::wqk, 1>("wqk"); }
