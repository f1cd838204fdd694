#pragma once
// SPDX-License-Identifier: MIT
// A training of milliseconds: a linear classifier of the built-in figures.

#include <cstddef>

#include "odot/data/synthetic.hpp"
#include "odot/kernels/add.hpp"
#include "odot/kernels/count_beyond.hpp"
#include "odot/kernels/gather.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/log_softmax.hpp"
#include "odot/kernels/nll.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::test {

using SmallImage = Shape<1, 28, 28>;
using SmallModel = nn::Sequential<SmallImage, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
using SmallNetwork = Network<SmallModel>;

using SmallSplit = data::Split<data::Dataset<SmallImage>>;

/// 300 training samples: with a batch size of 128 the batches are of 128, 128 and 44 samples.
inline SmallSplit small_data(std::size_t train = 300, std::size_t test = 120) {
  return data::synthetic<SmallImage>(Seed{1}, train, test);
}

}  // namespace odot::test
