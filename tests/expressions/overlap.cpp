// SPDX-License-Identifier: MIT
#include "odot/expressions/overlap.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <set>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_assignments.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("a target that shares memory with an operand gets the right value, or the assignment is refused") {
  check_overlap<Cpu, float>();
}

TEST_CASE("whether two slices of one tensor share elements is known exactly") {
  using expressions::detail::share_elements;
  std::array<float, 10 * 5 * 7> memory{};
  const BatchView<Shape<5, 7>> batch(memory.data(), 10);
  // Addresses of the elements that a slice has, the definition.
  const auto addresses = [](const auto& source) {
    using Source = std::remove_cvref_t<decltype(source)>;
    std::set<const float*> all;
    for (std::size_t n = 0; n < source.count; ++n)
      for (std::size_t i = 0; i < Source::shape::extents[0]; ++i)
        for (std::size_t j = 0; j < Source::shape::extents[1]; ++j)
          all.insert(source.data + n * Source::batch_stride + i * Source::steps::values[0] +
                     j * Source::steps::values[1]);
    return all;
  };
  const auto check = [&](const auto& a, const auto& b) {
    bool shared = false;
    const auto in_a = addresses(a);
    for (const float* address : addresses(b)) shared = shared || in_a.contains(address);
    CHECK(share_elements(a, b) == shared);
    CHECK(share_elements(b, a) == shared);
  };
  const auto slices = [&](std::size_t begin, std::size_t count, const auto& body) {
    const auto part = batch.subbatch(begin, count);
    body(slice<0, 0, 5>(part));
    body(slice<0, 1, 2>(part));
    body(slice<0, 3, 5>(part));
    body(slice<1, 0, 3>(part));
    body(slice<1, 3, 7>(part));
    body(slice<0, 2, 4>(slice<1, 2, 4>(part)));
  };
  for (const std::size_t begin : {0, 3, 5})
    for (const std::size_t count : {1, 2, 4})
      slices(begin, count, [&](const auto& a) { slices(4, 3, [&](const auto& b) { check(a, b); }); });
}
