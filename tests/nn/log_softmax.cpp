// SPDX-License-Identifier: MIT
#include "odot/nn/log_softmax.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/log_softmax.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

using LogSoftmax = Bound<nn::LogSoftmax, Shape<6>>;

static_assert(LogSoftmax::in_place && LogSoftmax::backward_reads_output && !LogSoftmax::backward_reads_input);

TEST_CASE("forward and backward match PyTorch") {
  check_layer<LogSoftmax>(Reference("activations.txt"), "log_softmax", 1e-11);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<LogSoftmax>());
  CHECK(check_gradients<LogSoftmax>({.samples = 1}));
}
