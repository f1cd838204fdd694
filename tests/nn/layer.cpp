// SPDX-License-Identifier: MIT
// A user's own layer, as the contract in layer.hpp asks for it.
#include "odot/nn/layer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "odot/nn/sequential.hpp"
#include "support/gradient_report.hpp"

using namespace odot;
using namespace odot::nn;

namespace {

inline constexpr Name<"gain"> gain;

/// y = gain ⊙ x, one gain an element.
struct Scale {
  template <ShapeType In>
  struct bind : Layer<In, In, Parameters<Parameter<"gain", In, Init::one>>> {
    static void forward(auto pass, auto x, auto y) {
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) y[n][i] = pass.parameter(gain)[i] * x[n][i];
    }
    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) {
          pass.gradient(gain)[i] += dy[n][i] * x[n][i];
          if (dx) dx[n][i] = dy[n][i] * pass.parameter(gain)[i];
        }
    }
  };
};

struct NotALayer {
  using input_shape = Shape<2>;
};

}  // namespace

static_assert(BoundLayer<Scale::bind<Shape<2, 3>>> && BoundLayer<Sequential<Shape<2, 3>, Scale, Scale>>);
static_assert(!BoundLayer<NotALayer> && !BoundLayer<Scale> && !BoundLayer<int>);
static_assert(nn::detail::aligned(0) == 0 && nn::detail::aligned(1) == 16 && nn::detail::aligned(16) == 16);

TEST_CASE("a user's own layer passes the gradient check, alone and in a chain") {
  CHECK(check_gradients<Scale::bind<Shape<2, 3>>>());
  const auto report = check_gradients<Sequential<Shape<2, 3>, Scale, Named<"second", Scale>>>();
  CHECK(report);
  CHECK(report.checked == 3 * 6 + 2 * 6);
}

TEST_CASE("a plain layer keeps no outputs to visit") {
  int visits = 0;
  Scale::bind<Shape<2>>::visit_outputs<double>(nullptr, 1, "", [&](const std::string&, auto) { ++visits; });
  CHECK(visits == 0);
}
