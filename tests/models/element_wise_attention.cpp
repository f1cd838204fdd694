// SPDX-License-Identifier: MIT
#include "odot/models/element_wise_attention.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/odot.hpp"

using namespace odot;
using namespace odot::models;

namespace {

template <class Model>
std::vector<std::string> names(bool buffers = false) {
  std::vector<nn::ParameterInfo> table;
  if (buffers) Model::list_buffers(table, "");
  else Model::list_parameters(table, "");
  std::vector<std::string> result;
  for (const auto& info : table) result.push_back(info.name);
  return result;
}

/// By the paper's equations: heads of two arrays, a convolution of heads·C → C channels, a linear classifier of ten.
constexpr std::size_t by_the_equations(std::size_t c, std::size_t h, std::size_t w, std::size_t heads,
                                       std::size_t layers, bool norm) {
  const std::size_t image = c * h * w, conv = heads * c * c * 9 + c;
  return layers * (2 * heads * image + conv + (norm ? 2 * c : 0)) + image * 10 + 10;
}

template <class... Models>
constexpr bool are_classifiers = (std::is_same_v<typename Models::output_shape, Shape<10>> && ...);

}  // namespace

// Parameters, element by element from the paper's equations. Where the paper prints another number: docs/paper.md.
static_assert(ModelA::parameter_count == 33'088);                       // paper: 33,104
static_assert(ModelB::parameter_count == 33'084);                       // paper: 33,084
static_assert(ModelC::parameter_count == 58'320);                       // paper: 58,208
static_assert(ModelD::parameter_count == 58'316);                       // paper: 58,172
static_assert(ModelE::parameter_count == 58'326);                       // paper: 58,342
static_assert(ModelF::parameter_count == 58'318);                       // paper: 58,318
static_assert(ModelG::parameter_count == 108'790);                      // paper: 108,534
static_assert(ModelH::parameter_count == 108'782);                      // paper: 108,494
static_assert(SingleHead::parameter_count == 11'006);                   // paper: 11,132
static_assert(Cifar10Attention::parameter_count == 229'942);            // paper: 506,560
static_assert(Control<FashionMnistImage>::parameter_count == 929'510);  // paper: 929,510
static_assert(Control<Cifar10Image>::parameter_count == 961'310);       // paper: 961,310

static_assert(ModelA::parameter_count == by_the_equations(1, 28, 28, 8, 2, true));
static_assert(ModelB::parameter_count == by_the_equations(1, 28, 28, 8, 2, false));
static_assert(ModelC::parameter_count == by_the_equations(1, 28, 28, 16, 2, true));
static_assert(ModelD::parameter_count == by_the_equations(1, 28, 28, 16, 2, false));
static_assert(ModelE::parameter_count == by_the_equations(1, 28, 28, 8, 4, true));
static_assert(ModelF::parameter_count == by_the_equations(1, 28, 28, 8, 4, false));
static_assert(ModelG::parameter_count == by_the_equations(1, 28, 28, 16, 4, true));
static_assert(ModelH::parameter_count == by_the_equations(1, 28, 28, 16, 4, false));
static_assert(SingleHead::parameter_count == by_the_equations(1, 28, 28, 1, 2, false));
static_assert(WithoutSkip::parameter_count == 33'084 && ScaledModelB::parameter_count == 33'084);
static_assert(Cifar10Attention::parameter_count == by_the_equations(3, 32, 32, 8, 4, false));
static_assert(are_classifiers<ModelA, ModelB, ModelC, ModelD, ModelE, ModelF, ModelG, ModelH, SingleHead, WithoutSkip,
                              Cifar10Attention, Control<FashionMnistImage>, Control<Cifar10Image>>);

TEST_CASE("attention models name their parameters by layer") {
  CHECK(names<ModelB>() == std::vector<std::string>{"0.heads.weight_x", "0.heads.weight_y", "0.conv.weight",
                                                    "0.conv.bias", "1.heads.weight_x", "1.heads.weight_y",
                                                    "1.conv.weight", "1.conv.bias", "3.weight", "3.bias"});
  CHECK(names<WithoutSkip>() == names<ModelB>());
  CHECK(names<ModelA>()[4] == "0.norm.weight");
  CHECK(names<ModelA>(true) == std::vector<std::string>{"0.heads.running_mean", "0.heads.running_var",
                                                        "0.norm.running_mean", "0.norm.running_var",
                                                        "1.heads.running_mean", "1.heads.running_var",
                                                        "1.norm.running_mean", "1.norm.running_var"});
  CHECK(names<Cifar10Attention>().size() == 4 * 4 + 2);
}

TEST_CASE("the control model has a bias everywhere but in its strided convolutions") {
  CHECK(names<Control<FashionMnistImage>>() == std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias",
                                                                        "4.weight", "6.weight", "6.bias", "8.weight",
                                                                        "8.bias", "10.weight", "13.weight", "13.bias"});
  CHECK(names<Control<FashionMnistImage>>(true).empty());
}

namespace {

/// Loss and accuracy of a network a few steps into its training: of all samples as one training batch, then in evaluation.
template <class Model>
void check_evaluation_in_early_steps(std::size_t steps) {
  CAPTURE(steps);
  using Image = typename Model::input_shape;
  const auto [train, test] = data::synthetic<Image>(Seed{1}, 400, 10);
  Network<Model> network{Seed{1}, nn::init::normal(0.3)};
  optim::Adam adam{{.learning_rate = 1e-2}};
  fit(network, adam, train, {.epochs = 1, .batch_size = 400 / steps});
  const nn::LossSums evaluated = evaluate(network, network.workspace(), train);
  const nn::LossSums trained = network.compute_gradients(data::batch_of(train), train.targets);  // batch statistics
  CHECK(std::abs(evaluated.loss - trained.loss) <= 0.02 * trained.loss);
  CHECK(std::abs(static_cast<double>(evaluated.correct - trained.correct)) <= 0.02 * 400);
}

}  // namespace

TEST_CASE("evaluation is as good as training from the first steps on") {
  for (const std::size_t steps : {10u, 20u}) {
    check_evaluation_in_early_steps<ElementWiseAttention<Shape<1, 28, 28>, 2, 1>>(steps);
    check_evaluation_in_early_steps<ElementWiseAttention<Shape<1, 28, 28>, 2, 1, scaled_norm>>(steps);
  }
}
