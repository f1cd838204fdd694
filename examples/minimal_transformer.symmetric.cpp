// SPDX-License-Identifier: MIT
// The models of minimal_transformer whose attention is symmetric, W_K = W_Q.

#include "minimal_transformer.hpp"

minimal::Part minimal::symmetric() { return Part::of<odot::nn::AttentionForm::symmetric, 1, 4>("symmetric"); }
