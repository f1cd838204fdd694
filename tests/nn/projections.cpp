// SPDX-License-Identifier: MIT
#include "odot/nn/projections.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
using nn::detail::ProjectionForm;

namespace {

using In = Shape<5, 3>;
template <ProjectionForm Form>
using Of = nn::detail::Projections<In, Form>;
constexpr ProjectionForm all{}, without_bias{.bias = false}, queries{.keys = false, .values = false, .output = false};
constexpr ProjectionForm joint{.keys = false, .joint = true};
constexpr ProjectionForm triangle{.keys = false, .joint = true, .triangle = true};

template <ProjectionForm Form>
std::vector<std::string> names() {
  std::vector<nn::ParameterInfo> table;
  Of<Form>::parameters::list(table, "");
  std::vector<std::string> found;
  for (const auto& info : table) found.push_back(info.name);
  return found;
}

/// A layer of the projections alone, its parameters and gradients drawn.
template <ProjectionForm Form>
struct Run {
  using P = Of<Form>;
  struct Layer : nn::Layer<In, In, typename P::parameters> {};
  static constexpr std::size_t tokens = 4;

  nn::Pass<Layer, Cpu, double> pass() {
    return {workspace, {.parameters = parameters.data(), .gradients = gradients.data()}};
  }
  Workspace<Cpu> workspace{1};
  std::vector<double> parameters = hash_uniform(P::parameters::size, 7),
                      gradients = hash_uniform(parameters.size(), 77);
};

template <ShapeType S>
Batch<S, double> drawn(std::size_t samples, std::size_t start) {
  Batch<S, double> batch(samples);
  std::ranges::copy(hash_uniform(batch.size(), start), batch.data());
  return batch;
}

}  // namespace

static_assert(Of<all>::width == 9 && Of<queries>::width == 3 && Of<joint>::width == 6);
static_assert(Of<all>::result_at(2) == 96 && Of<all>::attention_at(2) == 96 + 32, "2·5·9 and 2·5·3, aligned");
static_assert(Of<queries>::attention_at(2) == 32, "no output projection: the result is y");
static_assert(Of<all>::gradient_elements(2) == 2 * 5 * 12 && Of<queries>::gradient_elements(2) == 2 * 5 * 3);

TEST_CASE("projections are called as PyTorch calls them, weights and biases in a row each") {
  using Names = std::vector<std::string>;
  CHECK(names<all>() ==
        Names{"q.weight", "k.weight", "v.weight", "q.bias", "k.bias", "v.bias", "out.weight", "out.bias"});
  CHECK(names<without_bias>() == Names{"q.weight", "k.weight", "v.weight", "out.weight"});
  CHECK(names<queries>() == Names{"q.weight", "q.bias"});
  CHECK(names<joint>() == Names{"qk.weight", "v.weight", "qk.bias", "v.bias", "out.weight", "out.bias"});
  CHECK(names<triangle>() == Names{"qk.triangle", "v.weight", "qk.bias", "v.bias", "out.weight", "out.bias"});
}

TEST_CASE("queries, keys and values lie side by side, each a linear map of its token") {
  Run<all> run;
  const auto x = drawn<Shape<3>>(run.tokens, 1);
  Batch<Shape<9>, double> projected(run.tokens);
  Of<all>::forward(run.pass(), x, projected);
  for (std::size_t t = 0; t < run.tokens; ++t)
    for (std::size_t f = 0; f < 9; ++f) {
      double expected = run.parameters[27 + f];
      for (std::size_t i = 0; i < 3; ++i) expected += run.parameters[3 * f + i] * x[t][i];
      CHECK(projected[t][f] == doctest::Approx(expected).epsilon(1e-14));
    }
}

TEST_CASE("a triangle's entries are columns of zeros below") {
  Run<triangle> run;
  const auto x = drawn<Shape<3>>(run.tokens, 1);
  Batch<Shape<6>, double> projected(run.tokens);
  Of<triangle>::forward(run.pass(), x, projected);
  // q = x T + b, T lower triangular, its rows {T00}, {T10, T11}, {T20, T21, T22}; v.weight [3, 3] and qk.bias follow.
  const std::vector<double>& p = run.parameters;
  for (std::size_t t = 0; t < run.tokens; ++t) {
    CHECK(projected[t][0] == doctest::Approx(x[t][0] * p[0] + x[t][1] * p[1] + x[t][2] * p[3] + p[15]).epsilon(1e-14));
    CHECK(projected[t][2] == doctest::Approx(x[t][2] * p[5] + p[17]).epsilon(1e-14));
  }
}

TEST_CASE("backward overwrites dx and adds to the parameters' gradients") {
  Run<triangle> run;
  const std::vector<double> before = run.gradients;
  const auto x = drawn<Shape<3>>(run.tokens, 1);
  const auto dprojected = drawn<Shape<6>>(run.tokens, 100);
  Batch<Shape<3>, double> dx(run.tokens);
  std::ranges::fill(dx.span(), 77.0);
  Of<triangle>::backward(run.pass(), x, dprojected, dx);
  double corner = before[3], value = before[6], bias = before[15];  // T20, v.weight[0, 0], qk.bias[0]
  for (std::size_t t = 0; t < run.tokens; ++t) {
    corner += x[t][2] * dprojected[t][0];
    value += x[t][0] * dprojected[t][3];
    bias += dprojected[t][0];
    double expected = run.parameters[5] * dprojected[t][2];  // of x2: T22, T21, T20, the values' third column
    expected += run.parameters[4] * dprojected[t][1] + run.parameters[3] * dprojected[t][0];
    for (std::size_t f = 0; f < 3; ++f) expected += run.parameters[6 + 3 * f + 2] * dprojected[t][3 + f];
    CHECK(dx[t][2] == doctest::Approx(expected).epsilon(1e-13));
  }
  CHECK(run.gradients[3] == doctest::Approx(corner).epsilon(1e-13));
  CHECK(run.gradients[6] == doctest::Approx(value).epsilon(1e-13));
  CHECK(run.gradients[15] == doctest::Approx(bias).epsilon(1e-13));
  CHECK(std::equal(before.begin() + 21, before.end(), run.gradients.begin() + 21));  // the output projection's
}
