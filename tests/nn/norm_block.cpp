// SPDX-License-Identifier: MIT
#include "odot/nn/norm_block.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/allocations.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/patch_embedding.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/optim/adam.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<4, 3>;
using Mlp = nn::Named<"mlp", nn::Sequential<nn::Linear<5>, nn::GELU, nn::Linear<3>>>;
template <class... Layers>
using Pre = Bound<nn::PreNorm<Layers...>, In>;
template <class... Layers>
using Post = Bound<nn::PostNorm<Layers...>, In>;

template <class Layer>
std::vector<std::string> names() {
  std::vector<nn::ParameterInfo> table;
  Layer::list_parameters(table, "");
  std::vector<std::string> result;
  for (const auto& info : table) result.push_back(info.name);
  return result;
}

}  // namespace

static_assert(Pre<Mlp>::parameter_count == 2 * 3 + (3 * 5 + 5) + (5 * 3 + 3));
static_assert(Post<Mlp>::parameter_count == Pre<Mlp>::parameter_count);

TEST_CASE("parameters are called norm.… and as the layers are, by name or by position") {
  using Names = std::vector<std::string>;
  CHECK(names<Pre<nn::GELU, nn::Linear<3>>>() == Names{"norm.weight", "norm.bias", "1.weight", "1.bias"});
  CHECK(names<Post<nn::GELU, nn::Linear<3>>>() == Names{"1.weight", "1.bias", "norm.weight", "norm.bias"});
  CHECK(names<Pre<Mlp>>() ==
        Names{"norm.weight", "norm.bias", "mlp.0.weight", "mlp.0.bias", "mlp.2.weight", "mlp.2.bias"});
}

TEST_CASE("forward and backward match PyTorch") {
  const Reference reference("tokens.txt");
  check_layer<Pre<Mlp>>(reference, "pre_norm", 1e-11);
  check_layer<Post<Mlp>>(reference, "post_norm", 1e-11);
}

TEST_CASE("backward matches central differences, nested and in a row, with dropout") {
  CHECK(check_gradients<Pre<Mlp>>());
  CHECK(check_gradients<Post<Mlp>>());
  CHECK(check_gradients<Pre<nn::GELU>>());
  CHECK(check_gradients<Post<nn::Dropout<0.5>>>());
  CHECK(check_gradients<Pre<nn::Linear<5>, nn::GELU, nn::Dropout<0.25>, nn::Linear<3>, nn::Dropout<0.25>>>());
  CHECK(check_gradients<nn::Sequential<In, nn::PreNorm<Mlp>, nn::PostNorm<Mlp>, nn::PreNorm<nn::PreNorm<nn::GELU>>>>());
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Pre<Mlp>>(700);
  check_same_bits<Post<Mlp>>(700);
}

namespace {

using Image = Shape<2, 6, 4>;
using Model = nn::Sequential<Image, nn::PatchEmbedding<2, 3>, nn::ClassToken, nn::PositionEmbedding,
                             nn::SinusoidalPosition, nn::Dropout<0.1>, nn::PreNorm<Mlp>, nn::PostNorm<Mlp>,
                             nn::LayerNorm<>, nn::MeanTokens, nn::Linear<4>>;

struct Training {
  Network<Model> network{Seed{1}, nn::init::normal(0.3), 1};
  optim::AdamW adam{{.learning_rate = 0.01, .max_gradient_norm = 1}};
  Batch<Image> x{50};
  std::vector<std::int32_t> labels;

  Training() {
    for (std::size_t n = 0; n < 50; ++n) {
      labels.push_back(static_cast<std::int32_t>(n % 4));
      for (std::size_t i = 0; i < Image::size; ++i)
        x[n][i] = static_cast<float>(hash_uniform(n * 100 + i) + (i % 4 == n % 4 ? 1 : 0));
    }
  }
  double step() {
    const double loss = network.compute_gradients<nn::CrossEntropy>(x, labels).loss / 50;
    adam.step(network);
    return loss;
  }
};

}  // namespace

TEST_CASE("a model of all these layers learns, and allocates nothing after its first step") {
  Training training;
  const double first = training.step();
  const std::size_t before = allocations();
  double last = 0;
  for (int step = 0; step < 200; ++step) last = training.step();
  CHECK(allocations() == before);
  CHECK(first > 1);
  CHECK(last < 0.5 * first);
  Workspace<Cpu> workspace(1);
  Batch<Shape<4>> y(50);
  training.network.predict(training.x, y, workspace);
  const std::size_t predicted = allocations();
  training.network.predict(training.x, y, workspace);
  CHECK(allocations() == predicted);
}
