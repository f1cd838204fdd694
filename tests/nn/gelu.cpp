// SPDX-License-Identifier: MIT
#include "odot/nn/gelu.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/gelu.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

template <std::size_t... E>
using GELU = Bound<nn::GELU, Shape<E...>>;

static_assert(GELU<4, 5>::parameter_count == 0 && GELU<4, 5>::cache_elements(3) == 0);

TEST_CASE("forward and backward match PyTorch") {
  check_layer<GELU<4, 5>>(Reference("tokens.txt"), "gelu", 1e-11);
  check_layer<GELU<4, 5>, float>(Reference("tokens.txt"), "gelu", 3e-7);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<GELU<3, 5>>());
  CHECK(check_gradients<GELU<2, 3, 4>>());
  CHECK(check_gradients<GELU<1>>());
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<GELU<3, 7>>(2001);
  check_same_bits<GELU<3, 7>, double>(2001);
}
