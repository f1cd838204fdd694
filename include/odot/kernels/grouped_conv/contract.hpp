#pragma once
// SPDX-License-Identifier: MIT
// Contract of convolutions in groups of channels, and of those along one axis.

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// In groups of channels, by kernels of any two axes; G is a GroupedGeometry.
/// y[o, i, j] = b[o] + Σ_{c,u,v} w[o, c, u, v] · x[c of o's group, i·Sr + u − Pr, j·Sc + v − Pc], x = 0 outside.
/// Shapes  x [N, C, H, W], weight [O, C/Groups, Kr, Kc], bias [O] (optional) → y [N, O, H', W']
/// Grad    dx overwritten (optional);  dW, db added (dbias optional)
/// Cost    2·N·O·H'·W'·(C/Groups)·Kr·Kc FLOP forward, twice that backward
template <class Device>
struct GroupedConv : Convolution<Device>, detail::MissingKernels<Device> {};

template <class K, class Device, class S = float>
concept GroupedConvKernel =
    ConvolutionKernel<K, Device, S, GroupedGeometry<Shape<2, 5, 4>, 4, 2, ConvAxis{3, 1, 1}, ConvAxis{3, 1, 1}>>;

}  // namespace odot::kernels
