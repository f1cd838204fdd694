// SPDX-License-Identifier: MIT
#include "odot/kernels/augment.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cstdint>

#include "support/rotated_pictures.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("pictures of any size are rotated as defined, at every border") {
  check_rotated<Cpu, std::uint8_t, float, 28, 28>();
  check_rotated<Cpu, std::uint8_t, float, 2, 2>();
  check_rotated<Cpu, std::uint8_t, float, 3, 37>();
  check_rotated<Cpu, std::uint8_t, float, 1, 9>();
  check_rotated<Cpu, std::uint8_t, float, 9, 1>();
  check_rotated<Cpu, std::uint8_t, double, 5, 17>();
  check_rotated<Cpu, float, float, 6, 19>();
}
