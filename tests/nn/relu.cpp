// SPDX-License-Identifier: MIT
#include "odot/nn/relu.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/relu.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

using ReLU = Bound<nn::ReLU, Shape<2, 5, 3>>;

static_assert(ReLU::parameter_count == 0 && ReLU::in_place && ReLU::backward_reads_output);
static_assert(!ReLU::backward_reads_input, "what works in place can't read its input again");

TEST_CASE("forward and backward match PyTorch") { check_layer<ReLU>(Reference("activations.txt"), "relu", 1e-11); }

TEST_CASE("backward matches central differences") { CHECK(check_gradients<ReLU>()); }
