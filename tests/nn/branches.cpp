// SPDX-License-Identifier: MIT
// Layers that are given the same input: Add, Concat, and Gate with SqueezeExcitation.

#include "odot/nn/branches.hpp"
#include "odot/nn/add.hpp"
#include "odot/nn/concat.hpp"
#include "odot/nn/gate.hpp"
#include "odot/nn/identity.hpp"
#include "odot/nn/squeeze_excitation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/residual.hpp"
#include "odot/nn/tanh.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<2, 5, 4>;
template <std::size_t Out>
using Conv = nn::Conv2d<Out, nn::Conv2dOptions{.padding = 1}>;
template <std::size_t Out>
using Pointwise = nn::Conv2d<Out, nn::Conv2dOptions{.kernel_size = 1}>;

using Sum = Bound<nn::Add<nn::Identity, nn::Sequential<Conv<2>, nn::ReLU>, nn::Named<"short", Pointwise<2>>>, In>;
using SideBySide = Bound<nn::Concat<nn::Identity, nn::Sequential<Conv<3>, nn::Sigmoid>, Pointwise<1>>, In>;
using Features = nn::Concat<nn::Linear<3>, nn::Tanh>;
using Squeezed = Bound<nn::SqueezeExcitation<4, 2>, Shape<4, 3, 5>>;

template <nn::BoundLayer Layer>
std::string words() {
  nn::LayerParts parts;
  Layer::describe(parts);
  return nn::joined_layers(parts);
}

}  // namespace

static_assert(std::is_same_v<SideBySide::output_shape, Shape<6, 5, 4>>);
static_assert(std::is_same_v<Bound<Features, Shape<7, 5>>::output_shape, Shape<7, 8>>);
static_assert(Bound<nn::Add<nn::Identity, Pointwise<2>>, In>::cache_elements(16) == 0, "nothing that backward needs");
static_assert(Sum::cache_elements(16) == 16 * In::size, "the branch's output, which ReLU's backward reads");
static_assert(Bound<nn::Add<nn::Identity, nn::Linear<5>>, Shape<3, 5>>::has_step && !Sum::has_step);

TEST_CASE("outputs and gradients match PyTorch") {
  const Reference reference("branches.txt");
  check_layer<Sum>(reference, "add", 1e-11);
  check_layer<SideBySide>(reference, "concat", 1e-11);
  check_layer<Bound<Features, Shape<5>>>(reference, "concat_features", 1e-11);
  check_layer<Bound<Features, Shape<3, 4>>>(reference, "concat_tokens", 1e-11);
  check_layer<Bound<nn::Gate<nn::Linear<5>, nn::Sigmoid>, Shape<5>>>(reference, "gate", 1e-11);
  check_layer<Squeezed>(reference, "squeeze_excitation", 1e-11);
  check_layer<Squeezed, float>(reference, "squeeze_excitation", 1e-5);
}

TEST_CASE("backward matches central differences, nested and among other layers too") {
  using nn::Add, nn::Concat, nn::Gate, nn::Identity, nn::ReLU, nn::Residual, nn::Sequential, nn::Tanh;
  CHECK(check_gradients<Sum>());
  CHECK(check_gradients<SideBySide>());
  CHECK(check_gradients<Squeezed>());
  CHECK(check_gradients<
        Sequential<In, Conv<2>, Tanh, Concat<Add<ReLU, Identity>, Residual<Tanh>>, ReLU, Pointwise<2>>>());
  CHECK(check_gradients<Sequential<In, Gate<Add<Conv<2>, Identity>, Tanh>, Add<ReLU>, nn::Flatten,
                                   Concat<Identity, nn::Linear<3>>, Tanh>>());
}

TEST_CASE("dropout differs between branches") {
  LayerRun<Bound<nn::Concat<nn::Dropout<0.5>, nn::Dropout<0.5>>, Shape<40>>> run(1);
  for (double& x : run.x.span()) x = 1;
  run.seed = 5;
  run.forward();
  std::size_t differ = 0;
  for (std::size_t i = 0; i < 40; ++i) differ += run.y.data()[i] != run.y.data()[40 + i];
  CHECK((differ > 8 && differ < 32));
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Sum>(70);
  check_same_bits<Squeezed>(70);
}

TEST_CASE("descriptions and paths distinguish branches") {
  CHECK(words<Sum>() == "add(identity, (conv2d(2, kernel 3, padding 1), relu), conv2d(2, kernel 1))");
  CHECK(words<Bound<Features, Shape<5>>>() == "concat(linear(3), tanh)");
  CHECK(words<Bound<nn::Gate<nn::Sigmoid>, Shape<5>>>() == "gate(sigmoid)");
  std::vector<nn::ParameterInfo> table;
  Sum::list_parameters(table, "3.");
  CHECK((table[0].name == "3.1.0.weight" && table[2].name == "3.short.weight"));
}

TEST_CASE("a step steps every branch") {
  using Layer = nn::Add<nn::Identity, nn::Concat<nn::Linear<2>, nn::Linear<3>>>;
  using Whole = Bound<Layer, Shape<3, 5>>;
  LayerRun<Whole> run(2);
  run.draw();
  run.predict();
  Batch<Shape<1, 5>, double> x(2), y(2);
  const nn::Pass<Whole, Cpu, double> pass(run.workspace, {.parameters = run.parameters.data()});
  for (std::size_t token = 0; token < 3; ++token) {
    for (std::size_t i = 0; i < 10; ++i) x.data()[i] = run.x.data()[i / 5 * 15 + token * 5 + i % 5];
    Whole::step(pass, BatchView<Shape<1, 5>, const double>(x), y.view(), static_cast<double*>(nullptr));
    for (std::size_t i = 0; i < 10; ++i)
      CHECK(std::abs(y.data()[i] - run.y.data()[i / 5 * 15 + token * 5 + i % 5]) <= 1e-14);
  }
}
