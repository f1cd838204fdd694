#pragma once
// SPDX-License-Identifier: MIT
// An attention block in evaluation on few samples, on the CPU: a lane is a head, so that one sample fills a register.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "odot/kernels/attention_block/relevance.hpp"
#include "odot/kernels/attention_block/scores.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image, bool Bias>
class FewSamples : Relevance<S, Image> {
  using R = Relevance<S, Image>;
  using R::H, R::W, R::L, R::plane, R::taps;
  using typename R::P, typename R::Line, typename R::RowRing;
  static constexpr std::size_t C = Image::extents[0], arrays = Bias ? 4 : 2;
  static constexpr std::size_t group_elements = (arrays * plane + C * taps + 2) * L;

 public:
  /// Registers of heads.
  static constexpr std::size_t groups(std::size_t heads) { return (heads + L - 1) / L; }
  static constexpr std::size_t scratch = RowRing::elements + (plane + H + W + C * plane) * L;  // elements a worker

  /// Lays the arrays side by side. scales, offsets [maps]: the norm's line.
  FewSamples(Workspace<Cpu>::Frame& frame, const BlockForm<const S>& form, const AllMaps<S, Image, Bias>& maps,
             const S* scales, const S* offsets)
      : form_(form), maps_(maps), packed_(frame.take<S>(C * groups(form.heads) * group_elements)) {
    for (std::size_t c = 0; c < C; ++c)
      for (std::size_t g = 0; g < groups(form.heads); ++g) {
        S* to = group(c, g);
        const std::size_t first = g * L, count = std::min(L, form.heads - first), m = first * C + c;
        const auto pack = [&](const S* array) {
          load_elements(array + m * plane, plane, C * plane, count, to);
          to += plane * L;
        };
        pack(form.weight_x);
        pack(form.weight_y);
        if constexpr (Bias) pack(form.bias_x);
        if constexpr (Bias) pack(form.bias_y);
        for (std::size_t k = 0; k < C * taps; ++k, to += L)
          for (std::size_t l = 0; l < L; ++l)
            to[l] = l < count ? form.conv_weight[(k / taps * form.maps + m + l * C) * taps + k % taps] : S{0};
        for (std::size_t l = 0; l < L; ++l) {
          to[l] = l < count ? scales[m + l * C] : S{0};
          to[L + l] = l < count ? offsets[m + l * C] : S{0};
        }
      }
  }

  void evaluate(const S* x, S* y, S* memory) const {
    const RowRing head(memory);
    S *e = memory + RowRing::elements, *inverse = e + plane * L, *out = inverse + (H + W) * L;
    std::fill_n(out, C * plane * L, S{0});
    for (std::size_t c = 0; c < C; ++c) {
      S largest{0};
      for (std::size_t p = c * plane; p < (c + 1) * plane; ++p) largest = std::max(largest, std::abs(x[p]));
      for (std::size_t g = 0; g < groups(form_.heads); ++g) {
        const S* arrays_at = group(c, g);
        HeadLanes<S, Bias> lanes{x + c * plane, arrays_at, arrays_at + plane * L, nullptr, nullptr};
        if constexpr (Bias) lanes.bx = arrays_at + 2 * plane * L, lanes.by = arrays_at + 3 * plane * L;
        with_scores(size(c, g, largest),
                    [&]<Scores Size>() { R::template softmaxes<Size>(lanes, e, inverse, nullptr); });
        const S* kernels = arrays_at + arrays * plane * L;
        const S* norm = kernels + C * taps * L;
        const Line line{simd::load(norm), simd::load(norm + L)};
        for (std::size_t i = 0; i <= H; ++i) {
          if (i < H) R::head_row(lanes, e, inverse, line, i, head.row(i));
          for (std::size_t o = 0; i > 0 && o < C; ++o) {
            P k[taps];
            for (std::size_t t = 0; t < taps; ++t) k[t] = simd::load(kernels + (o * taps + t) * L);
            R::convolve_row(head.around(i - 1), k, out + (o * plane + (i - 1) * W) * L);
          }
        }
      }
    }
    for (std::size_t p = 0; p < C * plane; ++p) y[p] = form_.conv_bias[p / plane] + (form_.skip ? x[p] : S{0});
    add_lane_sums<C * plane>(out, y);
    for (std::size_t p = 0; form_.relu && p < C * plane; ++p) y[p] = y[p] < S{0} ? S{0} : y[p];  // NaN stays
  }

 private:
  S* group(std::size_t c, std::size_t g) const { return packed_ + (c * groups(form_.heads) + g) * group_elements; }

  Scores size(std::size_t c, std::size_t g, S largest) const {
    Scores size = Scores::tiny;
    for (std::size_t h = g * L; h < std::min((g + 1) * L, form_.heads); ++h)
      size = std::max(size, maps_.size(h * C + c, largest));
    return size;
  }

  const BlockForm<const S>& form_;
  const AllMaps<S, Image, Bias>& maps_;
  S* packed_;
};

}  // namespace odot::kernels::detail
