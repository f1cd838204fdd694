// SPDX-License-Identifier: MIT
// The models of minimal_transformer whose attention is symmetric, T Tᵀ.

#include "minimal_transformer.hpp"

minimal::Part minimal::symmetric_tt() { return Part::of<odot::nn::AttentionForm::symmetric_tt, 1>("symmetric-tt"); }
