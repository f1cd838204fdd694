#pragma once
// SPDX-License-Identifier: MIT
// Sums of many numbers that lose no more than a sum of few: in stretches, which are then added in double precision.

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>

#include "odot/kernels/simd.hpp"

namespace odot::kernels {

/// Numbers or rows that are added one after the other in the scalar of the data.
inline constexpr std::size_t sum_stretch = 64;

/// Σ of an Eigen array's Size elements. No more than sum_stretch packets are added in a row in the array's own scalar, so the
/// error is the same at any length: below 2e-6 of Σ|values| in float, 1e-7 as a rule.
template <std::size_t Size, class Values>
typename Values::Scalar long_sum(const Values& values) {
  using S = typename Values::Scalar;
  constexpr std::size_t stretch = sum_stretch * simd::lanes<S>;
  if constexpr (Size <= stretch) {
    return values.sum();
  } else {
    double total = 0;
    for (std::size_t i = 0; i < Size; i += stretch)
      total += static_cast<double>(
          values.segment(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>((std::min)(stretch, Size - i))).sum());
    return static_cast<S>(total);
  }
}

/// Sums of rows from `begin` to `end`: add(first, last, sum) adds rows `first` to `last` to `sum`, `size` numbers. Stretches
/// after the first one are summed in `scratch`, also of `size`, and then added to `total`, which is 0 at first.
template <class S, class Add>
void sum_rows_in_stretches(std::size_t begin, std::size_t end, std::size_t size, S* total, S* scratch, const Add& add) {
  for (std::size_t first = begin; first < end; first += sum_stretch) {
    const std::size_t last = (std::min)(first + sum_stretch, end);
    if (first == begin) {
      add(first, last, total);
      continue;
    }
    std::fill_n(scratch, size, S{0});
    add(first, last, scratch);
    for (std::size_t i = 0; i < size; ++i) total[i] += scratch[i];
  }
}

}  // namespace odot::kernels
