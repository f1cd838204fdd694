// SPDX-License-Identifier: MIT
#include "odot/nn/relu.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/relu.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

using Relu = Bound<nn::ReLU, Shape<2, 5, 3>>;

static_assert(Relu::parameter_count == 0 && Relu::in_place && Relu::backward_reads_output);
static_assert(!Relu::backward_reads_input, "what works in place can't read its input again");

TEST_CASE("forward and backward match PyTorch") { check_layer<Relu>(Reference("activations.txt"), "relu", 1e-11); }

TEST_CASE("backward matches central differences") { CHECK(check_gradients<Relu>()); }
