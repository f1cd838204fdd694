#pragma once
// SPDX-License-Identifier: MIT
// A regression of milliseconds: the next rows of a series of two columns.

#include "odot/data/forecasting.hpp"
#include "odot/data/loader.hpp"
#include "odot/data/synthetic_sequences.hpp"
#include "odot/kernels/add.hpp"
#include "odot/kernels/count_beyond.hpp"
#include "odot/kernels/gather.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/regression_loss.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::test {

using SmallForecast = data::Forecasting<4, 3, 2>;
using SmallForecaster = Network<nn::Sequential<Shape<4, 2>, nn::Flatten, nn::Linear<6>>>;

inline SmallForecast small_series() {
  return data::forecasting<4, 3, 2>(data::synthetic_series(Seed{1}, 500, 2), {300, 100, 100}, "synthetic", true);
}

}  // namespace odot::test
