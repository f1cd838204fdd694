// SPDX-License-Identifier: MIT
#include "odot/data/loader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <vector>

#include "core/allocations.hpp"
#include "data/small_sets.hpp"
#include "odot/core/random.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Images = data::Dataset<Shape<1, 2, 3>>;
static_assert(!std::is_constructible_v<data::Loader<Images>, Images, std::size_t>, "a temporary set would be gone");

/// The numbers of the samples, batch after batch.
template <class Loader>
std::vector<std::int32_t> order(const Loader& loader) {
  std::vector<std::int32_t> all;
  for (std::size_t b = 0; b < loader.count(); ++b)
    for (const std::size_t sample : loader.samples(b)) all.push_back(static_cast<std::int32_t>(sample));
  return all;
}

/// What a stored value must become.
template <class Scalar, class Value>
auto expected(Value value) {
  if constexpr (std::is_same_v<Value, std::uint8_t>) return static_cast<Scalar>(value) / Scalar{255};
  else if constexpr (std::is_same_v<Value, std::int32_t>) return value;
  else return static_cast<Scalar>(value);
}

/// Every batch of a shuffled set brings its samples, targets and lengths.
template <class Scalar, class Set>
void check_batches(const Set& set, std::size_t batch_size) {
  data::Loader<Set, Scalar> loader(set, batch_size);
  Workspace<Cpu> workspace(2);
  loader.shuffle(Seed{1}, 3);
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    REQUIRE(batch.x.samples() == loader.size(b));
    constexpr std::size_t each = Set::target_shape::size;
    REQUIRE(batch.targets.size() == each * loader.size(b));
    REQUIRE((batch.lengths == nullptr) == set.lengths.empty());
    for (std::size_t n = 0; n < loader.size(b); ++n) {
      const std::size_t sample = loader.samples(b)[n];
      for (std::size_t i = 0; i < Set::shape::size; ++i)
        REQUIRE(batch.x[n].data()[i] == expected<Scalar>(set.sample(sample)[i]));
      for (std::size_t i = 0; i < each; ++i) REQUIRE(batch.targets[each * n + i] == set.target(sample)[i]);
      if (batch.lengths) CHECK(batch.lengths[n] == set.lengths[sample]);
    }
  }
}

/// Values and targets drawn at random.
template <class Set>
Set random_set(std::size_t samples, bool with_lengths) {
  const Random random(Seed{samples}, 7);
  Set set{.name = "random"};
  using Value = typename Set::value;
  for (std::size_t i = 0; i < samples * Set::shape::size; ++i)
    set.values.push_back(std::is_integral_v<Value> ? static_cast<Value>(random.bits(i))
                                                   : static_cast<Value>(random.normal(i)));
  for (std::size_t i = 0; i < samples * Set::target_shape::size; ++i)
    set.targets.push_back(static_cast<typename Set::target_number>(random.below(100, 1'000'000 + i)));
  for (std::size_t i = 0; with_lengths && i < samples; ++i) set.lengths.push_back(static_cast<std::int32_t>(1 + i % 3));
  return set;
}

}  // namespace

TEST_CASE("batches hold every sample, the last what remains") {
  const Images set = numbered_images(10);
  data::Loader loader(set, 4);
  static_assert(std::is_same_v<decltype(loader), data::Loader<Images, float, Cpu>>);
  CHECK(loader.count() == 3);
  CHECK(loader.size(0) == 4);
  CHECK(loader.size(2) == 2);
  const auto batch = loader.load(2);
  CHECK(batch.x.samples() == 2);
  CHECK(std::ranges::equal(batch.targets, std::vector<std::int32_t>{8, 9}));
  CHECK(data::Loader(set, 5).count() == 2);
  CHECK(data::Loader(set, 10).count() == 1);
  CHECK(data::Loader(set, 1).count() == 10);
}

TEST_CASE_TEMPLATE("batches bring samples, targets and lengths of any kind of set", Scalar, float, double) {
  check_batches<Scalar>(numbered_images(50), 16);
  check_batches<Scalar>(numbered_sequences(40), 16);
  check_batches<Scalar>(numbered_windows(23), 5);
  check_batches<Scalar>(numbered_tokens(17), 6);
  for (const std::size_t samples : {1u, 7u, 64u, 131u}) {
    CAPTURE(samples);
    const std::size_t batch = std::max<std::size_t>(samples / 3, 1);
    check_batches<Scalar>(random_set<data::Dataset<Shape<5>, float>>(samples, false), batch);
    check_batches<Scalar>(random_set<data::Dataset<Shape<3, 1>, double>>(samples, true), batch);
    check_batches<Scalar>(random_set<data::Dataset<Shape<3, 5, 7>, std::uint8_t, Shape<2>>>(samples, true), batch);
    check_batches<Scalar>(random_set<data::Dataset<Shape<17>, std::int32_t, Shape<2, 3>>>(samples, false), batch);
    check_batches<Scalar>(random_set<data::Dataset<Shape<>, float, Shape<>>>(samples, false), batch);
  }
}

TEST_CASE("without a shuffle the order is the set's own; a shuffle is a permutation, and not the identity") {
  const Images set = numbered_images(1000);
  data::Loader loader(set, 64);
  CHECK(order(loader) == set.targets);
  loader.shuffle(Seed{1}, 0);
  std::vector<std::int32_t> shuffled = order(loader);
  CHECK(shuffled != set.targets);
  std::ranges::sort(shuffled);
  CHECK(shuffled == set.targets);
}

TEST_CASE("the order is a function of seed and epoch, whatever was shuffled before") {
  const Images set = numbered_images(100);
  data::Loader a(set, 32), b(set, 7);
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
  const Images set = numbered_images(10);
  data::Loader loader(set, 10);
  loader.shuffle(Seed{1}, 0);
  CHECK(order(loader) == std::vector<std::int32_t>{4, 5, 6, 0, 8, 9, 2, 3, 7, 1});
}

TEST_CASE("every sample comes to every place about equally often") {
  const Images set = numbered_images(5);
  data::Loader loader(set, 5);
  std::vector<int> counts(25);
  for (std::uint64_t epoch = 0; epoch < 5000; ++epoch) {
    loader.shuffle(Seed{3}, epoch);
    for (std::size_t place = 0; place < 5; ++place) ++counts[loader.samples(0)[place] * 5 + place];
  }
  for (const int count : counts) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("any number of threads loads the same batch") {
  const auto set = random_set<data::Dataset<Shape<3, 32, 32>>>(200, false);
  data::Loader loader(set, 200);
  Workspace<Cpu> alone(1);
  const auto loaded = loader.load(0, alone);
  const std::vector<float> one(loaded.x.begin(), loaded.x.end());
  for (const int threads : {2, 5}) {
    Workspace<Cpu> workspace(threads);
    CHECK(std::ranges::equal(loader.load(0, workspace).x.span(), one));
  }
}

TEST_CASE("after the first batch nothing is allocated") {
  const auto set = numbered_sequences(100);
  data::Loader loader(set, 32);
  Workspace<Cpu> workspace(1);
  loader.load(0, workspace);
  const std::size_t before = test::allocations();
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    loader.shuffle(Seed{1}, epoch);
    for (std::size_t b = 0; b < loader.count(); ++b) loader.load(b, workspace);
  }
  CHECK(test::allocations() == before);
}

TEST_CASE("a set is one batch, in order") {
  const Images set = numbered_images(60);
  const Batch<Shape<1, 2, 3>> batch = data::batch_of(set);
  REQUIRE(batch.samples() == 60);
  for (std::size_t i = 0; i < batch.size(); ++i) CHECK(batch.data()[i] == static_cast<float>(set.values[i]) / 255.0f);
  const Batch<Shape<4, 2>, double> sequences = data::batch_of<double>(numbered_sequences(3));
  CHECK(sequences[2](2, 1) == 205);
  const Batch<Shape<5>, std::int32_t> tokens = data::batch_of(numbered_tokens(2));
  CHECK(tokens[1](4) == 70'004);
  CHECK(data::batch_of(numbered_images(0)).samples() == 0);
}

TEST_CASE("rejects batch sizes that can't be, with both numbers and what to do") {
  const Images set = numbered_images(10), empty = numbered_images(0);
  CHECK_THROWS_WITH_AS(data::Loader(set, 0),
                       "odot::data: batches of \"numbered\": batch size 0 does not fit 10 samples; choose a batch size "
                       "from 1 to the number of samples",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(
      data::Loader(set, 11),
      "odot::data: batches of \"numbered\": batch size 11 does not fit 10 samples; choose a batch size "
      "from 1 to the number of samples",
      ArgumentError);
  CHECK_THROWS_AS(data::Loader(empty, 1), ArgumentError);
}

TEST_CASE("rejects a set whose arrays are not of as many samples") {
  Images images = numbered_images(10);
  images.values.pop_back();
  CHECK_THROWS_WITH_AS(data::Loader(images, 5),
                       "odot::data::Dataset \"numbered\": 10 samples need 60 values, but there are 59", ArgumentError);
  CHECK_THROWS_AS(data::batch_of(images), ArgumentError);
  auto sequences = numbered_sequences(6);
  sequences.lengths.pop_back();
  CHECK_THROWS_WITH_AS(data::Loader(sequences, 2),
                       "odot::data::Dataset \"numbered\": 6 samples need 6 lengths, but there are 5", ArgumentError);
  auto windows = numbered_windows(3);
  windows.targets.pop_back();
  CHECK_THROWS_AS(data::Loader(windows, 1), ArgumentError);
}

TEST_CASE("rejects a batch that there is not") {
  const Images set = numbered_images(10);
  data::Loader loader(set, 4);
  CHECK_THROWS_WITH_AS(loader.load(3), "odot::data::Loader::load: there is no batch 3; batches are 0 to 2",
                       ArgumentError);
}
