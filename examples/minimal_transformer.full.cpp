// SPDX-License-Identifier: MIT
// The models of minimal_transformer whose attention is whole.

#include "minimal_transformer.hpp"

minimal::Part minimal::full() { return Part::of<odot::nn::AttentionForm::full, 1, 4>("full"); }
