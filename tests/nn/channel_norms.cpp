// SPDX-License-Identifier: MIT
// GroupNorm, RMSNorm, BatchNorm1d, and Dropout2d.

#include "odot/nn/batch_norm1d.hpp"
#include "odot/nn/dropout2d.hpp"
#include "odot/nn/group_norm.hpp"
#include "odot/nn/rms_norm.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "odot/kernels/batch_norm/cpu/batch_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t Groups>
using PlainGroups = nn::GroupNorm<Groups, nn::GroupNormOptions{.affine = false}>;
template <bool Affine>
using RMS = nn::RMSNorm<nn::RMSNormOptions{.eps = 1e-3, .elementwise_affine = Affine}>;
using Plain1d = nn::BatchNorm1d<nn::BatchNorm1dOptions{.affine = false}>;

template <class Description, ShapeType In>
void check_norm(const std::string& name) {
  check_layer<Bound<Description, In>>(Reference("norms.txt"), name, 1e-11);
  CHECK(check_gradients<Bound<Description, In>>());
}

}  // namespace

static_assert(Bound<nn::GroupNorm<2>, Shape<6, 3, 5>>::parameter_count == 12);
static_assert(Bound<nn::RMSNorm<>, Shape<4, 5>>::token_wise && Bound<nn::RMSNorm<>, Shape<4, 5>>::parameter_count == 5);
static_assert(Bound<nn::BatchNorm1d<>, Shape<3, 7>>::couples_samples &&
              Bound<nn::BatchNorm1d<>, Shape<3, 7>>::buffer_count == 6);

TEST_CASE("norms match PyTorch and central differences") {
  check_norm<nn::GroupNorm<2>, Shape<6, 3, 5>>("group");
  check_norm<PlainGroups<3>, Shape<6, 3, 5>>("group_plain");
  check_norm<nn::GroupNorm<1>, Shape<2, 3, 5>>("group_1");
  check_norm<RMS<true>, Shape<7>>("rms");
  check_norm<RMS<true>, Shape<3, 5>>("rms_tokens");
  check_norm<RMS<false>, Shape<6>>("rms_plain");
  check_norm<nn::BatchNorm1d<>, Shape<3>>("batch1d");
  check_norm<nn::BatchNorm1d<>, Shape<3, 7>>("batch1d_series");
  check_norm<Plain1d, Shape<3>>("batch1d_plain");
  check_layer<Bound<nn::GroupNorm<2>, Shape<6, 3, 5>>, float>(Reference("norms.txt"), "group", 2e-6);
  check_layer<Bound<RMS<true>, Shape<7>>, float>(Reference("norms.txt"), "rms", 2e-6);
}

TEST_CASE("numbers whose squares overflow float, and rows of zeros, are normalised") {
  LayerRun<Bound<nn::RMSNorm<>, Shape<4>>, float> rms(2);
  rms.x = Batch<Shape<4>>(2, {1e30f, -1e30f, 3e30f, 1e30f, 0, 0, 0, 0});
  for (float& weight : rms.parameters) weight = 1;
  rms.predict();
  CHECK(std::abs(rms.y.data()[2] - 3 / std::sqrt(3.0f)) <= 1e-6f);
  CHECK(rms.y.data()[5] == 0);
  LayerRun<Bound<PlainGroups<2>, Shape<2, 1, 2>>, float> group(1);
  group.x = Batch<Shape<2, 1, 2>>(1, {1e30f, 3e30f, 5, 5});
  group.predict();
  CHECK((std::abs(group.y.data()[0] + 1) <= 1e-6f && std::abs(group.y.data()[1] - 1) <= 1e-6f));
  CHECK((group.y.data()[2] == 0 && group.y.data()[3] == 0));
}

TEST_CASE("the default eps of RMSNorm is the scalar's epsilon, as PyTorch's") {
  LayerRun<Bound<nn::RMSNorm<>, Shape<1>>, float> run(1);
  run.x.data()[0] = 1e-3f;
  run.parameters[0] = 1;
  run.predict();
  CHECK(std::abs(run.y.data()[0] - 1e-3 / std::sqrt(1e-6 + 1.1920929e-7)) <= 1e-6);
}

TEST_CASE("whole channels are dropped, in backward as in forward, whatever the pieces") {
  using Layer = Bound<nn::Dropout2d<0.25>, Shape<5, 3, 3>>;
  const auto output = [](std::size_t first, std::size_t samples, bool gradient) {
    LayerRun<Layer> run(samples);
    for (double& x : run.x.span()) x = 1;
    for (double& dy : run.dy.span()) dy = 1;
    run.seed = 9;
    run.first_sample = first;
    run.forward();
    run.backward();
    const auto result = gradient ? run.dx.span() : run.y.span();
    return std::vector<double>(result.begin(), result.end());
  };
  const std::vector<double> all = output(0, 200, false);
  std::size_t dropped = 0;
  for (std::size_t plane = 0; plane < 1000; ++plane) {
    const double first = all[plane * 9];
    CHECK((first == 0 || std::abs(first - 4.0 / 3) <= 1e-9));
    for (std::size_t i = 1; i < 9; ++i) CHECK(all[plane * 9 + i] == first);
    dropped += first == 0;
  }
  CHECK((dropped > 200 && dropped < 300));
  CHECK(output(0, 200, true) == all);
  CHECK(output(70, 130, false) == std::vector<double>(all.begin() + 70 * 45, all.end()));
  LayerRun<Layer> run(2);
  run.draw();
  run.predict();
  CHECK(difference(run.y.span(), run.x.span(), 0) == "");
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Bound<nn::GroupNorm<2>, Shape<6, 13, 13>>>(70);
  check_same_bits<Bound<nn::RMSNorm<>, Shape<37>>>(2001);
  check_same_bits<Bound<nn::Dropout2d<0.5>, Shape<6, 13, 13>>>(70);
}

TEST_CASE("words tell options apart") {
  nn::LayerParts parts;
  Bound<PlainGroups<3>, Shape<6, 3, 5>>::describe(parts);
  Bound<nn::RMSNorm<>, Shape<6>>::describe(parts);
  Bound<RMS<false>, Shape<6>>::describe(parts);
  Bound<nn::BatchNorm1d<>, Shape<6>>::describe(parts);
  CHECK(parts == std::vector<std::string>{"group_norm(3, eps 1e-05, not affine)", "rms_norm",
                                          "rms_norm(eps 0.001, not affine)", "batch_norm1d(eps 1e-05)"});
}
