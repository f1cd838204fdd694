// SPDX-License-Identifier: MIT
// The trainer stream_text on the GPU; compiled where ODOT_GPU is set.

#include "stream_text.hpp"

#include <odot/gpu.hpp>

stream_text::Outcome stream_text::measure_ea_6_on_gpu(const Settings& settings, const Text& text,
                                                      const Listener& listener) {
  return measure<odot::models::TextSeriesAttention, odot::Gpu>(settings, text, listener);
}
stream_text::Outcome stream_text::measure_self_on_gpu(const Settings& settings, const Text& text,
                                                      const Listener& listener) {
  return measure<odot::models::TextSelfAttention, odot::Gpu>(settings, text, listener);
}
std::string stream_text::gpu_description() { return odot::Gpu::description(); }
