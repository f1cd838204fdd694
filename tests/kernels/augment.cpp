// SPDX-License-Identifier: MIT
#include "odot/kernels/augment.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

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

TEST_CASE("rotated pictures keep their pixels beside any fill, and the fill is the same beside any pixel") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), most = std::numeric_limits<float>::max();
  Workspace<Cpu> workspace(1);
  const std::array<kernels::PictureChange, 2> changes{kernels::PictureChange{}, kernels::PictureChange{.right = 2}};
  const std::array<std::size_t, 2> chosen{0, 1};
  for (const float fill : {-3.0F, 1e8F, most, -most}) {
    const std::array<float, 12> values{0.25F, 1, 3, 4, 5, 6, nan, 8, 9, nan, 11, 12};
    const std::array<float, 12> expected{0.25F, 1, 3, 4, 5, 6, fill, fill, nan, fill, fill, nan};
    std::array<float, 12> x{};
    kernels::AugmentPlan<float> plan;
    plan.changes = changes.data();
    plan.fill = fill;
    plan.rotates = true;
    kernels::Augment<Cpu>::pictures<1, 2, 3>(workspace, plan, values.data(), chosen.data(), 2, x.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(fill);
      CAPTURE(i);
      CHECK((x[i] == expected[i] || (x[i] != x[i] && expected[i] != expected[i])));
    }
  }
}
