// SPDX-License-Identifier: MIT
// The gradient checker must fail on every kind of wrong layer, and say why.
#include "odot/nn/check_gradients.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "odot/nn/layer.hpp"

using namespace odot;

namespace {

/// What is wrong with the layer below.
enum class Bug {
  none,
  factor_of_dx,
  factor_of_weight,
  one_element,  // of the weight's gradient
  overwrites,   // the weight's gradient instead of adding
  leaves_dx,    // not written
  leaves_y,     // one element not written
  nan_in_gradient,
  zero_weight_gradient,
  zero_dx,
  needs_dx,  // adds to the weight's gradient only where dx is wanted
};

/// y = weight ⊙ x², with a planted bug.
template <Bug B>
struct Square
    : nn::Layer<Shape<2, 3>, Shape<2, 3>, nn::Parameters<nn::Parameter<"weight", Shape<2, 3>, nn::Init::one>>> {
  static void forward(auto pass, auto x, auto y) {
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t i = 0; i < 6; ++i) {
        if (B == Bug::leaves_y && n == 1 && i == 4) continue;
        y[n][i] = pass.parameter(nn::weight)[i] * x[n][i] * x[n][i];
      }
  }
  static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t i = 0; i < 6; ++i) {
        double grad = dy[n][i] * x[n][i] * x[n][i];
        if (B == Bug::factor_of_weight) grad *= 1.001;
        if (B == Bug::one_element && i == 5) grad *= -1;
        if (B == Bug::nan_in_gradient && i == 2) grad = std::numeric_limits<double>::quiet_NaN();
        if (B == Bug::zero_weight_gradient || (B == Bug::needs_dx && !dx)) grad = 0;
        if (B == Bug::overwrites && n == 0) pass.gradient(nn::weight)[i] = 0;
        pass.gradient(nn::weight)[i] += grad;
        if (!dx || B == Bug::leaves_dx) continue;
        dx[n][i] = 2 * dy[n][i] * pass.parameter(nn::weight)[i] * x[n][i];
        if (B == Bug::factor_of_dx) dx[n][i] *= 0.5;
        if (B == Bug::zero_dx) dx[n][i] = 0;
      }
  }
};

template <Bug B>
std::string failure(const CheckOptions& options = {}) {
  const GradientReport report = check_gradients<Square<B>>(options);
  CHECK_FALSE(report);
  return report.message;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a right layer passes, with all that was compared") {
  const GradientReport report = check_gradients<Square<Bug::none>>();
  CHECK(report.passed);
  CHECK(report.checked == 3 * 6 + 6);
  CHECK(report.worst >= 0);
  CHECK(report.worst <= 1e-8);
  CHECK(contains(report.message, "24 elements agree"));
}

TEST_CASE("a wrong factor fails, with array, element and both numbers") {
  const std::string input = failure<Bug::factor_of_dx>();
  CHECK(contains(input, "input[0]: backward "));
  CHECK(contains(input, "central difference "));
  CHECK(contains(input, "relative error 5.0"));  // half of the larger one
  CHECK(contains(failure<Bug::factor_of_weight>(), "weight[0]: "));
}

TEST_CASE("a single wrong element fails") { CHECK(contains(failure<Bug::one_element>(), "weight[5]: ")); }

TEST_CASE("overwriting a parameter's gradient fails") { CHECK(contains(failure<Bug::overwrites>(), "weight[")); }

TEST_CASE("an input gradient that is not written fails") {
  CHECK(contains(failure<Bug::leaves_dx>(), "input: backward left a NaN"));
}

TEST_CASE("an output that is not written fails") {
  CHECK(contains(failure<Bug::leaves_y>(), "central difference nan"));
}

TEST_CASE("NaN in a gradient fails") {
  CHECK(contains(failure<Bug::nan_in_gradient>(), "weight: backward left a NaN"));
}

TEST_CASE("a gradient that is all zero fails, with what to do if that is right") {
  CHECK(contains(failure<Bug::zero_weight_gradient>(), "weight: backward's gradient is all zero"));
  CHECK(contains(failure<Bug::zero_weight_gradient>(), "may_be_zero"));
  CHECK(contains(failure<Bug::zero_dx>(), "input: backward's gradient is all zero"));
}

TEST_CASE("may_be_zero allows a zero gradient only where it is right") {
  CHECK(contains(failure<Bug::zero_weight_gradient>({.may_be_zero = {"wei*"}}), "weight[0]: backward 0, "));
}

TEST_CASE("a backward that needs the input gradient fails") {
  CHECK(failure<Bug::needs_dx>() == "parameter gradients differ where no input gradient is wanted");
}

TEST_CASE("the tolerance is the caller's, and NaN never passes it") {
  CHECK(check_gradients<Square<Bug::factor_of_weight>>({.tolerance = 2e-3}));
  CHECK_FALSE(check_gradients<Square<Bug::leaves_y>>({.tolerance = 1e300}));
}

TEST_CASE("other seeds draw other numbers, the same seed the same") {
  const auto worst = [](std::uint64_t seed) {
    return check_gradients<Square<Bug::factor_of_weight>>({.seed = Seed{seed}}).worst;
  };
  CHECK(worst(1) == worst(1));
  CHECK(worst(1) != worst(2));
}

TEST_CASE("large arrays are checked in part, spread over all of them") {
  const GradientReport report = check_gradients<Square<Bug::none>>({.most_elements = 3});
  CHECK(report.checked == 3 + 3);  // every sixth of 18, every second of 6
}

namespace {

/// y = x² in valid tokens, else 0; backward forgets the padding where it is wrong.
template <bool Right>
struct MaskedSquare : nn::Layer<Shape<2, 3>, Shape<2, 3>> {
  static void forward(auto pass, auto x, auto y) {
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t i = 0; i < 6; ++i) y[n][i] = valid(pass, n, i) ? x[n][i] * x[n][i] : 0;
  }
  static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
    if (!dx) return;
    for (std::size_t n = 0; n < x.samples(); ++n)
      for (std::size_t i = 0; i < 6; ++i) dx[n][i] = !Right || valid(pass, n, i) ? 2 * dy[n][i] * x[n][i] : 0;
  }
  static bool valid(auto pass, std::size_t n, std::size_t i) {
    return !pass.lengths() || i / 3 < static_cast<std::size_t>(pass.lengths()[n]);
  }
};

}  // namespace

TEST_CASE("lengths reach the layer, and must be as many as the samples") {
  CHECK(check_gradients<MaskedSquare<true>>({.lengths = {1, 0, 2}}));
  CHECK_FALSE(check_gradients<MaskedSquare<false>>({.lengths = {1, 0, 2}}));
  CHECK(check_gradients<MaskedSquare<false>>());
  CHECK_THROWS_AS(check_gradients<MaskedSquare<true>>({.lengths = {1, 0}}), ArgumentError);
}
