// SPDX-License-Identifier: MIT
#include "odot/core/random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace odot;

namespace {

using Words = std::array<std::uint32_t, 4>;

/// Philox4x32-10 as the paper writes it, round by round, to be compared with Random.
Words philox4x32(Words counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{counter[0]} * 0xD2511F53u;
    const std::uint64_t product1 = std::uint64_t{counter[2]} * 0xCD9E8D57u;
    const auto high = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
    const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1), high(product0) ^ counter[3] ^ key[1],
               low(product0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

}  // namespace

TEST_CASE("the reference gives the known answers of the Random123 library") {
  CHECK(philox4x32({}, {}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("bits are Philox's words: index / 2 below, stream above in the counter, seed in the key") {
  constexpr Random zero(Seed{0}, 0);
  static_assert(zero.bits(0) == 0x6627e8d5'e169c58d && zero.bits(1) == 0xbc57ac4c'9b00dbd8);
  constexpr std::array<std::uint64_t, 5> numbers{0, 1, 0x03707344'13198a2e, 0x7fffffff'ffffffff, 0xffffffff'ffffffff};
  const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  for (const std::uint64_t seed : numbers)
    for (const std::uint64_t stream : numbers)
      for (const std::uint64_t index : numbers) {
        const std::uint64_t block = index / 2;
        const Words words =
            philox4x32({low(block), low(block >> 32), low(stream), low(stream >> 32)}, {low(seed), low(seed >> 32)});
        const std::size_t at = index % 2 * 2;
        CHECK(Random(Seed{seed}, stream).bits(index) == (std::uint64_t{words[at]} << 32 | words[at + 1]));
      }
}

TEST_CASE("words are the halves of bits, the high one first, across a carry of the counter too") {
  const Random random(Seed{0x0123456789ABCDEFull}, 0xFEDCBA9876543210ull);
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{6}, (std::uint64_t{1} << 33) - 4}) {
    std::uint32_t words[20];
    random.words<5>(index, words);
    for (std::uint64_t i = 0; i < 10; ++i) {
      const std::uint64_t bits = (std::uint64_t{words[2 * i]} << 32) | words[2 * i + 1];
      CHECK(bits == random.bits(index + i));
    }
  }
}

TEST_CASE("uniform numbers lie strictly between 0 and 1 and spread evenly") {
  const Random random(Seed{7}, 3);
  std::array<int, 20> bins{};
  constexpr int count = 200'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double u = random.uniform(i);
    REQUIRE((u > 0 && u < 1));
    ++bins[static_cast<std::size_t>(u * 20)];
  }
  double chi_square = 0;
  for (const int bin : bins) chi_square += (bin - count / 20.0) * (bin - count / 20.0) / (count / 20.0);
  CHECK(chi_square < 43.8);  // 19 degrees of freedom, p = 0.001
}

TEST_CASE("below is the high half of word times count") {
  const Random random(Seed{11}, 5);
  __extension__ using Wide = unsigned __int128;
  for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{10}, std::uint64_t{0xffffffff},
                                    std::uint64_t{0x1'0000'0001}, ~std::uint64_t{0}})
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const auto expected = static_cast<std::uint64_t>(static_cast<Wide>(random.bits(i)) * count >> 64);
      REQUIRE(random.below(count, i) == expected);
      REQUIRE(expected < count);
    }
}

TEST_CASE("below reaches every number about equally often") {
  const Random random(Seed{12}, 0);
  std::array<int, 7> counts{};
  for (std::uint64_t i = 0; i < 70'000; ++i) ++counts[random.below(7, i)];
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 400);
}

TEST_CASE("quantiles of the normal distribution match values known to 20 digits") {
  struct Known {
    double p, quantile;
  };
  const std::vector<Known> known{
      {0.500001, 2.5066282747057051991e-6}, {0.3, -0.52440051270804081597},  {0.7, 0.52440051270804065631},
      {0.25, -0.6744897501960817432},       {0.075, -1.4395314709384559349}, {0.0750001, -1.4395307645017296865},
      {0.925, 1.4395314709384562291},       {0.01, -2.3263478740408410931},  {0.99, 2.3263478740408407676},
      {1e-3, -3.0902323061678135354},       {0.9999, 3.7190164854557083867}, {1e-5, -4.2648907939228246102},
      {1e-9, -5.9978070150076868614},       {1e-12, -7.0344838253011319326}, {0x1p-53, -8.2095361516013868556},
      {1 - 0x1p-53, 8.2095361516013868556}};
  CHECK(detail::normal_quantile(0.5) == 0);
  for (const Known& at : known) {
    CAPTURE(at.p);
    CHECK(std::abs(detail::normal_quantile(at.p) - at.quantile) <= 1e-15 * std::abs(at.quantile));
  }
}

TEST_CASE("the logarithm behind the quantiles is the natural one") {
  for (const double x : {0x1p-53, 1e-12, 1e-3, 0.074, 0.5, 0.7071, 0.7072, 0.999, 1.0, 2.0, 1e10}) {
    CAPTURE(x);
    CHECK(std::abs(detail::portable_log(x) - std::log(x)) <= 4e-16 * std::abs(std::log(x)));
  }
}

TEST_CASE("normal numbers have the moments of the standard normal distribution") {
  const Random random(Seed{42}, 1);
  constexpr std::uint64_t count = 400'000;
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double z = random.normal(i);
    REQUIRE(std::isfinite(z));
    m1 += z / count;
    m2 += z * z / count;
    m3 += z * z * z / count;
    m4 += z * z * z * z / count;
  }
  CHECK(std::abs(m1) <= 0.008);  // five standard errors each
  CHECK(std::abs(m2 - 1) <= 0.012);
  CHECK(std::abs(m3) <= 0.031);
  CHECK(std::abs(m4 - 3) <= 0.078);
}

TEST_CASE("normal numbers have the same bits everywhere") {
  const Random random(Seed{2026}, 9);
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a over 64-bit words
  for (std::uint64_t i = 0; i < 10'000; ++i)
    hash = (hash ^ std::bit_cast<std::uint64_t>(random.normal(i))) * 0x100000001b3;
  CHECK(hash == 0xb179dd52ed4b15e3);
}

TEST_CASE("seed, stream and index each give other numbers") {
  const std::uint64_t bits = Random(Seed{1}, 2).bits(3);
  CHECK(Random(Seed{1}, 2).bits(3) == bits);
  CHECK(Random(Seed{2}, 2).bits(3) != bits);
  CHECK(Random(Seed{1}, 3).bits(3) != bits);
  CHECK(Random(Seed{1}, 2).bits(4) != bits);
}
