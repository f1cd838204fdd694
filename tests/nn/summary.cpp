// SPDX-License-Identifier: MIT
#include "odot/nn/summary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "odot/odot.hpp"
#include "support/comma_locale.hpp"

using namespace odot;

namespace {

template <class Description, ShapeType In>
constexpr std::uint64_t flop = Description::template bind<In>::flop();

/// A user's layer that says nothing of its work, and one that does.
struct Silent {
  template <ShapeType In>
  struct bind : nn::Layer<In, In> {
    static void forward(auto, auto x, auto y) { y = x * x; }
  };
};
struct Square : Silent {
  template <ShapeType In>
  struct bind : Silent::bind<In> {
    static constexpr std::uint64_t flop() { return In::size; }
  };
};

std::vector<std::string> kinds(const ModelSummary& summary) {
  std::vector<std::string> all;
  for (const LayerSummary& layer : summary.layers)
    all.push_back(std::string(layer.depth, '.') + layer.name + ":" + layer.kind);
  return all;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the FLOP of a layer are those counted by hand") {
  // 6 features to 4, with a bias: 6 multiply-adds for each of 4 sums, which begin with the bias; in each of 3 tokens.
  static_assert(flop<nn::Linear<4>, Shape<6>> == 48);
  static_assert(flop<nn::Linear<4>, Shape<3, 6>> == 144);
  // 5 × 4 outputs of 3 channels, each of 2 · 3 · 3 multiply-adds; in groups half of that; stride 2: 3 × 2 outputs.
  static_assert(flop<nn::Conv2d<3, nn::Conv2dOptions{.padding = 1}>, Shape<2, 5, 4>> == 2 * 60 * 18);
  static_assert(flop<nn::Conv2d<4, nn::Conv2dOptions{.padding = 1, .groups = 2}>, Shape<2, 5, 4>> == 2 * 80 * 9);
  static_assert(flop<nn::Conv2d<3, nn::Conv2dOptions{.stride = 2, .padding = 1}>, Shape<2, 5, 4>> == 2 * 18 * 18);
  static_assert(flop<nn::Conv1d<3, nn::Conv1dOptions{.padding = 1}>, Shape<2, 7>> == 2 * 21 * 6);
  static_assert(
      flop<nn::ConvTranspose2d<3, nn::ConvTranspose2dOptions{.kernel_size = 2, .stride = 2}>, Shape<2, 5, 4>> ==
      2 * 40 * 3 * 4);
  static_assert(flop<nn::PatchEmbedding<2, 5>, Shape<3, 4, 6>> == 6 * 5 * 2 * 12);
  // Per element of each of 2 heads: 2 scores, two softmaxes of 5, their product, that with x, a norm's scale and shift.
  // Then a convolution of 2 · 3 · 9 multiply-adds per output, the skip connection and the ReLU.
  constexpr std::size_t heads = 2 * 60 * (2 + 10 + 1 + 1 + 2), conv = 2 * 60 * 2 * 3 * 9;
  static_assert(flop<nn::AttentionHeads<2>, Shape<3, 5, 4>> == heads);
  static_assert(flop<nn::AttentionWise<2>, Shape<3, 5, 4>> == heads + conv + 60 + 60);
  static_assert(flop<nn::ComposedAttentionWise<2>, Shape<3, 5, 4>> == flop<nn::AttentionWise<2>, Shape<3, 5, 4>>);
  // 4 projections of 5 tokens; 25 pairs, or 15 if causal: 6 multiply-adds for a score, 6 for a result, and for each of 2
  // heads the scale and a softmax.
  using Full = nn::SelfAttention<nn::SelfAttentionOptions{.heads = 2}>;
  using Causal = nn::SelfAttention<nn::SelfAttentionOptions{.heads = 2, .causal = true}>;
  static_assert(flop<Full, Shape<5, 6>> == 4 * 5 * 2 * 36 + 25 * (12 + 12 + 2 * 6));
  static_assert(flop<Causal, Shape<5, 6>> == 4 * 5 * 2 * 36 + 15 * (12 + 12 + 2 * 6));
  using Triangle = nn::SelfAttention<nn::SelfAttentionOptions{.form = nn::AttentionForm::symmetric_tt_only}>;
  static_assert(flop<Triangle, Shape<5, 6>> == 5 * 2 * 21 + 25 * (12 + 12 + 6));
  // The same projections; per token and channel 7 terms of 4 multiply-adds, k², its exponential, its product with v, the
  // division. Full: per pair a difference, its square, the exponential, a multiply-add, an addition; then the division.
  static_assert(flop<nn::ElementWiseAttention<>, Shape<5, 6>> == 4 * 5 * 2 * 36 + 30 * (7 * 8 + 4));
  using Pairs = nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = nn::full_order, .output = false}>;
  static_assert(flop<Pairs, Shape<5, 6>> == 3 * 5 * 2 * 36 + 6 * (25 * 6 + 5));
  static_assert(flop<nn::MaxPool2d<2>, Shape<3, 4, 6>> == 18 * 4);
  static_assert(flop<nn::Sequential<nn::Linear<4>, nn::ReLU>, Shape<6>> == 48 + 4);
  static_assert(flop<nn::Residual<nn::Linear<6>>, Shape<6>> == 72 + 6);
  static_assert(flop<nn::Add<nn::Linear<4>, nn::Linear<4>, nn::Linear<4>>, Shape<6>> == 3 * 48 + 2 * 4);
  static_assert(flop<nn::Concat<nn::Linear<4>, nn::Linear<2>>, Shape<6>> == 48 + 24);
  static_assert(flop<Silent, Shape<6>> == nn::unknown_flop);
  static_assert(flop<Square, Shape<6>> == 6);
  static_assert(flop<nn::Residual<nn::Linear<6>, Silent>, Shape<6>> == nn::unknown_flop);
}

TEST_CASE("a summary has the model, its layers and their parts, each once") {
  using Model = nn::Sequential<Shape<3, 4, 4>, nn::AttentionWise<2>, nn::ComposedAttentionWise<2>,
                               nn::Named<"gate", nn::SqueezeExcitation<3, 2>>, nn::Flatten,
                               nn::Concat<nn::Linear<4>, nn::Sequential<nn::Linear<2>, Silent>>, nn::LogSoftmax>;
  const ModelSummary all = summary<Model>();
  CHECK(kinds(all) == Words{":Sequential",
                            ".0:AttentionWise",
                            ".1:ComposedAttentionWise",
                            "..:Residual",
                            "...heads:AttentionHeads",
                            "...conv:Conv2d",
                            "..1:ReLU",
                            ".gate:SqueezeExcitation",
                            "..0:AdaptiveAvgPool2d",
                            "..fc1:Conv2d",
                            "..2:ReLU",
                            "..fc2:Conv2d",
                            "..4:Sigmoid",
                            ".3:Flatten",
                            ".4:Concat",
                            "..0:Linear",
                            "..1:Sequential",
                            "...0:Linear",
                            "...1:Silent",
                            ".5:LogSoftmax"});
  CHECK(all.total().parameters == Model::parameter_count);
  CHECK(all.total().buffers == Model::buffer_count);
  CHECK(all.training_bytes == Network<Model>::training_memory_per_sample);
  CHECK(all.total().flop == nn::unknown_flop);
  std::size_t parameters = 0;  // of the layers without parts
  for (std::size_t i = 0; i < all.layers.size(); ++i)
    if (i + 1 == all.layers.size() || all.layers[i + 1].depth <= all.layers[i].depth)
      parameters += all.layers[i].parameters;
  CHECK(parameters == Model::parameter_count);
}

TEST_CASE("memory is counted where it is taken, in the scalar of the network") {
  // Flatten and ReLU write where their input is; the last output is the caller's.
  using Model = nn::Sequential<Shape<2, 3>, nn::Flatten, nn::Linear<8>, nn::ReLU, nn::Linear<4>, nn::LogSoftmax>;
  const ModelSummary all = summary<Model, double>();
  CHECK(all.input_bytes == 48);
  CHECK(all.bytes_per_number == 8);
  std::vector<std::size_t> training, evaluation;
  for (const LayerSummary& layer : all.layers) {
    training.push_back(layer.training_bytes);
    evaluation.push_back(layer.evaluation_bytes);
  }
  CHECK(training == std::vector<std::size_t>{8 * (6 + 8 + 4), 48, 64, 0, 0, 0});
  CHECK(evaluation == std::vector<std::size_t>{8 * (8 + 8 + 4), 48, 64, 0, 32, 0});
}

TEST_CASE("what is frozen is counted, layer by layer") {
  Network<nn::Sequential<Shape<5>, nn::Linear<4>, nn::Named<"head", nn::Linear<3>>>> network{Seed{1}};
  network.freeze("0.*");
  network.freeze("head.bias");
  const ModelSummary all = summary(network);
  REQUIRE(all.layers.size() == 3);
  CHECK(all.total().frozen == 27);
  CHECK(all.layers[1].frozen == 24);
  CHECK(all.layers[2].frozen == 3);
}

TEST_CASE("a summary is a table, the same in every locale") {
  const test::CommaLocale locale;
  std::ostringstream out;
  out << summary<nn::Sequential<Shape<1, 28, 28>, nn::AttentionWise<8>, nn::AttentionWise<8>, nn::Flatten,
                                nn::Linear<10>, nn::LogSoftmax>>();
  CHECK(out.str() ==
        "layer              output          parameters  training B  evaluation B     FLOP\n"
        "--------------------------------------------------------------------------------\n"
        "Sequential         [N, 10]             33,084      16,176         6,312  445,362\n"
        "  0 AttentionWise  [N, 1, 28, 28]      12,617       8,068         3,136  214,816\n"
        "  1 AttentionWise  [N, 1, 28, 28]      12,617       8,068         3,136  214,816\n"
        "  2 Flatten        [N, 784]                 0           0             0        0\n"
        "  3 Linear         [N, 10]              7,850           0            40   15,680\n"
        "  4 LogSoftmax     [N, 10]                  0           0             0       50\n"
        "--------------------------------------------------------------------------------\n"
        "input [N, 1, 28, 28], 3,136 bytes per sample\n"
        "parameters 33,084: 33,084 trainable, 0 frozen; 132,336 bytes; buffers 32\n"
        "memory per sample: training 22,488 bytes with the gradients between layers, evaluation 6,312 bytes\n"
        "FLOP per sample, forward; a multiply-add is 2: 445,362\n");
  CHECK(summary<nn::Sequential<Shape<4>, nn::Linear<2>, Silent>>().text().ends_with(
      "at least 16; 1 layer(s) do not say (–)\n"));
}
