#pragma once
// SPDX-License-Identifier: MIT
// What every device's element-wise attention must do: long sequences, numbers of any size, NaN. In float, against double.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/difference.hpp"
#include "support/element_wise_problem.hpp"

namespace odot::test {

/// How far a float kernel may be from the same in double, relative to each array's largest number.
struct AttentionTolerance {
  double y = 1e-6, dq = 1e-4, dk = 2e-6, dv = 2e-6;
};

inline void check_close(const AttentionResult& actual, const AttentionResult& expected,
                        const AttentionTolerance& tolerance = {}) {
  CHECK(difference(actual.y, expected.y, tolerance.y) == "");
  CHECK(difference(actual.dq, expected.dq, tolerance.dq) == "");
  CHECK(difference(actual.dk, expected.dk, tolerance.dk) == "");
  CHECK(difference(actual.dv, expected.dv, tolerance.dv) == "");
}

/// Values of one sign that change in the middle: the sums grow with every token, and an inexact one stays behind.
template <std::size_t L, std::size_t D>
AttentionInputs<L, D> drifting_values() {
  AttentionInputs<L, D> in;
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (std::size_t i = 0; i < L; ++i)
    for (std::size_t c = 0; c < D; ++c) {
      in.q(i, c) = 0.3 * normal(random);
      in.k(i, c) = 0.3 * normal(random);
      in.v(i, c) = (i < L / 2 ? 0.1 : 0.9) + 0.01 * normal(random);
      in.gradient(i, c) = 0.5 + normal(random);
    }
  in.round();
  return in;
}

/// L tokens in float against double: as near as PyTorch's, or nearer.
template <kernels::ElementWiseForm F, DeviceType Device, std::size_t L>
void check_long_sequence() {
  CAPTURE(F.order);
  CAPTURE(F.causal);
  const auto in = drifting_values<L, 1>();
  check_close(attention_on<F, Device, float>(in), attention_on<F, Device, double>(in));
}

/// |k| falls, or rises, a little from token to token: what sums are relative to changes all the time.
template <kernels::ElementWiseForm F, DeviceType Device>
void check_drifting_keys() {
  CAPTURE(F.order);
  CAPTURE(F.causal);
  constexpr std::size_t L = 20'000;
  auto in = drifting_values<L, 2>();
  for (std::size_t i = 0; i < L; ++i) {
    in.k(i, 0) = 12.0 - 11.0 * static_cast<double>(i) / L;
    in.k(i, 1) = 1e-3 + 6.0 * static_cast<double>(i) / L;
  }
  in.round();
  check_close(attention_on<F, Device, float>(in), attention_on<F, Device, double>(in),
              {.y = 1e-5, .dq = 1e-3, .dk = 1e-4, .dv = 1e-4});
}

/// What a rounding or two may change in channel c: y by `tolerance` of the values, gradients by the same of what their
/// terms come to. (A difference of these may be much smaller than its terms, whose rounding it keeps.)
template <kernels::ElementWiseForm F, std::size_t L, std::size_t D>
void check_by_size(const AttentionInputs<L, D>& in, const AttentionResult& actual, const AttentionResult& expected,
                   double tolerance) {
  for (std::size_t c = 0; c < D; ++c) {
    double q = 0, k = 0, v = 0, dy = 0;
    auto copy = in;
    for (std::size_t i = 0; i < L; ++i) {
      q = std::max(q, std::abs(copy.q(i, c))), k = std::max(k, std::abs(copy.k(i, c)));
      v = std::max(v, std::abs(copy.v(i, c))), dy = std::max(dy, std::abs(copy.gradient(i, c)));
    }
    const auto channel = [&](const std::vector<double>& all) {
      std::vector<double> one;
      for (std::size_t i = 0; i < L; ++i) one.push_back(all[i * D + c]);
      return one;
    };
    CAPTURE(q);
    CAPTURE(k);
    CHECK(difference_within(channel(actual.y), channel(expected.y), tolerance * v) == "");
    const double distance = F.is_series() ? 2 * k : 2 * (q + k);
    CHECK(difference_within(channel(actual.dq), channel(expected.dq), tolerance * dy * v * distance) == "");
    CHECK(difference_within(channel(actual.dk), channel(expected.dk), tolerance * L * dy * v * 2 * (q + k)) == "");
    CHECK(difference_within(channel(actual.dv), channel(expected.dv), tolerance * L * dy) == "");
  }
}

/// Queries, keys and values of random sizes from 1e-30 to 1e30, a size per channel. Of one sign: where q k is far below
/// zero the terms of a series cancel.
template <kernels::ElementWiseForm F, DeviceType Device>
void check_random_sizes(int trials) {
  constexpr std::size_t L = 45, D = 9;
  std::mt19937_64 random(7);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  for (int trial = 0; trial < trials; ++trial) {
    CAPTURE(F.order);
    CAPTURE(F.causal);
    CAPTURE(trial);
    AttentionInputs<L, D> in;
    for (std::size_t c = 0; c < D; ++c) {
      // (A product q k that is no float any more counts as 0.)
      const double size = uniform(-30, 30), k = std::pow(10, size),
                   q = std::pow(10, uniform(std::max(-30.0, -34 - size), 30)), v = std::pow(10, uniform(-6, 6));
      // Keys that differ much, little, and by a few of float's last bits.
      const double spread = std::array{1.0, 1e-2, 1e-6}[c % 3];
      for (std::size_t i = 0; i < L; ++i) {
        in.q(i, c) = q * uniform(0.1, 1);
        in.k(i, c) = k * (1 - spread * uniform(0, 0.99));
        in.v(i, c) = v * uniform(-1, 1);
        in.gradient(i, c) = uniform(-1, 1);
      }
    }
    in.round();
    check_by_size<F>(in, attention_on<F, Device, float>(in), attention_by_definition<F>(in), 2e-5);
  }
}

/// Keys and queries near `size`, apart by a few of float's last bits: exponents are small differences of large squares.
template <kernels::ElementWiseForm F, DeviceType Device>
void check_small_differences() {
  constexpr std::size_t L = 40, D = 8;
  for (const double size : {10.0, 300.0, 1e3, 3e3, 1e5, 2e6, 1e12, 1e15}) {
    CAPTURE(F.order);
    CAPTURE(F.causal);
    CAPTURE(size);
    AttentionInputs<L, D> in;
    std::mt19937_64 random(3);
    const double ulp = std::ldexp(1.0, std::ilogb(size) - 23);
    for (std::size_t i = 0; i < L; ++i)
      for (std::size_t c = 0; c < D; ++c) {
        const double key = size + ulp * static_cast<double>(random() % 64), sign = random() % 2 == 0 ? 1 : -1;
        in.k(i, c) = F.is_series() || c % 2 == 0 ? key : 0;
        in.q(i, c) = c % 4 == 0 ? size / 3 : c % 4 == 1 ? -size - ulp * static_cast<double>(random() % 64) : 0.25;
        if (F.is_series()) in.q(i, c) = std::abs(in.q(i, c));
        in.v(i, c) = sign * static_cast<double>(1 + random() % 100);
        in.gradient(i, c) = static_cast<double>(random() % 100) - 50;
      }
    in.round();
    check_by_size<F>(in, attention_on<F, Device, float>(in), attention_by_definition<F>(in), 1e-5);
  }
}

/// Queries that make a series' highest powers large while 2 q k is moderate: the ratio has not reached its limit.
template <kernels::ElementWiseForm F, DeviceType Device>
void check_large_queries() {
  for (const double product : {0.5, 2.0, 10.0, 200.0})
    for (const double k : {1e-2, 1e-3, 1e-5, 1e-10}) {
      CAPTURE(F.order);
      CAPTURE(product);
      CAPTURE(k);
      AttentionInputs<2, 1> in;
      for (std::size_t i = 0; i < 2; ++i) {
        in.q(i) = product / (2 * k), in.k(i) = i == 0 ? -k : k;
        in.v(i) = static_cast<double>(i), in.gradient(i) = 1;
      }
      in.round();
      const auto actual = attention_on<F, Device, float>(in), expected = attention_by_definition<F>(in);
      // The key of the other sign has a weight that is a difference of terms as large as exp(2 q k).
      CHECK(std::abs(actual.y[1] - expected.y[1]) <= 2e-6 * expected.y[1]);
      check_by_size<F>(in, actual, expected, 2e-6);
    }
}

/// Keys that are 0 or small beside keys so large that they weigh nothing, and queries large enough to see powers of the
/// former: those must not vanish beside the latter's. In any order, within a block and over several.
template <kernels::ElementWiseForm F, DeviceType Device>
void check_keys_that_weigh_nothing() {
  constexpr std::size_t L = 100, D = 8;
  std::mt19937_64 random(11);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  for (int trial = 0; trial < 20; ++trial) {
    CAPTURE(F.order);
    CAPTURE(F.causal);
    CAPTURE(trial);
    AttentionInputs<L, D> in;
    for (std::size_t c = 0; c < D; ++c) {
      // The small keys of a channel are of one size, or 0.
      const double small = c % 2 == 0 ? 0 : std::pow(10, uniform(-9, -2)), large = std::pow(10, uniform(1.7, 30));
      const double query = std::pow(10, uniform(2, 12)), share = uniform(0, 0.5);
      for (std::size_t i = 0; i < L; ++i) {
        in.k(i, c) = uniform(0, 1) < share ? large * uniform(1, 2) : small * uniform(0.1, 1);
        in.q(i, c) = query * uniform(0.1, 1);
        in.v(i, c) = uniform(-1, 1);
        in.gradient(i, c) = uniform(-1, 1);
      }
    }
    in.round();
    check_by_size<F>(in, attention_on<F, Device, float>(in), attention_by_definition<F>(in), 2e-5);
  }
}

/// A NaN or an infinity in one query, key or value: what depends on it is not finite, and all else is as it was.
template <kernels::ElementWiseForm F, DeviceType Device, class S, std::size_t L>
void check_not_finite_at(std::initializer_list<std::size_t> tokens) {
  constexpr std::size_t D = 3;
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    for (std::size_t part = 0; part < 3; ++part)
      for (const std::size_t token : tokens) {
        CAPTURE(F.order);
        CAPTURE(F.causal);
        CAPTURE(bad);
        CAPTURE(part);
        CAPTURE(token);
        auto in = drifting_values<L, D>();
        in.qkv[(3 * token + part) * D + 1] = bad;
        const auto expected = attention_by_definition<F>(in), actual = attention_on<F, Device, S>(in);
        const auto agree = [](const std::vector<double>& a, const std::vector<double>& e) {
          for (std::size_t i = 0; i < a.size(); ++i) {
            const bool right = std::isfinite(e[i]) ? std::abs(a[i] - e[i]) <= 1e-3 : !std::isfinite(a[i]);
            if (!right) return std::to_string(i) + ": " + std::to_string(a[i]) + " instead of " + std::to_string(e[i]);
          }
          return std::string();
        };
        CHECK(agree(actual.y, expected.y) == "");
        CHECK(agree(actual.dq, expected.dq) == "");
        CHECK(agree(actual.dk, expected.dk) == "");
        CHECK(agree(actual.dv, expected.dv) == "");
        CHECK(std::ranges::any_of(actual.y, [](double y) { return std::isfinite(y); }));
      }
}
template <kernels::ElementWiseForm F, DeviceType Device, class S>
void check_not_finite() {
  check_not_finite_at<F, Device, S, 70>({0, 17, 69});
  check_not_finite_at<F, Device, S, 65>({64});  // the only token of its block of 32
}

/// An infinite value, or an infinite gradient of an output: the weights are all positive, so that the outputs that see the
/// one, and the gradients of values that the other sees, are infinite with its sign. In blocks of 32 tokens after it, too.
template <kernels::ElementWiseForm F, DeviceType Device, class S>
void check_infinite_values() {
  constexpr std::size_t L = 100, D = 3;
  for (const double bad : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    for (const bool in_gradient : {false, true})
      for (const std::size_t token : {0u, 40u, 99u}) {
        CAPTURE(F.order);
        CAPTURE(F.causal);
        CAPTURE(bad);
        CAPTURE(in_gradient);
        CAPTURE(token);
        AttentionInputs<L, D> in;
        std::mt19937_64 random(5);
        std::uniform_real_distribution<double> uniform(0.1, 0.9);
        for (double& x : in.qkv) x = uniform(random);
        for (double& x : in.dy) x = uniform(random);
        in.round();
        (in_gradient ? in.gradient(token, 1) : in.v(token, 1)) = bad;
        const auto expected = attention_by_definition<F>(in), actual = attention_on<F, Device, S>(in);
        const auto agree = [](const std::vector<double>& a, const std::vector<double>& e) {
          for (std::size_t i = 0; i < a.size(); ++i)
            if (std::isfinite(e[i]) ? !(std::abs(a[i] - e[i]) <= 1e-4) : a[i] != e[i])
              return std::to_string(i) + ": " + std::to_string(a[i]) + " instead of " + std::to_string(e[i]);
          return std::string();
        };
        const std::vector<double>& infinite = in_gradient ? expected.dv : expected.y;
        CHECK(std::ranges::count(infinite, bad) == static_cast<std::ptrdiff_t>(!F.causal     ? L
                                                                               : in_gradient ? token + 1
                                                                                             : L - token));
        CHECK(std::ranges::none_of(infinite, [](double x) { return std::isnan(x); }));
        CHECK(agree(actual.y, expected.y) == "");
        CHECK(agree(actual.dv, expected.dv) == "");
      }
}

/// Whole blocks of 32 keys that are all NaN: before the first number, between others, at the end of the valid tokens.
template <kernels::ElementWiseForm F, DeviceType Device, class S>
void check_blocks_of_nan_keys() {
  constexpr std::size_t L = 97, D = 2;
  for (const std::size_t from : {0, 32, 64, 96}) {
    CAPTURE(F.order);
    CAPTURE(F.causal);
    CAPTURE(from);
    auto in = drifting_values<L, D>();
    for (std::size_t i = from; i < std::min(from + 32, L); ++i) in.k(i, 1) = std::numeric_limits<double>::quiet_NaN();
    in.lengths = {static_cast<std::int32_t>(L)};
    if (from == 32) in.lengths = {33};
    const auto expected = attention_by_definition<F>(in), actual = attention_on<F, Device, S>(in);
    const auto agree = [](const std::vector<double>& a, const std::vector<double>& e) {
      for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::isfinite(e[i]) ? std::abs(a[i] - e[i]) <= 1e-3 : !std::isfinite(a[i]))) return i;
      return a.size();
    };
    CHECK(agree(actual.y, expected.y) == actual.y.size());
    CHECK(agree(actual.dq, expected.dq) == actual.dq.size());
    CHECK(agree(actual.dk, expected.dk) == actual.dk.size());
    CHECK(agree(actual.dv, expected.dv) == actual.dv.size());
  }
}

/// A query so large that only the largest key with a weight counts: it shows which weights are 0.
template <kernels::ElementWiseForm F, DeviceType Device, class S>
void check_least_exponent() {
  const bool is_float = sizeof(S) == 4;
  const double least = is_float ? -87 : -700;
  for (const double exponent : {least + 0.3, least - 0.3, is_float ? -87.6 : -707.5, least - 20}) {
    CAPTURE(F.causal);
    CAPTURE(exponent);
    AttentionInputs<2, 1> in;
    in.k(0) = 0, in.k(1) = std::sqrt(-exponent);
    in.v(0) = 1, in.v(1) = 5;
    in.gradient(0) = in.gradient(1) = 1;
    in.q(0) = in.q(1) = is_float ? 1e20 : 1e160;
    CHECK(std::abs(attention_on<F, Device, S>(in).y[1] - (exponent < least ? 1 : 5)) <= 1e-3);
    in.q(0) = in.q(1) = is_float ? 1e17 : 1e150;  // dy/M is still a number
    const double dv = attention_on<F, Device, S>(in).dv[1];
    CHECK(std::isfinite(dv));
    CHECK((dv != 0) == (exponent > least));
  }
}

}  // namespace odot::test
