// SPDX-License-Identifier: MIT
#include "accuracy/elements.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("what copies numbers copies those of any size") { copies_of_any_size<OnCpu>(); }
TEST_CASE("what rounds every number once or twice is as exact as float allows") { elements_of_any_size<OnCpu>(); }
TEST_CASE("fixed statistics of any size are as exact as float allows") { fixed_norms_of_any_size<OnCpu>(); }
TEST_CASE("gradients of many samples are as exact as float allows") { gradients_of_many_samples<OnCpu>(1'000'000); }
TEST_CASE("the positions of many tokens are as exact as float allows") { sinusoidal_positions<OnCpu>(); }
