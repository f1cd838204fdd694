#pragma once
// SPDX-License-Identifier: MIT
// Pooling of a plane on the CPU, down its columns first and then along its lines.
//
// First the K input rows of each output row are reduced to one line. On each side of a line there are `padding` numbers
// that change no result. A line takes `stride` numbers per output, or a little more, and the lines follow one another.
// So for column v of their windows, neighbouring outputs, also those of different lines, read numbers that are `stride`
// apart. Therefore SIMD registers are full even if a line has few outputs.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/core/parallel.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/cpu/access.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

template <class G, class S>
struct PoolLines {
  using Number = Packed<S>;
  using Access = PackedAccess<S>;
  static constexpr std::size_t L = simd::lanes<S>;
  static constexpr std::size_t K = G::K, stride = G::stride, padding = G::padding;
  /// Outputs that a line has room for; those past out_w are computed and dropped.
  static constexpr std::size_t columns = G::out_w + (K > stride ? (K - 1) / stride : 0);
  static constexpr std::size_t pitch = stride * columns;                  // from line to line
  static constexpr std::size_t used = (std::min)(G::W, pitch - padding);  // columns of x that lie in windows
  static constexpr std::size_t size = (G::out_h * pitch + K + stride * L + 15) / 16 * 16;  // of a plane's lines

  template <bool Whole>
  static ODOT_INLINE Number load(const S* from) {
    return Access::template load<Whole>(from, used % L);
  }
  /// Numbers `stride` apart.
  static ODOT_INLINE Number load_columns(const S* from) { return Access::number(simd::load_every<stride>(from)); }

  /// body(first row of x, number of rows, line's number) for every output row; the number is an integral_constant if it
  /// is K.
  template <class Body>
  static ODOT_INLINE void each_line(const Body& body) {
    for (std::size_t i = 0; i < G::out_h; ++i) {
      const std::size_t first = G::begin(i), rows = G::end(i, G::H) - first;
      if (rows == K) body(first, std::integral_constant<std::size_t, K>{}, i);
      else body(first, rows, i);
    }
  }
  /// body(whole, column) for the registers of a row of x; whole: std::true_type unless the row ends within the
  /// register.
  template <class Body>
  static ODOT_INLINE void each_register(const Body& body) {
    for (std::size_t w = 0; w + L <= used; w += L) body(std::true_type{}, w);
    if constexpr (used % L != 0) body(std::false_type{}, used / L * L);
  }
  template <bool Whole>
  static ODOT_INLINE void store(S* to, const Number& number) {
    Access::template store<Whole>(to, used % L, number);
  }

  /// body(whole, at, out, count) for registers of `count` outputs, from the plane's output `out` on; for column v of
  /// their windows they read the numbers at + v, at + v + stride, … of the lines.
  template <class Body>
  static ODOT_INLINE void each_output(const Body& body) {
    if constexpr (columns == G::out_w) {
      each_output_of<G::out_h * G::out_w>(0, 0, body);
    } else {
      for (std::size_t i = 0; i < G::out_h; ++i) each_output_of<G::out_w>(i * pitch, i * G::out_w, body);
    }
  }

  /// body(plane, worker) for all planes of a batch; begin(worker) before each chunk of planes.
  template <class Begin, class Body>
  static void each_plane(Workspace<Cpu>& workspace, std::size_t samples, const Begin& begin, const Body& body) {
    constexpr std::size_t chunk_elements = 1 << 14;
    const Chunks chunks(samples * G::C, chunk_elements / (G::H * G::W));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t worker) ODOT_NOINLINE {
      begin(worker);
      for (std::size_t plane = chunks.begin(c); plane < chunks.end(c); ++plane) body(plane, worker);
    });
  }

 private:
  template <std::size_t Count, class Body>
  static ODOT_INLINE void each_output_of(std::size_t at, std::size_t out, const Body& body) {
    for (std::size_t o = 0; o + L <= Count; o += L) body(std::true_type{}, at + stride * o, out + o, L);
    if constexpr (Count % L != 0)
      body(std::false_type{}, at + stride * (Count / L * L), out + Count / L * L, Count % L);
  }
};

}  // namespace odot::kernels::detail
