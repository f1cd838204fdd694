#pragma once
// SPDX-License-Identifier: MIT
// 2-D pooling on the CPU. Forward works on lines (lines.hpp). One thread computes a plane, forward and backward.

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "odot/kernels/pool2d/contract.hpp"
#include "odot/kernels/pool2d/cpu/lines.hpp"

namespace odot::kernels {

namespace detail {

/// The largest numbers of the windows of one plane, and their taps if Taps.
template <class G, class S, bool Taps>
struct MaxPoolPlane {
  using Lines = PoolLines<G, S>;
  using Number = typename Lines::Number;
  static constexpr std::size_t K = G::K;
  static constexpr std::size_t scratch = Lines::size * (Taps ? 2 : 1);

  /// Padding is −∞ with a tap of K², larger than every other. Since the smallest tap wins among equal numbers, padding
  /// loses against every number, −∞ included.
  static void clear(S* lines) {
    std::fill_n(lines, Lines::size, -std::numeric_limits<S>::infinity());
    if constexpr (Taps) std::fill_n(lines + Lines::size, Lines::size, static_cast<S>(K * K));
  }

  static ODOT_NOINLINE ODOT_FLATTEN void forward(const S* x, S* lines, S* taps, S* y) {
    Lines::each_line([&](std::size_t first, auto rows, std::size_t i) {
      const S* from = x + first * G::W;
      S* line = lines + i * Lines::pitch + G::padding;
      const std::size_t above = first + G::padding - i * G::stride;  // rows of padding above it
      Lines::each_register([&](auto whole, std::size_t w) {
        Number best = Lines::template load<whole>(from + w), tap(static_cast<S>(above * K));
        for (std::size_t u = 1; u < rows; ++u) {
          const Number next = Lines::template load<whole>(from + u * G::W + w);
          if constexpr (Taps) {
            const auto is_larger = next > best || next != next;
            best = select(is_larger, next, best);
            tap = select(is_larger, Number(static_cast<S>((above + u) * K)), tap);
          } else {
            best = maximum(best, next);
          }
        }
        Lines::template store<whole>(line + w, best);
        if constexpr (Taps) Lines::template store<whole>(line + Lines::size + w, tap);
      });
    });
    Lines::each_output([&](auto whole, std::size_t at, std::size_t out, std::size_t count) {
      using Access = typename Lines::Access;
      Number best = Lines::load_columns(lines + at), tap(S{0});
      if constexpr (Taps) tap = Lines::load_columns(lines + Lines::size + at);
      for (std::size_t v = 1; v < K; ++v) {
        const Number next = Lines::load_columns(lines + at + v);
        if constexpr (Taps) {
          const Number next_tap = Lines::load_columns(lines + Lines::size + at + v) + Number(static_cast<S>(v));
          const auto is_larger = next > best || next != next || (next == best && next_tap < tap);
          best = select(is_larger, next, best);
          tap = select(is_larger, next_tap, tap);
        } else {
          best = maximum(best, next);
        }
      }
      Access::template store<whole>(y + out, count, best);
      if constexpr (Taps) Access::template store<whole>(taps + out, count, tap);
    });
  }
};

/// dx of one plane of a max pooling.
template <class G, class S>
void max_pool_plane_gradient(const S* taps, const S* dy, S* dx) {
  // The distance of tap t from tap 0 in a plane.
  static constexpr auto places = [] {
    std::array<std::size_t, G::K * G::K> from_first{};
    for (std::size_t t = 0; t < from_first.size(); ++t) from_first[t] = t / G::K * G::W + t % G::K;
    return from_first;
  }();
  std::fill_n(dx, G::H * G::W, S{0});
  for (std::size_t i = 0, out = 0; i < G::out_h; ++i)
    for (std::size_t j = 0; j < G::out_w; ++j, ++out) {
      const std::size_t tap = static_cast<std::size_t>(static_cast<int>(taps[out]));
      dx[(i * G::stride * G::W + j * G::stride + places[tap]) - G::padding * (G::W + 1)] += dy[out];
    }
}

/// The means of the windows of one plane, and their gradient.
template <class G, bool CountPadding, class S>
struct AvgPoolPlane {
  using Lines = PoolLines<G, S>;
  using Number = typename Lines::Number;
  using Access = typename Lines::Access;
  static constexpr std::size_t K = G::K, stride = G::stride, L = Lines::L;
  static constexpr bool same_size = CountPadding || G::padding == 0;  // of all windows
  static constexpr std::size_t share_count = same_size ? 0 : G::out_h * G::out_w;
  // Backward's line: the windows' gradients side by side; and for stride 1 the gradients with zeros on both sides.
  static constexpr std::size_t length = G::out_w * stride + K + L;
  static constexpr std::size_t scratch = (std::max)(Lines::size, G::out_h* length + G::out_w + 2 * K + 2 * L);

  /// 1 / size of each window, unless all sizes are K².
  static void shares(S* of_windows) {
    for (std::size_t o = 0; o < share_count; ++o)
      of_windows[o] = window_share<G, CountPadding, S>(o / G::out_w, o % G::out_w);
  }

  static ODOT_NOINLINE ODOT_FLATTEN void forward(const S* x, const S* shares, S* lines, S* y) {
    Lines::each_line([&](std::size_t first, auto rows, std::size_t i) {
      const S* from = x + first * G::W;
      S* line = lines + i * Lines::pitch + G::padding;
      Lines::each_register([&](auto whole, std::size_t w) {
        Number sum = Lines::template load<whole>(from + w);
        for (std::size_t u = 1; u < rows; ++u) sum = sum + Lines::template load<whole>(from + u * G::W + w);
        Lines::template store<whole>(line + w, sum);
      });
    });
    Lines::each_output([&](auto whole, std::size_t at, std::size_t out, std::size_t count) {
      Number sum = Lines::load_columns(lines + at);
      for (std::size_t v = 1; v < K; ++v) sum = sum + Lines::load_columns(lines + at + v);
      const Number share =
          same_size ? Number(window_share<G, true, S>(0, 0)) : Access::template load<whole>(shares + out, count);
      Access::template store<whole>(y + out, count, sum * share);
    });
  }

  static ODOT_NOINLINE ODOT_FLATTEN void backward(const S* dy, const S* shares, S* memory, S* dx) {
    // y = Σ over columns of Σ over rows. Along the lines first: there is one per row of outputs, fewer than rows of dx.
    for (std::size_t i = 0; i < G::out_h; ++i)
      spread(dy + i * G::out_w, shares + i * G::out_w, memory, memory + i * length);
    for (std::size_t r = 0; r < G::H; ++r) {
      const std::size_t place = r + G::padding;
      const std::size_t first = place < K ? 0 : (place - K) / stride + 1,
                        last = (std::min)(place / stride + 1, G::out_h);
      S* to = dx + r * G::W;
      const S* line = memory + G::padding;
      each_register([&](auto whole, std::size_t w) {
        Number sum(S{0});
        if (first < last) sum = Access::template load<true>(line + first * length + w, L);
        for (std::size_t i = first + 1; i < last; ++i)
          sum = sum + Access::template load<true>(line + i * length + w, L);
        Access::template store<whole>(to + w, G::W % L, sum);
      });
    }
  }

 private:
  /// line[j · stride + v] += dy[j] / size for every column v of window j.
  static void spread(const S* dy, const S* shares, S* memory, S* line) {
    const auto gradient = [&](std::size_t j) {
      return dy[j] * (same_size ? window_share<G, true, S>(0, 0) : shares[j]);
    };
    if constexpr (stride == 1) {
      S* gradients = memory + G::out_h * length;  // K − 1 zeros, gradients, zeros
      std::fill_n(gradients, G::out_w + 2 * K + 2 * L, S{0});
      for (std::size_t j = 0; j < G::out_w; ++j) gradients[K - 1 + j] = gradient(j);
      for (std::size_t w = 0; w < G::out_w + K - 1; w += L) {
        Number sum = Access::template load<true>(gradients + w, L);
        for (std::size_t v = 1; v < K; ++v) sum = sum + Access::template load<true>(gradients + w + v, L);
        Access::template store<true>(line + w, L, sum);
      }
    } else {
      std::fill_n(line, length, S{0});
      for (std::size_t j = 0; j < G::out_w; ++j) {
        const S value = gradient(j);
        for (std::size_t v = 0; v < K; ++v) line[j * stride + v] += value;
      }
    }
  }
  /// body(whole, column) for the registers of a row of dx.
  template <class Body>
  static ODOT_INLINE void each_register(const Body& body) {
    for (std::size_t w = 0; w + L <= G::W; w += L) body(std::true_type{}, w);
    if constexpr (G::W % L != 0) body(std::false_type{}, G::W / L * L);
  }
};

}  // namespace detail

template <>
struct MaxPool2d<Cpu> {
  template <class G, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                      BatchView<typename G::output, S> taps, BatchView<typename G::output, S> y) {
    if (taps) forward_planes<G, true>(workspace, x, taps, y);
    else forward_planes<G, false>(workspace, x, taps, y);
  }

  template <class G, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<typename G::output, const S> taps,
                       BatchView<typename G::output, const S> dy, BatchView<typename G::input, S> dx) {
    if (!dx) return;
    constexpr std::size_t in = G::H * G::W, out = G::out_h * G::out_w;
    detail::PoolLines<G, S>::each_plane(
        workspace, dy.samples(), [](std::size_t) {},
        [&](std::size_t plane, std::size_t) {
          detail::max_pool_plane_gradient<G>(taps.data() + plane * out, dy.data() + plane * out,
                                             dx.data() + plane * in);
        });
  }

 private:
  template <class G, bool Taps, class S>
  static void forward_planes(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                             BatchView<typename G::output, S> taps, BatchView<typename G::output, S> y) {
    using Plane = detail::MaxPoolPlane<G, S, Taps>;
    constexpr std::size_t in = G::H * G::W, out = G::out_h * G::out_w;
    auto frame = workspace.frame();
    S* memory = frame.take<S>(static_cast<std::size_t>(workspace.threads()) * Plane::scratch);
    Plane::Lines::each_plane(
        workspace, x.samples(), [&](std::size_t worker) { Plane::clear(memory + worker * Plane::scratch); },
        [&](std::size_t plane, std::size_t worker) {
          Plane::forward(x.data() + plane * in, memory + worker * Plane::scratch,
                         Taps ? taps.data() + plane * out : nullptr, y.data() + plane * out);
        });
  }
};

template <>
struct AvgPool2d<Cpu> {
  template <class G, bool CountPadding, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                      BatchView<typename G::output, S> y) {
    each_plane<G, CountPadding, S>(
        workspace, x.samples(), [](S* lines) { std::fill_n(lines, detail::PoolLines<G, S>::size, S{0}); },
        [&](auto plane, std::size_t number, const S* shares, S* lines) {
          plane.forward(x.data() + number * (G::H * G::W), shares, lines, y.data() + number * (G::out_h * G::out_w));
        });
  }

  template <class G, bool CountPadding, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<typename G::output, const S> dy,
                       BatchView<typename G::input, S> dx) {
    if (!dx) return;
    each_plane<G, CountPadding, S>(
        workspace, dy.samples(), [](S*) {},
        [&](auto plane, std::size_t number, const S* shares, S* lines) {
          plane.backward(dy.data() + number * (G::out_h * G::out_w), shares, lines, dx.data() + number * (G::H * G::W));
        });
  }

 private:
  /// body(AvgPoolPlane, plane's number, shares, worker's memory) for every plane; begin(memory) before each chunk of
  /// planes.
  template <class G, bool CountPadding, class S, class Begin, class Body>
  static void each_plane(Workspace<Cpu>& workspace, std::size_t samples, const Begin& begin, const Body& body) {
    using Plane = detail::AvgPoolPlane<G, CountPadding, S>;
    auto frame = workspace.frame();
    S* memory = frame.take<S>(static_cast<std::size_t>(workspace.threads()) * Plane::scratch);
    S* shares = frame.take<S>(Plane::share_count + 1);
    Plane::shares(shares);
    Plane::Lines::each_plane(
        workspace, samples, [&](std::size_t worker) { begin(memory + worker * Plane::scratch); },
        [&](std::size_t plane, std::size_t worker) { body(Plane{}, plane, shares, memory + worker * Plane::scratch); });
  }
};

static_assert(Pool2dKernels<MaxPool2d<Cpu>, AvgPool2d<Cpu>, Cpu>);

}  // namespace odot::kernels
