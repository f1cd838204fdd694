// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/core/random.hpp"
#include "odot/kernels/parallel/cpu/packed.hpp"

using odot::kernels::Packed;
namespace simd = odot::kernels::simd;

namespace {

template <class S>
constexpr std::size_t lanes = simd::lanes<S>;
template <class S>
constexpr S infinity = std::numeric_limits<S>::infinity();
template <class S>
constexpr S not_a_number = std::numeric_limits<S>::quiet_NaN();

/// f of a register whose other lanes hold other numbers.
template <class S, class F>
S at(const F& f, S x) {
  using Number = Packed<S>;
  if constexpr (lanes<S> > 1) {
    S values[lanes<S>];
    for (std::size_t l = 0; l < lanes<S>; ++l) values[l] = l == 1 ? x : S(0.25) * static_cast<S>(l);
    simd::store(values, f(Number(simd::load<S>(values))).packet);
    return values[1];
  } else {
    return f(Number(x)).values[0];
  }
}

/// The largest error relative to the value, over numbers of all sizes up to `limit` and of both signs.
template <class S, class F, class G>
double worst_error(const F& f, const G& exact, double limit, double smallest = 1e-30) {
  const odot::Random random(odot::Seed{7}, 1);
  double worst = 0;
  for (std::size_t i = 0; i < 200'000; ++i) {
    const double u = random.uniform(2 * i), v = random.uniform(2 * i + 1);
    // Half of them evenly, half by their exponents.
    const double size = i % 2 ? limit * u : std::exp(std::log(smallest) + u * (std::log(limit) - std::log(smallest)));
    const S x = static_cast<S>(v < 0.5 ? -size : size);
    const double expected = static_cast<double>(exact(static_cast<long double>(x)));
    const double error = std::abs(static_cast<double>(at<S>(f, x)) - expected) / std::abs(expected);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

const auto erf_of = [](const auto& x) { return erf(x); };
const auto tanh_of = [](const auto& x) { return tanh(x); };
const auto log1p_of = [](const auto& x) { return log1p(x); };
const auto sin_of = [](const auto& x) { return sin(x); };
const auto cos_of = [](const auto& x) { return cos(x); };

template <class S>
bool is_negative_zero(S x) {
  return x == 0 && std::signbit(x);
}

}  // namespace

TEST_CASE("erf is as exact as it says, near 0 too") {
  const auto exact = [](long double x) { return std::erf(x); };
  CHECK(worst_error<float>(erf_of, exact, 6) <= 3e-7);
  CHECK(worst_error<float>(erf_of, exact, 1.1) <= 3e-7);
  CHECK(worst_error<double>(erf_of, exact, 7, 1e-300) <= 1e-15);
  CHECK(worst_error<double>(erf_of, exact, 1.1) <= 1e-15);
}

TEST_CASE_TEMPLATE("erf of infinities, 0, NaN and the smallest numbers", S, float, double) {
  CHECK(at<S>(erf_of, infinity<S>) == 1);
  CHECK(at<S>(erf_of, -infinity<S>) == -1);
  CHECK(at<S>(erf_of, S(30)) == 1);
  CHECK(at<S>(erf_of, S(0)) == 0);
  CHECK(is_negative_zero(at<S>(erf_of, S(-0.0))));
  CHECK(std::isnan(at<S>(erf_of, not_a_number<S>)));
  const S least = std::numeric_limits<S>::denorm_min();
  CHECK(at<S>(erf_of, least) == std::erf(least));
  for (S x = S(-5); x <= 5; x += S(1) / 1024) CHECK(std::abs(at<S>(erf_of, x)) <= 1);
}

TEST_CASE("tanh, log1p, sin and cos of doubles are exact to the last digits") {
  CHECK(worst_error<double>(tanh_of, [](long double x) { return std::tanh(x); }, 25, 1e-300) <= 5e-16);
  CHECK(worst_error<double>(tanh_of, [](long double x) { return std::tanh(x); }, 0.7) <= 5e-16);
  CHECK(worst_error<double>([](const auto& x) { return log1p(abs(x)); },
                            [](long double x) { return std::log1p(std::abs(x)); }, 1e5, 1e-300) <= 6e-16);
  CHECK(worst_error<double>(log1p_of, [](long double x) { return std::log1p(x); }, 0.999) <= 6e-16);
  CHECK(worst_error<double>(sin_of, [](long double x) { return std::sin(x); }, 4, 1e-300) <= 4e-16);
  CHECK(worst_error<double>(sin_of, [](long double x) { return std::sin(x); }, 1e6) <= 4e-16);
  CHECK(worst_error<double>(sin_of, [](long double x) { return std::sin(x); }, 1e9) <= 4e-16);
  CHECK(worst_error<double>(cos_of, [](long double x) { return std::cos(x); }, 4) <= 4e-16);
  CHECK(worst_error<double>(cos_of, [](long double x) { return std::cos(x); }, 1e6) <= 4e-16);
}

TEST_CASE("sin and cos of doubles next to multiples of a quarter turn") {
  for (int n = 1; n < 600'000; n += n < 1000 ? 1 : 997)
    for (const double x : {n * 1.5707963267948966, std::nextafter(n * 1.5707963267948966, 0.0)}) {
      CHECK(at<double>(sin_of, x) == doctest::Approx(std::sin(x)).epsilon(1e-15));
      CHECK(std::abs(at<double>(cos_of, x) - std::cos(x)) <= 4e-16 * std::abs(std::cos(x)));
      CHECK(std::abs(at<double>(sin_of, x) - std::sin(x)) <= 4e-16 * std::abs(std::sin(x)));
    }
}

TEST_CASE("tanh, log1p, sin and cos of infinities, 0 and NaN") {
  CHECK(at<double>(tanh_of, infinity<double>) == 1);
  CHECK(at<double>(tanh_of, -infinity<double>) == -1);
  CHECK(at<double>(log1p_of, infinity<double>) == infinity<double>);
  CHECK(at<double>(log1p_of, -1.0) == -infinity<double>);
  CHECK(std::isnan(at<double>(log1p_of, -1.5)));
  CHECK(std::isnan(at<double>(sin_of, infinity<double>)));
  CHECK(std::isnan(at<double>(cos_of, -infinity<double>)));
  CHECK(at<double>(cos_of, 0.0) == 1);
  for (const auto& value : {at<double>(tanh_of, not_a_number<double>), at<double>(log1p_of, not_a_number<double>),
                            at<double>(sin_of, not_a_number<double>), at<double>(cos_of, not_a_number<double>)})
    CHECK(std::isnan(value));
  CHECK(is_negative_zero(at<double>(tanh_of, -0.0)));
  CHECK(is_negative_zero(at<double>(log1p_of, -0.0)));
  CHECK(is_negative_zero(at<double>(sin_of, -0.0)));
}
