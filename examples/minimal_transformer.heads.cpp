// SPDX-License-Identifier: MIT
// The models of minimal_transformer that may have several heads: full attention, and the symmetric with W_K = W_Q.

#include "minimal_transformer.hpp"

minimal::Part minimal::full() { return Part::of<odot::nn::AttentionForm::full, 1, 4>("full"); }
minimal::Part minimal::symmetric() { return Part::of<odot::nn::AttentionForm::symmetric, 1, 4>("symmetric"); }
