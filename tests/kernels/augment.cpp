// SPDX-License-Identifier: MIT
#include "odot/kernels/augment.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstdint>

#include "support/turned_pictures.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("pictures of any size are turned as their definition says, at every border") {
  check_turned<Cpu, std::uint8_t, float, 28, 28>();
  check_turned<Cpu, std::uint8_t, float, 2, 2>();
  check_turned<Cpu, std::uint8_t, float, 3, 37>();
  check_turned<Cpu, std::uint8_t, float, 1, 9>();
  check_turned<Cpu, std::uint8_t, float, 9, 1>();
  check_turned<Cpu, std::uint8_t, double, 5, 17>();
  check_turned<Cpu, float, float, 6, 19>();
}
