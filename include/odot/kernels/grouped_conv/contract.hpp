#pragma once
// SPDX-License-Identifier: MIT
// Contract of convolutions in groups of channels, and of those along one axis.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// A kernel along one axis of an image: its extent, the steps between its places, the zeros on each side.
struct ConvAxis {
  std::size_t kernel = 1, stride = 1, padding = 0;

  constexpr std::size_t output(std::size_t extent) const { return (extent + 2 * padding - kernel) / stride + 1; }
};

/// Shapes of a convolution of Groups groups: output channel o sees the input channels of its own group only.
template <ShapeType In, std::size_t OutChannels, std::size_t Groups, ConvAxis Rows, ConvAxis Columns>
struct GroupedGeometry {
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2], O = OutChannels;
  static constexpr std::size_t groups = Groups, group_c = C / Groups, group_o = O / Groups;
  static constexpr ConvAxis rows = Rows, columns = Columns;
  static constexpr std::size_t out_h = Rows.output(H), out_w = Columns.output(W);
  static constexpr std::size_t taps = group_c * Rows.kernel * Columns.kernel;  // weights of one output channel
  using input = In;
  using output = Shape<O, out_h, out_w>;
  using weight = Shape<O, group_c, Rows.kernel, Columns.kernel>;
  using bias = Shape<O>;
};

/// y[o, i, j] = b[o] + Σ_{c,u,v} w[o, c, u, v] · x[c of o's group, i·Sr + u − Pr, j·Sc + v − Pc], x = 0 outside.
/// Shapes  x [N, C, H, W], weight [O, C/Groups, Kr, Kc], bias [O] (optional) → y [N, O, H', W']
/// Grad    dx overwritten (optional);  dW, db added (dbias optional)
/// Cost    2·N·O·H'·W'·(C/Groups)·Kr·Kc FLOP forward, twice that backward
template <class Device>
struct GroupedConv : detail::MissingKernels<Device> {
  /// G: a GroupedGeometry.
  template <class G, class S>
  static void forward(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
                      TensorView<typename G::weight, const S, Device> weight,
                      TensorView<typename G::bias, const S, Device> bias, BatchView<typename G::output, S, Device> y);
  template <class G, class S>
  static void backward(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
                       TensorView<typename G::weight, const S, Device> weight,
                       BatchView<typename G::output, const S, Device> dy,
                       TensorView<typename G::weight, S, Device> dweight, TensorView<typename G::bias, S, Device> dbias,
                       BatchView<typename G::input, S, Device> dx);
};

/// What a device's GroupedConv must offer, checked by example calls.
template <class K, class Device, class S = float,
          class G = GroupedGeometry<Shape<2, 5, 4>, 4, 2, ConvAxis{3, 1, 1}, ConvAxis{3, 1, 1}>>
concept GroupedConvKernel =
    requires(Workspace<Device>& workspace, BatchView<typename G::input, const S, Device> x,
             TensorView<typename G::weight, const S, Device> weight, TensorView<typename G::bias, const S, Device> bias,
             BatchView<typename G::output, S, Device> y, BatchView<typename G::output, const S, Device> dy,
             TensorView<typename G::weight, S, Device> dweight, TensorView<typename G::bias, S, Device> dbias,
             BatchView<typename G::input, S, Device> dx) {
      K::template forward<G>(workspace, x, weight, bias, y);
      K::template backward<G>(workspace, x, weight, dy, dweight, dbias, dx);
    };

}  // namespace odot::kernels
