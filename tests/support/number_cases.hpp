#pragma once
// SPDX-License-Identifier: MIT
// Cases of the numbers that programs compute with, Lanes and Packed: every function against the C++ library's over its
// whole range.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>
#include <type_traits>
#include <vector>

namespace odot::test {

/// Numbers of every size and sign: evenly through all bit patterns, which the infinities, NaN and subnormal numbers are
/// among, and those where functions change their form.
template <class S>
std::vector<S> numbers_of_every_size(std::size_t count) {
  using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  using Limits = std::numeric_limits<S>;
  std::vector<S> numbers;
  const Bits step = static_cast<Bits>(~Bits{0} / count) | 1;
  for (Bits i = 0; i < count; ++i) numbers.push_back(std::bit_cast<S>(static_cast<Bits>(i * step)));
  for (const S x : {S{0},
                    static_cast<S>(0.5),
                    S{1},
                    S{2},
                    static_cast<S>(3.14159265358979),
                    S{10},
                    static_cast<S>(88.7),
                    S{89},
                    static_cast<S>(103.9),
                    S{104},
                    S{708},
                    static_cast<S>(709.7),
                    S{710},
                    S{745},
                    S{746},
                    Limits::min(),
                    Limits::denorm_min(),
                    Limits::max(),
                    Limits::epsilon(),
                    Limits::infinity(),
                    std::nextafter(S{1}, S{2}),
                    std::nextafter(S{1}, S{0}),
                    std::nextafter(Limits::min(), S{0})}) {
    numbers.push_back(x);
    numbers.push_back(-x);
  }
  numbers.push_back(Limits::quiet_NaN());
  for (S x = S{-8}; x <= S{8}; x += static_cast<S>(0.0078125)) numbers.push_back(x);
  return numbers;
}

/// Whether `found` is `expected`, within `ulps` of the spacing of numbers of that size (of S, also below the normal
/// ones), or of what is `scale` in size where that is more. NaN and infinities are to be the same; a number that S does not
/// hold may be either infinity or the largest one.
template <class S>
bool is_near(S found, double expected, double ulps, double scale = 0) {
  if (std::isnan(expected)) return std::isnan(found);
  if (std::isinf(static_cast<S>(expected)))
    return static_cast<double>(found) == static_cast<double>(static_cast<S>(expected));
  const double spacing = std::max({std::abs(expected) * static_cast<double>(std::numeric_limits<S>::epsilon()),
                                   scale * static_cast<double>(std::numeric_limits<S>::epsilon()),
                                   static_cast<double>(std::numeric_limits<S>::denorm_min())});
  return std::abs(static_cast<double>(found) - expected) <= ulps * spacing;
}

/// A Number's lanes.
template <class Number>
constexpr std::size_t lanes_of = Number::count;

/// f(numbers…) through Number, `lanes_of` at a time; store and load: how a Number is moved.
template <class Number, class Access, class F, class... Inputs>
std::vector<typename Number::scalar> through(const F& f, const Inputs&... inputs) {
  using S = typename Number::scalar;
  constexpr std::size_t L = lanes_of<Number>;
  const std::size_t count = std::min({inputs.size()...});
  std::vector<S> results(count);
  for (std::size_t i = 0; i < count; i += L) {
    const std::size_t here = std::min(L, count - i);
    const auto number = [&](const std::vector<S>& input) {
      if (here == L) return Access::template load<true>(input.data() + i, here);
      return Access::template load<false>(input.data() + i, here);
    };
    const Number result = f(number(inputs)...);
    if (here == L) Access::template store<true>(results.data() + i, here, result);
    else Access::template store<false>(results.data() + i, here, result);
  }
  return results;
}

template <class S>
void check_each(const char* name, const std::vector<S>& x, const std::vector<S>& found, auto expected, double ulps,
                double scale = 0) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double right = static_cast<double>(expected(x[i]));
    if (is_near(found[i], right, ulps, scale)) continue;
    if (wrong++ == 0) FAIL_CHECK(std::string(name), " of ", x[i], " is ", found[i], ", not ", right);
  }
  CHECK(wrong == 0);
}

/// Functions of one number. `ulps`: what a function of S may be off.
template <class Number, class Access>
void check_functions(double ulps) {
  using S = typename Number::scalar;
  using Wide = std::conditional_t<sizeof(S) == 4, double, long double>;
  const std::vector<S> x = numbers_of_every_size<S>(100'003);
  const auto check = [&](const char* name, auto f, auto expected, double tolerance, double scale = 0) {
    check_each(
        name, x, through<Number, Access>(f, x), [&](S value) { return expected(static_cast<Wide>(value)); }, tolerance,
        scale);
  };
  check("-x", [](Number a) { return -a; }, [](Wide a) { return -a; }, 0);
  check("abs", [](Number a) { return abs(a); }, [](Wide a) { return std::abs(a); }, 0);
  check("sqrt", [](Number a) { return sqrt(a); }, [](Wide a) { return std::sqrt(a); }, ulps);
  check("exp", [](Number a) { return exp(a); }, [](Wide a) { return std::exp(a); }, ulps);
  check("log", [](Number a) { return log(a); }, [](Wide a) { return std::log(a); }, ulps);
  check("log1p", [](Number a) { return log1p(a); }, [](Wide a) { return std::log1p(a); }, ulps);
  check("tanh", [](Number a) { return tanh(a); }, [](Wide a) { return std::tanh(a); }, ulps);
  check("erf", [](Number a) { return erf(a); }, [](Wide a) { return std::erf(a); }, ulps);
  // Where sines and cosines are near 0, an argument's last digit is more than they are.
  check("sin", [](Number a) { return sin(a); }, [](Wide a) { return std::sin(a); }, ulps, 0.25);
  check("cos", [](Number a) { return cos(a); }, [](Wide a) { return std::cos(a); }, ulps, 0.25);
  check(
      "Φ", [](Number a) { return normal_distribution(a).probability; },
      [](Wide a) { return std::erfc(-a / std::sqrt(Wide{2})) / 2; }, 60, 0.01);
  check(
      "φ", [](Number a) { return normal_distribution(a).density; },
      [](Wide a) { return std::exp(-a * a / 2) / std::sqrt(2 * std::numbers::pi_v<Wide>); }, 60, 0.01);
}

/// Sums, products, comparisons, choices and powers of two numbers: each with each.
template <class Number, class Access>
void check_pairs() {
  using S = typename Number::scalar;
  const std::vector<S> some = numbers_of_every_size<S>(61);
  std::vector<S> x, y;
  for (std::size_t i = 0; i < some.size(); i += 7)
    for (const S b : some) x.push_back(some[i]), y.push_back(b);
  const auto check = [&](const char* name, auto f, auto expected, double ulps = 0) {
    const std::vector<S> found = through<Number, Access>(f, x, y);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const S right = expected(x[i], y[i]);
      if (is_near(found[i], static_cast<double>(right), ulps)) continue;
      if (wrong++ == 0) FAIL_CHECK(std::string(name), " of ", x[i], " and ", y[i], " is ", found[i], ", not ", right);
    }
    CHECK(wrong == 0);
  };
  const S nan = std::numeric_limits<S>::quiet_NaN();
  check("+", [](Number a, Number b) { return a + b; }, [](S a, S b) { return a + b; });
  check("-", [](Number a, Number b) { return a - b; }, [](S a, S b) { return a - b; });
  check("*", [](Number a, Number b) { return a * b; }, [](S a, S b) { return a * b; });
  check("/", [](Number a, Number b) { return a / b; }, [](S a, S b) { return a / b; });
  check(
      "minimum", [](Number a, Number b) { return minimum(a, b); },
      [=](S a, S b) { return std::isnan(a) || std::isnan(b) ? nan : std::min(a, b); });
  check(
      "maximum", [](Number a, Number b) { return maximum(a, b); },
      [=](S a, S b) { return std::isnan(a) || std::isnan(b) ? nan : std::max(a, b); });
  check("<", [](Number a, Number b) { return select(a < b, Number(1), Number(0)); }, [](S a, S b) { return S(a < b); });
  check("<=", [](Number a, Number b) { return select(a <= b, Number(1), 0); }, [](S a, S b) { return S(a <= b); });
  check(">", [](Number a, Number b) { return select(a > b, Number(1), 0); }, [](S a, S b) { return S(a > b); });
  check(">=", [](Number a, Number b) { return select(a >= b, Number(1), 0); }, [](S a, S b) { return S(a >= b); });
  check("==", [](Number a, Number b) { return select(a == b, Number(1), 0); }, [](S a, S b) { return S(a == b); });
  check("!=", [](Number a, Number b) { return select(a != b, Number(1), 0); }, [](S a, S b) { return S(a != b); });
  check(
      "&&", [](Number a, Number b) { return select(a < b && a < 0, a, b); },
      [](S a, S b) { return a < b && a < 0 ? a : b; });
  check(
      "||", [](Number a, Number b) { return select(a < b || b < 0, a, b); },
      [](S a, S b) { return a < b || b < 0 ? a : b; });
  check("!", [](Number a, Number b) { return select(!(a < b), a, b); }, [](S a, S b) { return !(a < b) ? a : b; });
  check(
      "numbers beside lanes", [](Number a, Number) { return 1 - 0.5 * a; },
      [](S a, S) { return 1 - static_cast<S>(0.5) * a; }, 1);
  check("pow", [](Number a, Number b) { return pow(a, b); }, [](S a, S b) { return std::pow(a, b); }, 1);
}

/// a · b + c is rounded once or twice, and nothing else.
template <class Number, class Access>
void check_multiply_add() {
  using S = typename Number::scalar;
  const std::vector<S> x = numbers_of_every_size<S>(401);
  const std::vector<S> found =
      through<Number, Access>([](Number a) { return multiply_add(a, Number(3), Number(-1)); }, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const S once = std::fma(x[i], S{3}, S{-1}), product = x[i] * S{3};
    CHECK((is_near(found[i], static_cast<double>(once), 0) ||
           is_near(found[i], static_cast<double>(product + S{-1}), 0)));
  }
}

/// A mask holds in some lane where it holds in one, whichever.
template <class Number, class Access>
void check_any() {
  using S = typename Number::scalar;
  constexpr std::size_t L = lanes_of<Number>;
  std::array<S, L> values{};
  CHECK(!any(Access::template load<true>(values.data(), L) > 0));
  for (std::size_t lane = 0; lane < L; ++lane) {
    values.fill(0);
    values[lane] = 1;
    CHECK(any(Access::template load<true>(values.data(), L) > 0));
    CHECK(any(Access::template load<true>(values.data(), L) != 0));
  }
}

/// Parts of a number: what is beyond `count` is not read, is 0 in the lanes, and is not written.
template <class Number, class Access>
void check_parts() {
  using S = typename Number::scalar;
  constexpr std::size_t L = lanes_of<Number>;
  for (std::size_t count = 1; count < L; ++count) {
    CAPTURE(count);
    const std::vector<S> from(count, 5);  // an address sanitiser sees what is read behind it
    const std::vector<float> floats(count, 5);
    std::vector<S> to(L + 1, 9), whole(L);
    std::vector<double> doubles(L + 1, 9);
    const Number number = Access::template load<false>(from.data(), count);
    Access::template store<true>(whole.data(), L, number);
    for (std::size_t l = 0; l < L; ++l) CHECK(whole[l] == (l < count ? 5 : 0));
    Access::template store<true>(whole.data(), L, Access::template load<false>(floats.data(), count));
    for (std::size_t l = 0; l < L; ++l) CHECK(whole[l] == (l < count ? 5 : 0));
    Access::template store<false>(to.data(), count, number);
    Access::template store<false>(doubles.data(), count, number);
    for (std::size_t l = 0; l <= L; ++l) {
      CHECK(to[l] == (l < count ? 5 : 9));
      CHECK(doubles[l] == (l < count ? 5 : 9));
    }
  }
}

/// Masks of positions: lanes before a position and at it, however far it is.
template <class Number, class Access>
void check_positions() {
  using S = typename Number::scalar;
  constexpr std::size_t L = lanes_of<Number>;
  constexpr std::ptrdiff_t far = std::ptrdiff_t{1} << 40;
  std::vector<std::ptrdiff_t> positions{-far, -far - 1, far, far + 1};
  for (std::ptrdiff_t p = -2; p <= static_cast<std::ptrdiff_t>(L) + 2; ++p) positions.push_back(p);
  for (const std::ptrdiff_t position : positions) {
    CAPTURE(position);
    std::vector<S> before(L), at(L);
    Access::template store<true>(before.data(), L, select(Access::lanes_before(position), Number(1), Number(0)));
    Access::template store<true>(at.data(), L, select(Access::lane_is(position), Number(1), Number(0)));
    for (std::size_t l = 0; l < L; ++l) {
      CHECK(before[l] == (static_cast<std::ptrdiff_t>(l) < position));
      CHECK(at[l] == (static_cast<std::ptrdiff_t>(l) == position));
    }
  }
}

/// All of these. `ulps`: see check_functions.
template <class Number, class Access>
void check_number(double ulps) {
  check_functions<Number, Access>(ulps);
  check_pairs<Number, Access>();
  check_multiply_add<Number, Access>();
  check_any<Number, Access>();
  check_parts<Number, Access>();
  check_positions<Number, Access>();
}

}  // namespace odot::test
