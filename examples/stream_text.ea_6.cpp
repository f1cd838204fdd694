// SPDX-License-Identifier: MIT
// The trainer stream_text with element-wise attention of order 6, on the CPU.

#include "stream_text.hpp"

#include <odot/odot.hpp>

stream_text::Outcome stream_text::measure_ea_6(const Settings& settings, const Text& text, const Listener& listener) {
  return measure<odot::models::TextSeriesAttention, odot::Cpu>(settings, text, listener);
}
