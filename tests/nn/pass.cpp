// SPDX-License-Identifier: MIT
#include "odot/nn/pass.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/nn/layer.hpp"

using namespace odot;
using namespace odot::nn;

namespace {

struct Example : Layer<Shape<2>, Shape<2>, Parameters<Parameter<"weight", Shape<3>>, Parameter<"bias", Shape<2>>>,
                       Parameters<Parameter<"running_mean", Shape<4>>>> {};

template <bool Has>
struct WithOption
    : Layer<Shape<2>, Shape<2>,
            Parameters<OptionalParameter<Has, "weight", Shape<3>>, Parameter<"bias", Shape<2>, Init::zero>>,
            Parameters<OptionalParameter<Has, "running_mean", Shape<4>>>> {};

struct Blocks {
  std::array<double, 20> parameters{}, gradients{}, buffers{}, cache{};
};

}  // namespace

TEST_CASE("views lie at the declared offsets of their blocks") {
  Workspace<Cpu> workspace(1);
  Blocks all;
  const Pass<Example, Cpu, double> pass(workspace, {.parameters = all.parameters.data(),
                                                    .gradients = all.gradients.data(),
                                                    .buffers = all.buffers.data(),
                                                    .updated_buffers = all.buffers.data(),
                                                    .cache = all.cache.data()});
  CHECK(pass.training());
  CHECK(pass.parameter(weight).data() == all.parameters.data());
  CHECK(pass.parameter(bias).data() == all.parameters.data() + 3);
  CHECK(pass.gradient(bias).data() == all.gradients.data() + 3);
  CHECK(pass.buffer(running_mean).data() == all.buffers.data());
  CHECK(pass.updated_buffer(running_mean).data() == all.buffers.data());
  static_assert(std::is_same_v<decltype(pass.parameter(weight)), TensorView<Shape<3>, const double>>);
  static_assert(std::is_same_v<decltype(pass.gradient(weight)), TensorView<Shape<3>, double>>);
  static_assert(std::is_same_v<decltype(pass.buffer(running_mean)), TensorView<Shape<4>, const double>>);
}

TEST_CASE("without a cache it is no training, and absent blocks give empty views") {
  Workspace<Cpu> workspace(1);
  Blocks all;
  const Pass<Example, Cpu, double> pass(workspace,
                                        {.parameters = all.parameters.data(), .buffers = all.buffers.data()});
  CHECK_FALSE(pass.training());
  CHECK_FALSE(pass.gradient(bias));
  CHECK_FALSE(pass.updated_buffer(running_mean));
  CHECK(pass.parameter(bias));
}

TEST_CASE("an optional array is a view where the layer has it, and empty where it lacks it") {
  Workspace<Cpu> workspace(1);
  Blocks all;
  const auto check = [&]<bool Has>() {
    const Pass<WithOption<Has>, Cpu, double> pass(workspace, {.parameters = all.parameters.data(),
                                                              .gradients = all.gradients.data(),
                                                              .buffers = all.buffers.data(),
                                                              .updated_buffers = all.buffers.data(),
                                                              .cache = all.cache.data()});
    CHECK(pass.parameter_or_empty(weight).data() == (Has ? all.parameters.data() : nullptr));
    CHECK(pass.gradient_or_empty(weight).data() == (Has ? all.gradients.data() : nullptr));
    CHECK(pass.buffer_or_empty(running_mean).data() == (Has ? all.buffers.data() : nullptr));
    CHECK(pass.updated_buffer_or_empty(running_mean).data() == (Has ? all.buffers.data() : nullptr));
    CHECK(pass.parameter(bias).data() == all.parameters.data() + (Has ? 3 : 0));
    CHECK(pass.parameter_or_empty(bias).data() == pass.parameter(bias).data());
    static_assert(std::is_same_v<decltype(pass.parameter_or_empty(weight)), TensorView<Shape<3>, const double>>);
    static_assert(std::is_same_v<decltype(pass.gradient_or_empty(weight)), TensorView<Shape<3>, double>>);
  };
  check.operator()<true>();
  check.operator()<false>();
}

TEST_CASE("a part's pass starts at its offsets, and keeps absent blocks absent") {
  Workspace<Cpu> workspace(1);
  Blocks all;
  const Pass<Example, Cpu, double> pass(workspace,
                                        {.parameters = all.parameters.data(), .buffers = all.buffers.data()});
  const auto part = pass.child<Example>(0, 5, 4, 8);
  CHECK(part.parameter(bias).data() == all.parameters.data() + 8);
  CHECK(part.buffer(running_mean).data() == all.buffers.data() + 4);
  CHECK_FALSE(part.training());
  CHECK_FALSE(part.gradient(weight));
  CHECK(&part.workspace() == &workspace);
}

TEST_CASE("random numbers differ by part and step, and are the same whenever they are asked for") {
  Workspace<Cpu> workspace(1);
  const std::array<std::int32_t, 2> lengths{3, 1};
  const auto pass = [&](std::uint64_t seed) {
    return Pass<Example, Cpu, double>(workspace, {.lengths = lengths.data(), .seed = seed, .first_sample = 7});
  };
  const auto number = [&](std::uint64_t seed, std::size_t position) {
    return pass(seed).child<Example>(position, 0, 0, 0).random().bits(11);
  };
  CHECK(number(1, 0) == number(1, 0));
  CHECK(number(1, 0) != number(1, 1));
  CHECK(number(1, 0) != number(2, 0));
  CHECK(number(1, 0) != pass(1).random().bits(11));
  const auto nested = [&](std::size_t outer, std::size_t inner) {
    return pass(1).child<Example>(outer, 0, 0, 0).child<Example>(inner, 0, 0, 0).random().bits(11);
  };
  CHECK(nested(0, 1) != nested(1, 0));
  const auto part = pass(1).child<Example>(1, 0, 0, 0);
  CHECK(part.lengths() == lengths.data());
  CHECK(part.first_sample() == 7);
}

TEST_CASE("a pass with other lengths keeps all else") {
  Workspace<Cpu> workspace(1);
  Blocks all;
  const std::array<std::int32_t, 2> lengths{1, 2}, longer{2, 3};
  const Pass<Example, Cpu, double> pass(workspace,
                                        {.parameters = all.parameters.data(), .lengths = lengths.data(), .path = 9});
  const auto other = pass.with_lengths(longer.data());
  CHECK(other.lengths() == longer.data());
  CHECK(pass.lengths() == lengths.data());
  CHECK(other.blocks().path == 9);
  CHECK(other.parameter(weight).data() == all.parameters.data());
}
