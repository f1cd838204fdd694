// SPDX-License-Identifier: MIT
// The trainer stream_text with self-attention, on the CPU.

#include "stream_text.hpp"

#include <odot/odot.hpp>

stream_text::Outcome stream_text::measure_self(const Settings& settings, const Text& text, const Listener& listener) {
  return measure<odot::models::TextSelfAttention, odot::Cpu>(settings, text, listener);
}
