#pragma once
// SPDX-License-Identifier: MIT
// Every operator and function of expressions against the C++ library, the same for every device and scalar.

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "support/expression_operands.hpp"

namespace odot::test {

/// Numbers of every size, zeros, numbers below the normal ones, infinities and NaN, so many that registers are filled.
template <class S>
std::vector<S> numbers_of_every_size() {
  using L = std::numeric_limits<S>;
  std::vector<S> numbers{0,
                         -S{0},
                         1,
                         -1,
                         S{0.5},
                         L::infinity(),
                         -L::infinity(),
                         L::quiet_NaN(),
                         L::min(),
                         -L::min(),
                         L::denorm_min(),
                         L::max(),
                         L::lowest(),
                         L::epsilon(),
                         S{1e-20f},
                         S{1e20f}};
  for (int i = -40; i <= 40; ++i) numbers.push_back(static_cast<S>(i * 2.5 + 0.1));
  for (std::size_t i = 0; i < 62; ++i) numbers.push_back(static_cast<S>(3 * hash_uniform(i)));
  return numbers;  // 159
}

template <class Device, class S>
struct FunctionCheck {
  static constexpr std::size_t count = 159;
  using V = Tensor<Shape<count>, S>;

  /// Of one argument. `tolerance` in roundings. `largest`: of arguments, beyond which they are left out.
  template <class F, class G>
  static void unary(const std::string& name, const F& f, const G& g, double tolerance = 1,
                    double largest = std::numeric_limits<double>::infinity()) {
    CAPTURE(name);
    const std::vector<S> numbers = numbers_of_every_size<S>();
    REQUIRE(numbers.size() == count);
    V x;
    for (std::size_t i = 0; i < count; ++i)
      x(i) = std::isfinite(numbers[i]) && std::abs(static_cast<double>(numbers[i])) > largest ? S{1} : numbers[i];
    const auto on_device = to<Device>(x);
    CHECK(off(host_values(f(on_device)), listed<Shape<count>>([&](std::size_t i) {
                return static_cast<double>(static_cast<S>(g(static_cast<double>(x(i)))));
              }),
              tolerance * rounding<S>) == "");
  }

  /// Of two tensors: each number with some others.
  template <class F, class G>
  static void two_tensors(const std::string& name, const F& f, const G& g, double tolerance = 1) {
    CAPTURE(name);
    const std::vector<S> numbers = numbers_of_every_size<S>();
    for (const std::size_t shift : {0, 1, 5, 7, 33}) {
      CAPTURE(shift);
      V a, b;
      for (std::size_t i = 0; i < count; ++i) a(i) = numbers[i], b(i) = numbers[(i + shift) % count];
      const auto left = to<Device>(a), right = to<Device>(b);
      CHECK(off(host_values(f(left, right)),
                listed<Shape<count>>([&](std::size_t i) { return static_cast<double>(static_cast<S>(g(a(i), b(i)))); }),
                tolerance * rounding<S>) == "");
    }
  }
  /// Of two tensors, and of a tensor and a number, either way round.
  template <class F, class G>
  static void binary(const std::string& name, const F& f, const G& g, double tolerance = 1) {
    two_tensors(name, f, g, tolerance);
    CAPTURE(name);
    const std::vector<S> numbers = numbers_of_every_size<S>();
    V a;
    for (std::size_t i = 0; i < count; ++i) a(i) = numbers[i];
    const auto tensor = to<Device>(a);
    const S number{1.5f};
    CHECK(off(host_values(f(tensor, 1.5)),
              listed<Shape<count>>([&](std::size_t i) { return static_cast<double>(static_cast<S>(g(a(i), number))); }),
              tolerance * rounding<S>) == "");
    CHECK(off(host_values(f(1.5f, tensor)),
              listed<Shape<count>>([&](std::size_t i) { return static_cast<double>(static_cast<S>(g(number, a(i)))); }),
              tolerance * rounding<S>) == "");
  }
};

template <class Device, class S>
void check_arithmetic() {
  using Check = FunctionCheck<Device, S>;
  Check::binary("+", [](const auto& a, const auto& b) { return a + b; }, [](S a, S b) { return a + b; });
  Check::binary("-", [](const auto& a, const auto& b) { return a - b; }, [](S a, S b) { return a - b; });
  Check::binary("*", [](const auto& a, const auto& b) { return a * b; }, [](S a, S b) { return a * b; });
  Check::binary("/", [](const auto& a, const auto& b) { return a / b; }, [](S a, S b) { return a / b; });
  Check::unary("negation", [](const auto& a) { return -a; }, [](double a) { return -a; });
  const auto nan = std::numeric_limits<S>::quiet_NaN();
  const auto smaller = [nan](S a, S b) { return std::isnan(a) || std::isnan(b) ? nan : b < a ? b : a; };
  const auto larger = [nan](S a, S b) { return std::isnan(a) || std::isnan(b) ? nan : b > a ? b : a; };
  Check::binary("min", [](const auto& a, const auto& b) { return min(a, b); }, smaller);
  Check::binary("max", [](const auto& a, const auto& b) { return max(a, b); }, larger);
  Check::binary("minimum", [](const auto& a, const auto& b) { return minimum(a, b); }, smaller);
  Check::binary("maximum", [](const auto& a, const auto& b) { return maximum(a, b); }, larger);
}

template <class Device, class S>
void check_comparisons() {
  using Check = FunctionCheck<Device, S>;
  Check::binary("<", [](const auto& a, const auto& b) { return a < b; }, [](S a, S b) { return a < b ? 1 : 0; });
  Check::binary("<=", [](const auto& a, const auto& b) { return a <= b; }, [](S a, S b) { return a <= b ? 1 : 0; });
  Check::binary(">", [](const auto& a, const auto& b) { return a > b; }, [](S a, S b) { return a > b ? 1 : 0; });
  Check::binary(">=", [](const auto& a, const auto& b) { return a >= b; }, [](S a, S b) { return a >= b ? 1 : 0; });
  Check::binary("==", [](const auto& a, const auto& b) { return a == b; }, [](S a, S b) { return a == b ? 1 : 0; });
  Check::binary("!=", [](const auto& a, const auto& b) { return a != b; }, [](S a, S b) { return a != b ? 1 : 0; });
  Check::binary(
      "select", [](const auto& a, const auto& b) { return select(a < b, 2 * a, b); },
      [](S a, S b) { return a < b ? 2 * a : b; });
  Check::two_tensors(
      "&& || !", [](const auto& a, const auto& b) { return (a < b && !(b < 1 + a)) || a == 2 * b; },
      [](S a, S b) { return (a < b && !(b < 1 + a)) || a == 2 * b ? 1 : 0; });
  Check::binary(
      "arithmetic of comparisons", [](const auto& a, const auto& b) { return (a < b) * 3 - (b <= a); },
      [](S a, S b) { return (a < b ? 3 : 0) - (b <= a ? 1 : 0); });
  Check::unary(
      "select of numbers", [](const auto& a) { return select(a, 1, -1); },
      [](double a) { return static_cast<S>(a) != 0 ? 1.0 : -1.0; });
  Check::unary(
      "clamp", [](const auto& a) { return clamp(a, -2, 1.5); },
      [](double a) { return a < -2    ? -2
                            : a > 1.5 ? 1.5
                                      : a; });
}

/// Float functions may be off by some units in the last place; sin and cos of float are checked to 100.
template <class Device, class S>
void check_functions() {
  using Check = FunctionCheck<Device, S>;
  Check::unary("abs", [](const auto& a) { return abs(a); }, [](double a) { return std::abs(a); });
  Check::unary("exp", [](const auto& a) { return exp(a); }, [](double a) { return std::exp(a); });
  Check::unary("log", [](const auto& a) { return log(a); }, [](double a) { return std::log(a); });
  Check::unary("log1p", [](const auto& a) { return log1p(a); }, [](double a) { return std::log1p(a); });
  Check::unary("sqrt", [](const auto& a) { return sqrt(a); }, [](double a) { return std::sqrt(a); });
  Check::unary("rsqrt", [](const auto& a) { return rsqrt(a); }, [](double a) { return 1 / std::sqrt(a); });
  Check::unary("square", [](const auto& a) { return square(a); }, [](double a) { return a * a; });
  Check::unary("tanh", [](const auto& a) { return tanh(a); }, [](double a) { return std::tanh(a); });
  Check::unary("sigmoid", [](const auto& a) { return sigmoid(a); }, [](double a) { return 1 / (1 + std::exp(-a)); }, 2);
  Check::unary("erf", [](const auto& a) { return erf(a); }, [](double a) { return std::erf(a); });
  // Near multiples of π the error relative to the value grows with the argument.
  Check::unary("sin", [](const auto& a) { return sin(a) + 2; }, [](double a) { return std::sin(a) + 2; }, 1, 110);
  Check::unary("cos", [](const auto& a) { return cos(a) + 2; }, [](double a) { return std::cos(a) + 2; }, 1, 110);
  Check::binary(
      "pow", [](const auto& a, const auto& b) { return pow(a, b); },
      [](S a, S b) { return std::pow(static_cast<double>(a), static_cast<double>(b)); });
}

}  // namespace odot::test
