// SPDX-License-Identifier: MIT
#include "odot/kernels/parallel/cpu/packed.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/number_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("registers of floats compute as the C++ library does, over their whole range") {
  check_number<kernels::Packed<float>, kernels::detail::PackedAccess<float>>(4);
}

TEST_CASE("registers of doubles compute as the C++ library does, over their whole range") {
  check_number<kernels::Packed<double>, kernels::detail::PackedAccess<double>>(4);
}

TEST_CASE("a number's result does not depend on its lane, nor on what lies beside it") {
  const auto check = [&]<class S>(S) {
    using Number = kernels::Packed<S>;
    using Access = kernels::detail::PackedAccess<S>;
    constexpr std::size_t L = Number::count;
    const std::vector<S> x = numbers_of_every_size<S>(1999);
    const auto functions = [](const Number& a) {
      const auto normal = normal_distribution(a);
      return std::vector<Number>{exp(a),        log(a), sqrt(a), log1p(a), tanh(a), sin(a), cos(a), normal.probability,
                                 normal.density};
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::vector<std::vector<S>> alone;
      for (const Number& y : functions(Number(x[i]))) {
        alone.emplace_back(L);
        kernels::simd::store(alone.back().data(), Access::packet(y));
      }
      for (std::size_t lane = 0; lane < L; ++lane) {
        std::vector<S> beside(L);
        for (std::size_t l = 0; l < L; ++l) beside[l] = x[(i + 17 * ((l + L - lane) % L)) % x.size()];
        const std::vector<Number> all = functions(Access::template load<true>(beside.data(), L));
        for (std::size_t f = 0; f < all.size(); ++f) {
          std::vector<S> values(L);
          kernels::simd::store(values.data(), Access::packet(all[f]));
          CAPTURE(f);
          CAPTURE(x[i]);
          if (values[lane] == values[lane]) REQUIRE(values[lane] == alone[f][lane]);
          else REQUIRE(alone[f][lane] != alone[f][lane]);
        }
      }
    }
  };
  check(float{});
  check(double{});
}
