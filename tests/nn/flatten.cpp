// SPDX-License-Identifier: MIT
#include "odot/nn/flatten.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <type_traits>

#include "odot/kernels/add.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;

using Flatten = Bound<nn::Flatten, Shape<2, 5, 3>>;

static_assert(std::is_same_v<Flatten::output_shape, Shape<30>>);
static_assert(Flatten::is_view && Flatten::in_place && !Flatten::backward_reads_input);

TEST_CASE("as a first layer it copies, forward and backward") {
  LayerRun<Flatten> run(3);
  run.draw();
  run.forward();
  CHECK(std::ranges::equal(run.y.span(), run.x.span()));
  run.backward();
  CHECK(std::ranges::equal(run.dx.span(), run.dy.span()));
  run.backward(false);
  run.predict();
  CHECK(std::ranges::equal(run.y.span(), run.x.span()));
}

TEST_CASE("what is in place already stays") {
  LayerRun<Flatten> run(2);
  run.draw();
  Batch<Shape<2, 5, 3>, double> x(2);
  std::ranges::copy(run.x.span(), x.data());
  const nn::Pass<Flatten, Cpu, double> pass(run.workspace, {});
  Flatten::forward(pass, BatchView<Shape<2, 5, 3>, const double>(x), x.view().as<Shape<30>>());
  CHECK(std::ranges::equal(x.span(), run.x.span()));
}

TEST_CASE("backward matches central differences") { CHECK(check_gradients<Flatten>()); }
