// SPDX-License-Identifier: MIT
#include "odot/kernels/patches.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "odot/core/tensor.hpp"

using namespace odot;

using Image = Shape<2, 4, 6>;
using Geometry = kernels::PatchGeometry<Image, 2>;
static_assert(std::is_same_v<Geometry::patches, Shape<6, 8>>);

TEST_CASE("gather follows the definition, scatter undoes it, on any number of threads") {
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    Batch<Image, double> x(800), back(800);
    Batch<Geometry::patches, double> patches(800);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i + 1);
    kernels::Patches<Cpu>::gather<Geometry, double>(workspace, x, patches);
    std::size_t wrong = 0;
    for (std::size_t n = 0; n < 800; ++n)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < 6; ++j)
          for (std::size_t c = 0; c < 2; ++c)
            wrong += patches[n](i / 2 * 3 + j / 2, c * 4 + i % 2 * 2 + j % 2) != x[n](c, i, j);
    CHECK(wrong == 0);
    kernels::Patches<Cpu>::scatter<Geometry, double>(workspace, patches, back);
    CHECK(std::ranges::equal(back.span(), x.span()));
  }
}

namespace {

template <class G>
void check_floats() {
  Workspace<Cpu> workspace(2);
  constexpr std::size_t samples = 150;
  Batch<typename G::image> x(samples), back(samples);
  Batch<typename G::patches> patches(samples);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i + 1);
  kernels::Patches<Cpu>::gather<G, float>(workspace, x, patches);
  std::size_t wrong = 0;
  for (std::size_t n = 0; n < samples; ++n)
    for (std::size_t i = 0; i < G::H; ++i)
      for (std::size_t j = 0; j < G::W; ++j)
        for (std::size_t c = 0; c < G::C; ++c)
          wrong +=
              patches[n](i / G::P * G::columns + j / G::P, (c * G::P + i % G::P) * G::P + j % G::P) != x[n](c, i, j);
  CHECK(wrong == 0);
  kernels::Patches<Cpu>::scatter<G, float>(workspace, patches, back);
  CHECK(std::ranges::equal(back.span(), x.span()));
}

}  // namespace

TEST_CASE("patches of any size, shorter and longer than a register") {
  check_floats<kernels::PatchGeometry<Shape<3, 8, 12>, 1>>();
  check_floats<kernels::PatchGeometry<Shape<2, 6, 9>, 3>>();
  check_floats<kernels::PatchGeometry<Shape<3, 8, 12>, 4>>();
  check_floats<kernels::PatchGeometry<Shape<1, 5, 10>, 5>>();
  check_floats<kernels::PatchGeometry<Shape<1, 16, 8>, 8>>();
  check_floats<kernels::PatchGeometry<Shape<1, 19, 38>, 19>>();
}
