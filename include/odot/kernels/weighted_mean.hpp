#pragma once
// SPDX-License-Identifier: MIT
// The mean of a gradient over samples with weights; the sum of the weights is known only at the end.

#include <cstddef>
#include <span>
#include <type_traits>

#include "odot/core/workspace.hpp"
#include "odot/kernels/loss_sums.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

struct CopyWeight {
  const LossSums* sums;
  double* weight;

  template <class Row>
  ODOT_HOST_DEVICE double operator()(const Row&) const {
    return 0;
  }
  ODOT_HOST_DEVICE void finish(const Terms<double, 1>&) const { *weight = sums->weight; }
};

template <class S>
struct Multiply {
  S factor;
  S* gradient;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(gradient, run.load(gradient) * factor);
  }
};

template <class S>
struct DivideByWeights {
  double samples;
  const double* before;
  const LossSums* sums;
  S* gradient;

  ODOT_HOST_DEVICE Multiply<S> prepare() const {
    const double weight = sums->weight - *before;
    return {static_cast<S>(weight > 0 ? samples / weight : 0), gradient};
  }
};

}  // namespace detail

/// All pointers are to the device's memory, so that the host does not wait for the numbers.
template <class Device>
struct WeightedMean {
  /// *weight = the sum of weights so far.
  static void measure(Workspace<Device>& workspace, const LossSums* sums, double* weight) {
    Parallel<Device>::template sum_of_rows<double>(workspace, 0, std::integral_constant<std::size_t, 1>{},
                                                   detail::CopyWeight{sums, weight});
  }

  /// gradient ·= samples / (sums->weight − *before): a gradient divided by the number of samples becomes one divided by
  /// the sum of the weights added since; 0 if there were none.
  template <class S>
  static void divide(Workspace<Device>& workspace, std::size_t samples, const double* before, const LossSums* sums,
                     std::span<S> gradient) {
    Parallel<Device>::template map<S>(
        workspace, 1, gradient.size(),
        detail::DivideByWeights<S>{static_cast<double>(samples), before, sums, gradient.data()});
  }
};

}  // namespace odot::kernels
