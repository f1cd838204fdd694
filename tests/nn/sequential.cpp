// SPDX-License-Identifier: MIT
#include "odot/nn/sequential.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/relu.hpp"
#include "support/difference.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;
using nn::Flatten, nn::Linear, nn::LogSoftmax, nn::Named, nn::ReLU, nn::Sequential;

namespace {

using In = Shape<2, 5, 4>;
using Conv = nn::Conv2d<3, nn::Conv2dOptions{.padding = 1}>;
using Norm = nn::BatchNorm2d<>;

// Everything that shares memory: activations and views in a row, a nested chain, a log-softmax in place.
using Model = Sequential<In, Conv, ReLU, Named<"inner", Sequential<Norm, ReLU>>,
                         Named<"", Sequential<Named<"deep", Conv>>>, Flatten, Linear<4>, LogSoftmax>;

template <class L>
std::vector<std::string> names(bool buffers = false) {
  std::vector<nn::ParameterInfo> table;
  if (buffers) L::list_buffers(table, "");
  else L::list_parameters(table, "");
  std::vector<std::string> result;
  for (const auto& info : table) result.push_back(info.name);
  return result;
}

}  // namespace

static_assert(std::is_same_v<Model::input_shape, In> && std::is_same_v<Model::output_shape, Shape<4>>);
static_assert(Model::parameter_count == (3 * 2 * 9 + 3) + 2 * 3 + (3 * 3 * 9 + 3) + (4 * 60 + 4));
static_assert(Model::buffer_count == 6);
static_assert(Model::couples_samples && !Sequential<In, Conv, ReLU>::couples_samples);
static_assert(!Sequential<In, ReLU, Conv>::backward_reads_input && Sequential<In, Conv, ReLU>::backward_reads_input);

TEST_CASE("parameter paths are positions, given names, or nothing where the name is empty") {
  using Names = std::vector<std::string>;
  CHECK(names<Model>() == Names{"0.weight", "0.bias", "inner.0.weight", "inner.0.bias", "deep.weight", "deep.bias",
                                "5.weight", "5.bias"});
  CHECK(names<Model>(true) == Names{"inner.0.running_mean", "inner.0.running_var"});
  CHECK(names<Sequential<Shape<3>, Linear<2>,
                         Sequential<Linear<2, nn::LinearOptions{.bias = false}>, Named<"last", Linear<1>>>>>() ==
        Names{"0.weight", "0.bias", "1.0.weight", "1.last.weight", "1.last.bias"});
}

TEST_CASE("offsets lie one after the other over the whole block") {
  std::vector<nn::ParameterInfo> table;
  Model::list_parameters(table, "");
  std::size_t at = 0;
  for (const auto& info : table) {
    CHECK(info.offset == at);
    at += info.size;
  }
  CHECK(at == Model::parameter_count);
}

TEST_CASE("a chain computes what its layers compute one after the other") {
  using First = Bound<Conv, In>;
  using Second = Bound<ReLU, Shape<3, 5, 4>>;
  using Third = Bound<Linear<4>, Shape<60>>;
  LayerRun<Sequential<In, Conv, ReLU, Flatten, Linear<4>>> chain(3);
  chain.draw();
  LayerRun<First> first(3);
  LayerRun<Second> second(3);
  LayerRun<Third> third(3);
  std::ranges::copy(chain.x.span(), first.x.data());
  std::ranges::copy(std::span(chain.parameters).first(First::parameter_count), first.parameters.begin());
  std::ranges::copy(std::span(chain.parameters).last(Third::parameter_count), third.parameters.begin());
  std::ranges::copy(chain.dy.span(), third.dy.data());

  first.forward();
  std::ranges::copy(first.y.span(), second.x.data());
  second.forward();
  std::ranges::copy(second.y.span(), third.x.data());
  third.forward();
  third.backward();
  std::ranges::copy(third.dx.span(), second.dy.data());
  second.backward();
  std::ranges::copy(second.dx.span(), first.dy.data());
  first.backward();

  chain.forward();
  CHECK(difference(chain.y.span(), third.y.span(), 0) == "");
  chain.backward();
  CHECK(difference(chain.dx.span(), first.dx.span(), 0) == "");
  CHECK(difference(chain.gradient("0.weight"), first.gradient("weight"), 0) == "");
  CHECK(difference(chain.gradient("3.weight"), third.gradient("weight"), 0) == "");
}

TEST_CASE("without a norm, predict gives the bits of a training forward") {
  LayerRun<Sequential<In, Conv, ReLU, Conv, ReLU, Flatten, Linear<4>, LogSoftmax>> run(5);
  run.draw();
  run.forward();
  const std::vector<double> trained(run.y.span().begin(), run.y.span().end());
  run.predict();
  CHECK(difference(run.y.span(), trained, 0) == "");
}

TEST_CASE("neither pass changes the input") {
  LayerRun<Sequential<In, ReLU, ReLU, Flatten>> run(3);
  run.draw();
  const std::vector<double> x(run.x.span().begin(), run.x.span().end());
  run.forward();
  run.backward();
  run.predict();
  CHECK(std::ranges::equal(run.x.span(), x));
}

TEST_CASE("backward matches central differences where layers share memory") {
  CHECK(check_gradients<Model>({.most_elements = 60}));
  CHECK(check_gradients<Sequential<In, ReLU, ReLU, Conv, ReLU>>({.most_elements = 60}));
  CHECK(check_gradients<Sequential<In, Flatten, ReLU, Linear<4>, ReLU, LogSoftmax>>({.most_elements = 60}));
  CHECK(check_gradients<Sequential<In, Norm, ReLU, Flatten>>({.samples = 1}));
}

TEST_CASE("outputs that training keeps can be visited by path") {
  using L = Sequential<In, Conv, Conv, Sequential<Conv, ReLU, Conv>, Conv>;
  LayerRun<L> run(2);
  run.draw();
  std::vector<double> cache(L::cache_elements(2)), y(2 * L::output_shape::size);
  const nn::Pass<L, Cpu, double> pass(run.workspace, {.parameters = run.parameters.data(), .cache = cache.data()});
  L::forward(pass, BatchView<In, const double>(run.x), BatchView<L::output_shape, double>(y.data(), 2));

  std::vector<std::string> paths;
  std::vector<double> first;
  L::visit_outputs(cache.data(), 2, "", [&](const std::string& path, std::span<const double> values) {
    if (paths.empty()) first.assign(values.begin(), values.end());
    paths.push_back(path);
    CHECK(values.size() == 2 * 3 * 5 * 4);
  });
  CHECK(paths == std::vector<std::string>{"0.", "1.", "2.0.", "2.1.", "2."});  // the last layer's is the caller's

  LayerRun<Bound<Conv, In>> alone(2);
  std::ranges::copy(run.x.span(), alone.x.data());
  std::ranges::copy(std::span(run.parameters).first(alone.parameters.size()), alone.parameters.begin());
  alone.forward();
  CHECK(difference(first, alone.y.span(), 0) == "");
}
