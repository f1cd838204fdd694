// SPDX-License-Identifier: MIT
// Network::classify on the Gpu.

#include <doctest/doctest.h>

#include "odot/gpu.hpp"
#include "support/classify_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("classify gives the place of predict's largest output on the Gpu") { check_classify_against_predict<Gpu>(); }

TEST_CASE("of equal outputs classify takes the first, and NaN before all, on the Gpu") {
  check_classify_chosen_outputs<Gpu>();
}

TEST_CASE("classify takes the lengths of sequences on the Gpu") { check_classify_sequences<Gpu>(); }
