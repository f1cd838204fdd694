// SPDX-License-Identifier: MIT
#include "odot/nn/non_finite.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "odot/core/random.hpp"

using namespace odot;
using nn::NonFinite, nn::NonFiniteFinding;

namespace {

nn::ParameterInfo row(const std::string& name, std::size_t offset, std::size_t size) {
  return {.name = name, .offset = offset, .size = size, .shape = {size}, .init = nn::Init::drawn};
}

const std::vector<nn::ParameterInfo> table{row("0.weight", 0, 12), row("0.bias", 12, 3), row("1.weight", 15, 30),
                                           row("1.bias", 45, 1)};

std::string text(const NonFiniteFinding& finding) { return nn::error_of(finding, "epoch 1, batch 2: ").what(); }

}  // namespace

TEST_CASE("a finding says what it is, where, in how much of it, and what to do") {
  const std::string advice = "; lower the learning rate, or check the input data";
  CHECK(text({.what = NonFinite::loss}) == "epoch 1, batch 2: the loss is not finite" + advice);
  CHECK(text({.what = NonFinite::loss, .where = "the input"}) ==
        "epoch 1, batch 2: the loss is not finite; first seen in the input" + advice);
  CHECK(text({.what = NonFinite::gradient, .where = "0.bias", .count = 2, .size = 3}) ==
        "epoch 1, batch 2: the gradient of 0.bias is not finite in 2 of 3 elements" + advice);
  CHECK(text({.what = NonFinite::large_gradient, .where = "0.bias", .count = 2, .size = 3, .largest = 1e18}) ==
        "epoch 1, batch 2: the gradient of 0.bias is beyond 1e+18 in 2 of 3 elements: more than the optimizer can take "
        "(the square of a larger one overflows); lower the learning rate, set max_gradient_norm, or check the input "
        "data");
  CHECK(text({.what = NonFinite::any_gradient, .count = 7}) ==
        "epoch 1, batch 2: the gradient is not finite, or too large for the optimizer, in 7 elements" + advice);
  CHECK(text({.what = NonFinite::gradient_norm}) ==
        "epoch 1, batch 2: the norm of the gradient is beyond the largest double" + advice);
}

TEST_CASE("a step's loss comes before its gradient") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(nn::non_finite(1, 0) == NonFinite::none);
  CHECK(nn::non_finite(1, 3) == NonFinite::any_gradient);
  CHECK(nn::non_finite(nan, 3) == NonFinite::loss);
  CHECK(nn::non_finite(-std::numeric_limits<double>::infinity(), 0) == NonFinite::loss);
}

TEST_CASE(
    "the last parameter whose gradient is not finite is named, where all are finite the last with large elements") {
  const Random random(Seed{1}, 0);
  constexpr float bad[] = {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(), -3, 2};
  for (std::uint64_t n = 0; n < 300; ++n) {
    std::vector<float> gradients(46, 1);
    for (std::uint64_t i = 0; i < random.bits(10 * n) % 4; ++i)
      gradients[random.bits(10 * n + 1 + i) % 46] = bad[random.bits(10 * n + 5 + i) % 4];
    NonFiniteFinding expected;
    for (const NonFinite what : {NonFinite::large_gradient, NonFinite::gradient})  // the last that is found counts
      for (const auto& info : table) {
        std::size_t count = 0;
        for (std::size_t i = info.offset; i < info.offset + info.size; ++i)
          count += what == NonFinite::gradient ? !std::isfinite(gradients[i]) : !(std::abs(gradients[i]) <= 1);
        if (count > 0) expected = {.what = what, .where = info.name, .count = count, .size = info.size};
      }
    const auto found = nn::non_finite_gradient(std::span<const float>(gradients), table, 1.0f);
    CHECK(found.what == expected.what);
    CHECK(found.where == expected.where);
    CHECK(found.count == expected.count);
    CHECK(found.size == expected.size);
  }
}
