// SPDX-License-Identifier: MIT
#include "odot/nn/attention_block.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/attention_block/cpu/attention_block.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;
using nn::AttentionBlockOptions;

namespace {

template <AttentionBlockOptions Options>
using Block = Bound<nn::AttentionBlock<3, Options>, Shape<2, 5, 3>>;

constexpr AttentionBlockOptions papers{}, everything{.heads = {.affine = true, .bias = true}};
constexpr AttentionBlockOptions nothing{.heads = {.norm = false}, .skip = false, .relu = false};
constexpr std::size_t arrays = 3 * 2 * 5 * 3, conv = 2 * 6 * 9 + 2;

}  // namespace

static_assert(Block<papers>::parameter_count == 2 * arrays + conv && Block<papers>::buffer_count == 2 * 6);
static_assert(Block<everything>::parameter_count == 4 * arrays + 2 * 6 + conv);
static_assert(Block<nothing>::parameter_count == 2 * arrays + conv && Block<nothing>::buffer_count == 0);
static_assert(Block<papers>::couples_samples && !Block<nothing>::couples_samples);
static_assert(Block<papers>::backward_reads_output && !Block<nothing>::backward_reads_output);
static_assert(std::is_same_v<Block<papers>::output_shape, Shape<2, 5, 3>>);

TEST_CASE("parameters and buffers are called as in a composition of heads and conv") {
  const LayerRun<Block<everything>> run(1);
  std::vector<std::string> names;
  for (const auto& info : run.parameter_table) names.push_back(info.name);
  for (const auto& info : run.buffer_table) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"heads.weight_x", "heads.weight_y", "heads.bias_x", "heads.bias_y",
                                          "heads.weight", "heads.bias", "conv.weight", "conv.bias",
                                          "heads.running_mean", "heads.running_var"});
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Block<papers>>());
  CHECK(check_gradients<Block<papers>>({.samples = 1}));
  CHECK(check_gradients<Block<everything>>({.samples = 9}));
  CHECK(check_gradients<Block<nothing>>({.samples = 17}));
}
