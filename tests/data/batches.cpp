// SPDX-License-Identifier: MIT
#include "odot/data/batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "core/allocations.hpp"

using namespace odot;

namespace {

using S = Shape<1, 2, 3>;
using Set = data::Dataset<S>;
static_assert(!std::is_constructible_v<data::Batches<S>, Set, std::size_t>, "a temporary set would be gone at once");

/// Sample i has label i and pixels 6 i … 6 i + 5, modulo 256.
Set numbered(std::size_t samples) {
  Set set{"numbered", samples, std::vector<std::uint8_t>(samples * S::size), std::vector<std::int32_t>(samples)};
  std::iota(set.pixels.begin(), set.pixels.end(), std::uint8_t{0});
  std::iota(set.labels.begin(), set.labels.end(), 0);
  return set;
}

/// The labels of all batches, which in a numbered set are the order of its samples.
std::vector<std::int32_t> order(const data::Batches<S>& batches) {
  Batch<S> x;
  std::vector<std::int32_t> labels, all;
  for (std::size_t i = 0; i < batches.count(); ++i) {
    batches.load(i, x, labels);
    all.insert(all.end(), labels.begin(), labels.end());
  }
  return all;
}

}  // namespace

TEST_CASE("batches hold every sample, the last what remains") {
  const Set set = numbered(10);
  const data::Batches<S> batches(set, 4);
  CHECK(batches.count() == 3);
  CHECK(batches.size(0) == 4);
  CHECK(batches.size(2) == 2);
  Batch<S> x;
  std::vector<std::int32_t> labels;
  batches.load(2, x, labels);
  CHECK(x.samples() == 2);
  CHECK(labels == std::vector<std::int32_t>{8, 9});
}

TEST_CASE("a batch size that divides the set leaves no partial batch") {
  const Set set = numbered(8);
  CHECK(data::Batches<S>(set, 4).count() == 2);
  CHECK(data::Batches<S>(set, 4).size(1) == 4);
  CHECK(data::Batches<S>(set, 8).count() == 1);
  CHECK(data::Batches<S>(set, 1).count() == 8);
}

TEST_CASE("without a shuffle the order is the set's own") {
  const Set set = numbered(10);
  CHECK(order(data::Batches<S>(set, 4)) == set.labels);
}

TEST_CASE("a shuffle is a permutation of all samples, and not the identity") {
  const Set set = numbered(1000);
  data::Batches<S> batches(set, 64);
  batches.shuffle(Seed{1}, 0);
  std::vector<std::int32_t> shuffled = order(batches);
  CHECK(shuffled != set.labels);
  std::sort(shuffled.begin(), shuffled.end());
  CHECK(shuffled == set.labels);
}

TEST_CASE("the order is a function of seed and epoch, whatever was shuffled before") {
  const Set set = numbered(100);
  data::Batches<S> a(set, 32), b(set, 7);
  for (std::uint64_t epoch = 0; epoch < 7; ++epoch) a.shuffle(Seed{1}, epoch);
  a.shuffle(Seed{1}, 7);
  b.shuffle(Seed{1}, 7);
  const std::vector<std::int32_t> seventh = order(a);
  CHECK(order(b) == seventh);
  a.shuffle(Seed{1}, 8);
  CHECK(order(a) != seventh);
  a.shuffle(Seed{2}, 7);
  CHECK(order(a) != seventh);
}

TEST_CASE("the order of a seed is the same everywhere") {
  const Set set = numbered(10);
  data::Batches<S> batches(set, 10);
  batches.shuffle(Seed{1}, 0);
  CHECK(order(batches) == std::vector<std::int32_t>{4, 5, 6, 0, 8, 9, 2, 3, 7, 1});
}

TEST_CASE("every sample comes to every place about equally often") {
  const Set set = numbered(5);
  data::Batches<S> batches(set, 5);
  std::vector<int> counts(25);
  for (std::uint64_t epoch = 0; epoch < 5000; ++epoch) {
    batches.shuffle(Seed{3}, epoch);
    for (std::size_t place = 0; place < 5; ++place) ++counts[batches.samples(0)[place] * 5 + place];
  }
  for (const int count : counts) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("pixels become pixel / 255, exactly rounded, beside their labels") {
  const Set set = numbered(50);
  data::Batches<S> batches(set, 16);
  batches.shuffle(Seed{5}, 1);
  Batch<S, float> x;
  Batch<S, double> y;
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i < batches.count(); ++i) {
    batches.load(i, x, labels);
    batches.load(i, y, labels);
    REQUIRE(x.samples() == batches.size(i));
    for (std::size_t n = 0; n < x.samples(); ++n) {
      const std::size_t sample = batches.samples(i)[n];
      CHECK(labels[n] == set.labels[sample]);
      for (std::size_t at = 0; at < S::size; ++at) {
        REQUIRE(x[n][at] == static_cast<float>(set.sample(sample)[at]) / 255.0f);
        REQUIRE(y[n][at] == static_cast<double>(set.sample(sample)[at]) / 255.0);
      }
    }
  }
}

TEST_CASE("any number of threads loads the same batch") {
  using Wide = Shape<3, 32, 32>;
  data::Dataset<Wide> set{"wide", 10, std::vector<std::uint8_t>(200 * Wide::size), std::vector<std::int32_t>(200)};
  for (std::size_t i = 0; i < set.pixels.size(); ++i) set.pixels[i] = static_cast<std::uint8_t>(i * i / 7);
  std::iota(set.labels.begin(), set.labels.end(), 0);
  const data::Batches<Wide> batches(set, 200);
  Batch<Wide> one, many;
  std::vector<std::int32_t> labels_one, labels_many;
  batches.load(0, one, labels_one, 1);
  for (const int threads : {0, 2, 5}) {
    batches.load(0, many, labels_many, threads);
    CHECK(std::equal(one.span().begin(), one.span().end(), many.span().begin(), many.span().end()));
    CHECK(labels_many == labels_one);
  }
}

TEST_CASE("after the first full batch nothing is allocated") {
  const Set set = numbered(100);
  data::Batches<S> batches(set, 32);
  Batch<S> x;
  std::vector<std::int32_t> labels;
  batches.load(0, x, labels, 1);
  const std::size_t before = test::allocations();
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    batches.shuffle(Seed{1}, epoch);
    for (std::size_t i = 0; i < batches.count(); ++i) batches.load(i, x, labels, 2);
  }
  CHECK(test::allocations() == before);
}

TEST_CASE("rejects batch sizes that can't be, with both numbers and what to do") {
  const Set set = numbered(10);
  CHECK_THROWS_WITH_AS(data::Batches<S>(set, 0),
                       "odot::data: batches of \"numbered\": batch size 0 does not fit 10 samples; choose a batch size "
                       "from 1 to the number of samples",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(
      data::Batches<S>(set, 11),
      "odot::data: batches of \"numbered\": batch size 11 does not fit 10 samples; choose a batch size "
      "from 1 to the number of samples",
      ArgumentError);
  const Set empty = numbered(0);
  CHECK_THROWS_AS(data::Batches<S>(empty, 1), ArgumentError);
}

TEST_CASE("rejects a set whose pixels do not fit its labels") {
  Set set = numbered(10);
  set.pixels.pop_back();
  CHECK_THROWS_WITH_AS(
      data::Batches<S>(set, 5),
      "odot::data::Batches of \"numbered\": 10 labels need 10 × [1, 2, 3] pixels, 60, but there are 59", ArgumentError);
}

TEST_CASE("rejects a batch that there is not") {
  const Set set = numbered(10);
  const data::Batches<S> batches(set, 4);
  Batch<S> x;
  std::vector<std::int32_t> labels;
  CHECK_THROWS_WITH_AS(batches.load(3, x, labels), "odot::data::Batches::load: there is no batch 3; batches are 0 to 2",
                       ArgumentError);
}
