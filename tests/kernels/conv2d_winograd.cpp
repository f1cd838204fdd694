// SPDX-License-Identifier: MIT
// Winograd's convolution: geometries and batches that reach it, those just below, and its transforms by themselves.
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/conv2d/cpu/winograd_transforms.hpp"
#include "support/conv2d_contract.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::Conv2d<Cpu>;
template <std::size_t C, std::size_t H, std::size_t W, std::size_t O, std::size_t Padding>
using Geometry = kernels::ConvGeometry<Shape<C, H, W>, O, 3, 1, Padding>;

// Output tiles are 4×4: whole ones, and some that stick out on one or both sides.
using Odd = Geometry<17, 6, 5, 19, 1>;       // outputs 6 × 5
using Unpadded = Geometry<17, 8, 4, 16, 0>;  // outputs 6 × 2; its input gradient has padding 2
using Padded = Geometry<16, 4, 13, 18, 2>;   // outputs 6 × 15
using Image = Geometry<16, 28, 28, 16, 1>;   // outputs 28 × 28

}  // namespace

static_assert(Kernel::winograd<Odd> && Kernel::winograd<Padded> && Kernel::winograd<Image>);
static_assert(!Kernel::winograd<Geometry<8, 6, 5, 19, 1>>, "few channels");
static_assert(!Kernel::winograd<Unpadded>, "outputs smaller than a tile, but not its input gradient");
static_assert(!Kernel::winograd<kernels::ConvGeometry<Shape<17, 6, 5>, 19, 3, 2, 1>>, "a stride");

TEST_CASE("too few samples for Winograd's kernel get the same results by another") {
  if constexpr (Kernel::winograd_samples<double> > 1)
    check_conv2d<Odd, double>(Kernel::winograd_samples<double> - 1, 1e-13);
}

TEST_CASE("tiles that stick out on both sides fulfil the contract, on whole and partial registers of samples") {
  constexpr std::size_t least = Kernel::winograd_samples<double>, lanes = kernels::simd::lanes<double>;
  for (const std::size_t samples : {least, lanes, 3 * lanes + 1}) check_conv2d<Odd, double>(samples, 1e-12);
}

TEST_CASE("with other paddings the contract is fulfilled") {
  check_conv2d<Unpadded, double>(8, 1e-12);
  check_conv2d<Padded, double>(5, 1e-12);
}

TEST_CASE("single precision keeps four digits and a half") { check_conv2d<Image, float>(17, 3e-5); }

TEST_CASE("the transforms of a kernel and of a tile multiply to a convolution") {
  // One channel of one tile: Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A.
  namespace winograd = kernels::detail::winograd;
  namespace simd = kernels::simd;
  using P = simd::Packet<double>;
  constexpr std::size_t L = simd::lanes<double>;
  const std::vector<double> g = hash_uniform(9, 0), d = hash_uniform(36, 100);
  double u[36];
  winograd::transform_kernel(g.data(), u);

  P half[6][6], product[6][6], reduced[4][6];
  for (std::size_t j = 0; j < 6; ++j) {  // columns
    P column[6], out[6];
    for (std::size_t i = 0; i < 6; ++i) column[i] = simd::all(d[i * 6 + j]);
    winograd::input_column<double>(column, out);
    for (std::size_t i = 0; i < 6; ++i) half[i][j] = out[i];
  }
  for (std::size_t i = 0; i < 6; ++i) {  // rows
    P out[6];
    winograd::input_column<double>(half[i], out);
    for (std::size_t j = 0; j < 6; ++j) product[i][j] = simd::multiply(out[j], simd::all(u[i * 6 + j]));
  }
  for (std::size_t j = 0; j < 6; ++j) {
    P column[6], out[4];
    for (std::size_t i = 0; i < 6; ++i) column[i] = product[i][j];
    winograd::output_column<double>(column, out);
    for (std::size_t i = 0; i < 4; ++i) reduced[i][j] = out[i];
  }
  std::vector<double> y, expected;
  for (std::size_t i = 0; i < 4; ++i) {
    P out[4];
    winograd::output_column<double>(reduced[i], out);
    for (std::size_t j = 0; j < 4; ++j) {
      double lanes[L];
      simd::store(lanes, out[j]);
      y.push_back(lanes[0]);
      double sum = 0;
      for (std::size_t k = 0; k < 9; ++k) sum += g[k] * d[(i + k / 3) * 6 + j + k % 3];
      expected.push_back(sum);
    }
  }
  CHECK(difference(y, expected, 1e-14) == "");
}

TEST_CASE("the gradient of a kernel's transform is its transpose, and is added") {
  namespace winograd = kernels::detail::winograd;
  // ⟨u, T g⟩ = ⟨Tᵀ u, g⟩ for every unit kernel g.
  const std::vector<double> u = hash_uniform(36, 0);
  std::vector<double> transposed(9, 5.0), expected(9, 5.0);
  winograd::transform_kernel_gradient(u.data(), transposed.data());
  for (std::size_t k = 0; k < 9; ++k) {
    std::vector<double> unit(9), image(36);
    unit[k] = 1;
    winograd::transform_kernel(unit.data(), image.data());
    for (std::size_t f = 0; f < 36; ++f) expected[k] += u[f] * image[f];
  }
  CHECK(difference(transposed, expected, 1e-14) == "");
}
