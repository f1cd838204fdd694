#pragma once
// SPDX-License-Identifier: MIT
// 2-D pooling on the CPU. Forward works on lines (lines.hpp). One thread computes a plane, forward and backward.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/pool2d/contract.hpp"
#include "odot/kernels/pool2d/cpu/avg_pool_plane.hpp"
#include "odot/kernels/pool2d/cpu/lines.hpp"
#include "odot/kernels/pool2d/cpu/max_pool_plane.hpp"

namespace odot::kernels {

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
