// SPDX-License-Identifier: MIT
// The models of minimal_transformer with one matrix in place of W_Q W_Kᵀ, and so with one head: W_qk, the minimum, T Tᵀ.

#include "minimal_transformer.hpp"

minimal::Part minimal::wqk() { return Part::of<odot::nn::AttentionForm::wqk, 1>("wqk"); }
minimal::Part minimal::wqk_only() { return Part::of<odot::nn::AttentionForm::wqk_only, 1>("wqk-no-wv-wo"); }
minimal::Part minimal::symmetric_tt() { return Part::of<odot::nn::AttentionForm::symmetric_tt, 1>("symmetric-tt"); }
