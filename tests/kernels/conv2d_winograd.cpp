// SPDX-License-Identifier: MIT
// Winograd's convolution: by itself on any geometry, where it is chosen, and its transforms.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/conv2d/cpu/winograd.hpp"
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
using Unpadded = Geometry<17, 8, 4, 16, 0>;  // outputs 6 × 2
using Padded = Geometry<16, 4, 13, 18, 2>;   // outputs 6 × 15
using Thin = Geometry<3, 9, 7, 5, 1>;        // fewer channels than lanes
using Image = Geometry<16, 28, 28, 16, 1>;   // outputs 28 × 28
using Large = Geometry<16, 60, 50, 16, 1>;   // several pieces a sample
using Small = Geometry<64, 4, 4, 64, 1>;     // a single tile

/// G g Gᵀ [6, 6] of a kernel g [3, 3].
std::vector<double> transform_kernel(const std::vector<double>& g) {
  using P = kernels::simd::Packet<double>;
  P rows[6][3];
  for (std::size_t j = 0; j < 3; ++j) {
    P column[3], out[6];
    for (std::size_t i = 0; i < 3; ++i) column[i] = kernels::simd::all(g[i * 3 + j]);
    kernels::detail::winograd::kernel_column<double>(column, out);
    for (std::size_t i = 0; i < 6; ++i) rows[i][j] = out[i];
  }
  std::vector<double> u;
  for (std::size_t i = 0; i < 6; ++i) {
    P out[6];
    kernels::detail::winograd::kernel_column<double>(rows[i], out);
    for (const P& packet : out) {
      double lanes[kernels::simd::lanes<double>];
      kernels::simd::store(lanes, packet);
      u.push_back(lanes[0]);
    }
  }
  return u;
}

/// Winograd's kernel by itself against the definition, and on several numbers of threads.
template <class G, class S>
void check_winograd(std::size_t samples, double tolerance) {
  CAPTURE(G::input::to_string());
  CAPTURE(samples);
  ConvProblem<G, S> p(samples);
  const auto convolve = [&](int threads, const S* bias) {
    Workspace<Cpu> workspace(threads);
    std::ranges::fill(p.y.span(), S{77});
    kernels::detail::WinogradConv<G, S>::convolve(workspace, threads, p.x, p.weight.data(), bias, p.y);
    return std::vector<S>(p.y.data(), p.y.data() + p.y.size());
  };
  const std::span<const S> weight(p.weight.data(), p.weight.size()), bias(p.bias.data(), p.bias.size());
  const auto expected = [&](std::span<const S> b) {
    return NaiveConv2d<G>::template forward<S>(samples, p.x.span(), weight, b);
  };
  CHECK(difference(convolve(1, nullptr), expected({}), tolerance) == "");
  const std::vector<S> y = convolve(1, bias.data());
  CHECK(difference(y, expected(bias), tolerance) == "");
  for (const int threads : {2, 3, 5}) CHECK(convolve(threads, bias.data()) == y);
}

}  // namespace

static_assert(Kernel::winograd<Odd> && Kernel::winograd<Padded> && Kernel::winograd<Image>);
static_assert(!Kernel::winograd<Thin>, "few channels");
static_assert(!Kernel::winograd<Unpadded>, "outputs smaller than a tile, but not its input gradient");
static_assert(!Kernel::winograd<kernels::ConvGeometry<Shape<17, 6, 5>, 19, 3, 2, 1>>, "a stride");
static_assert(Kernel::winograd_pays<Image, float>(1) && Kernel::winograd_pays<Image, double>(1));
static_assert(!Kernel::winograd_pays<Small, float>(1), "more kernels than tiles");
static_assert(Kernel::winograd_pays<Small, float>(64) && Kernel::winograd_pays<Small, double>(64));

TEST_CASE("one sample and few agree with the definition, whatever sticks out, on any number of threads") {
  for (const std::size_t samples : {1, 2, 3, 7}) {
    check_winograd<Odd, double>(samples, 1e-12);
    check_winograd<Unpadded, double>(samples, 1e-12);
    check_winograd<Padded, double>(samples, 1e-12);
    check_winograd<Thin, double>(samples, 1e-12);
  }
}

TEST_CASE("many samples agree with the definition, and images of several pieces") {
  check_winograd<Odd, double>(150, 1e-12);
  for (const std::size_t samples : {1, 2, 5}) check_winograd<Large, double>(samples, 1e-12);
}

TEST_CASE("single precision keeps four digits and a half") {
  for (const std::size_t samples : {1, 5, 17}) check_winograd<Image, float>(samples, 3e-5);
  check_winograd<Odd, float>(3, 3e-5);
  check_winograd<Large, float>(3, 3e-5);
}

TEST_CASE("the whole contract is fulfilled where Winograd's kernel is chosen") {
  check_conv2d<Image, double>(1, 1e-12);
  check_conv2d<Image, float>(17, 3e-5);
  check_conv2d<Small, double>(1, 1e-12);
  check_conv2d<Small, double>(21, 1e-12);
}

TEST_CASE("the weight gradient takes whole and partial registers of samples, and any padding") {
  constexpr std::size_t least = Kernel::winograd_samples<double>, lanes = kernels::simd::lanes<double>;
  for (const std::size_t samples : {least, lanes, 3 * lanes + 1}) check_conv2d<Odd, double>(samples, 1e-12);
  if constexpr (least > 1) check_conv2d<Odd, double>(least - 1, 1e-12);
  check_conv2d<Unpadded, double>(8, 1e-12);
  check_conv2d<Padded, double>(5, 1e-12);
}

TEST_CASE("the transforms of a kernel and of a tile multiply to a convolution") {
  // One channel of one tile: Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A.
  namespace winograd = kernels::detail::winograd;
  namespace simd = kernels::simd;
  using P = simd::Packet<double>;
  constexpr std::size_t L = simd::lanes<double>;
  const std::vector<double> g = hash_uniform(9, 0), d = hash_uniform(36, 100);
  const std::vector<double> u = transform_kernel(g);

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
    std::vector<double> unit(9);
    unit[k] = 1;
    const std::vector<double> image = transform_kernel(unit);
    for (std::size_t f = 0; f < 36; ++f) expected[k] += u[f] * image[f];
  }
  CHECK(difference(transposed, expected, 1e-14) == "");
}
