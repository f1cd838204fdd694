#pragma once
// SPDX-License-Identifier: MIT
// Split: a number as the sum of two numbers of a narrower type.

#include "odot/core/config.hpp"

namespace odot::kernels {

/// value ≈ high + low, each a Scalar. Of 0.999, float keeps a distance from 1 that is 1.3e-5 off, which is what a running
/// average with that factor comes to be off; with `low` it is exact to about 1e-15.
template <class Scalar>
struct Split {
  Scalar high, low;

  explicit constexpr Split(double value)
      : high(static_cast<Scalar>(value)), low(static_cast<Scalar>(value - static_cast<double>(high))) {}
};

}  // namespace odot::kernels
