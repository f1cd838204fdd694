// SPDX-License-Identifier: MIT
#include "odot/nn/upsample2d.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t Scale>
using Nearest = nn::Upsample2d<Scale>;
template <std::size_t Scale>
using Bilinear = nn::Upsample2d<Scale, nn::Upsample2dOptions{.mode = nn::UpsampleMode::bilinear}>;

template <class Description, ShapeType In>
void check_scale(const std::string& name) {
  const Reference reference("upsample.txt");
  check_layer<Bound<Description, In>>(reference, name, 1e-11);
  check_layer<Bound<Description, In>, float>(reference, name, 1e-6);
  CHECK(check_gradients<Bound<Description, In>>());
}

}  // namespace

static_assert(std::is_same_v<Bound<Nearest<3>, Shape<2, 3, 5>>::output_shape, Shape<2, 9, 15>>);

TEST_CASE("both modes match PyTorch and central differences") {
  check_scale<Nearest<2>, Shape<2, 3, 19>>("nearest_2");
  check_scale<Nearest<3>, Shape<2, 2, 5>>("nearest_3");
  check_scale<Bilinear<2>, Shape<2, 3, 10>>("bilinear_2");
  check_scale<Bilinear<3>, Shape<1, 4, 5>>("bilinear_3");
  check_scale<Bilinear<4>, Shape<2, 1, 2>>("bilinear_4");
}

TEST_CASE("a constant image stays constant, and every pixel has its share of the gradient") {
  LayerRun<Bound<Bilinear<5>, Shape<1, 3, 4>>> run(1);
  for (double& x : run.x.span()) x = 0.3;
  for (double& dy : run.dy.span()) dy = 1;
  run.forward();
  run.backward();
  for (const double y : run.y.span()) CHECK(y == 0.3);
  double sum = 0;
  for (const double dx : run.dx.span()) sum += dx;
  CHECK(difference(std::vector<double>{sum}, std::vector<double>{300}, 1e-14) == "");
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Bound<Nearest<2>, Shape<3, 13, 13>>>(70);
  check_same_bits<Bound<Bilinear<2>, Shape<3, 13, 13>>>(70);
}

TEST_CASE("the description in words shows the mode") {
  nn::LayerParts parts;
  Bound<Nearest<2>, Shape<1, 2, 3>>::describe(parts);
  Bound<Bilinear<3>, Shape<1, 2, 3>>::describe(parts);
  CHECK(parts == std::vector<std::string>{"upsample2d(2, nearest)", "upsample2d(3, bilinear)"});
}
