// SPDX-License-Identifier: MIT
#include "odot/data/augment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/optim/adam.hpp"
#include "odot/train/fit.hpp"
#include "support/augment_cases.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("pictures of bytes and of floats are changed as defined") {
  check_augmented<Cpu, std::uint8_t, float>();
  check_augmented<Cpu, float, double>(1);
  check_mixed<Cpu>();
}

namespace {

/// All pictures of an epoch by their numbers in the set.
template <class Set>
std::map<std::size_t, std::vector<float>> all_of(const Set& set, std::size_t batch_size, int threads, Seed seed,
                                                 std::uint64_t epoch) {
  Workspace<Cpu> workspace(threads);
  data::Loader<Set> loader(set, batch_size);
  loader.shuffle(seed, epoch);
  std::map<std::size_t, std::vector<float>> pictures;
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    for (std::size_t i = 0; i < batch.x.samples(); ++i)
      pictures[loader.samples(b)[i]] = {batch.x[i].data(), batch.x[i].data() + Set::shape::size};
  }
  return pictures;
}

}  // namespace

TEST_CASE("a picture depends only on seed, epoch and its number, in any batch and on any number of threads") {
  const auto set = pictures<std::uint8_t>(30);
  const auto check = [](const auto& changed) {
    const auto first = all_of(changed, 7, 1, Seed{1}, 3);
    CHECK(first.size() == 30);
    CHECK(all_of(changed, 30, 3, Seed{1}, 3) == first);
    CHECK(all_of(changed, 1, 2, Seed{1}, 3) == first);
    for (const auto& [n, picture] : all_of(changed, 7, 1, Seed{1}, 4)) CHECK(picture != first.at(n));
    for (const auto& [n, picture] : all_of(changed, 7, 1, Seed{2}, 3)) CHECK(picture != first.at(n));
  };
  check(data::augmented(set, {.rotation = 20}));
  check(data::mixed<5>(set, {.alpha = 1, .augment = {.rotation = 20, .cutout = 2}}));
}

TEST_CASE("without options, or before a draw, pictures are the set's own, bit for bit") {
  const auto set = pictures<std::uint8_t>(30);
  Workspace<Cpu> workspace(1);
  data::Loader plain(set, 30);
  const auto check = [&](const data::AugmentOptions& options, bool shuffled) {
    const auto changed = data::augmented(set, options);
    data::Loader<data::Augmented<Pictures<std::uint8_t>>> loader(changed, 30);
    plain.shuffle(Seed{1}, 1);
    if (shuffled) loader.shuffle(Seed{1}, 1);
    else plain = data::Loader(set, 30);
    CHECK(std::ranges::equal(loader.load(0, workspace).x.span(), plain.load(0, workspace).x.span()));
  };
  check({}, true);
  check({.flip = 0.5, .rotation = 30, .shift = 2, .cutout = 3}, false);  // evaluations do not shuffle
}

TEST_CASE("draws have their distributions") {
  constexpr std::size_t many = 20'000;
  const data::AugmentOptions options{.flip = 0.25, .rotation = 30, .shift = 2, .cutout = 5};
  const Random random(Seed{1}, 1), other(Seed{1}, 2);
  std::map<int, int> moves;
  double flips = 0, angles = 0, squares = 0, shares = 0, share_squares = 0, partners = 0;
  int top = 100, bottom = -100;
  for (std::size_t n = 0; n < many; ++n) {
    const auto change = data::detail::picture_change(options, 28, 28, random, n);
    ++moves[change.down];
    flips += change.flip;
    const double angle = std::atan2(double{change.sine}, double{change.cosine}) * 180 / std::numbers::pi;
    CHECK(std::abs(angle) <= 30.0001);
    angles += angle / many;
    squares += angle * angle / many;
    top = std::min(top, change.cut_top);
    bottom = std::max(bottom, change.cut_top);
    const auto mixture = data::detail::mixture(0.4, 1000, other, n);
    shares += double{mixture.share} / many;
    share_squares += double{mixture.share} * double{mixture.share} / many;
    partners += static_cast<double>(mixture.partner) / many;
  }
  CHECK(moves.size() == 5);
  for (const auto& [by, count] : moves) CHECK(std::abs(count - 4000) <= 250);
  CHECK(std::abs(flips / many - 0.25) <= 0.015);
  CHECK(std::abs(angles) <= 0.5);
  CHECK(std::abs(squares - 300) <= 10);  // 30²/3
  CHECK(top == -2);
  CHECK(bottom == 25);
  // Beta(α, α): mean 1/2, variance 1/(4 (2α + 1))
  CHECK(std::abs(shares - 0.5) <= 0.01);
  CHECK(std::abs(share_squares - 0.25 - 1 / (4 * 1.8)) <= 0.01);
  CHECK(std::abs(partners - 499.5) <= 10);
}

TEST_CASE("a crop is a part of the picture at a random place, and reaches every edge") {
  const data::AugmentOptions options{.crop = 0.8};
  const Random random(Seed{1}, 1);
  double least = 100, most = -100, mean = 0;
  for (std::size_t n = 0; n < 10'000; ++n) {
    const auto change = data::detail::picture_change(options, 32, 21, random, n);
    CHECK(change.share == 0.8f);
    CHECK((change.left >= 0 && change.left <= 4.0001f));  // of 20 steps between the pixels, 16 are seen
    least = std::min(least, double{change.top});
    most = std::max(most, double{change.top});
    mean += double{change.top} / 10'000;
  }
  CHECK((least >= 0 && least < 0.01));
  CHECK((most <= 6.2001 && most > 6.19));
  CHECK(std::abs(mean - 3.1) <= 0.1);
}

TEST_CASE("fit trains on changed and mixed pictures, and evaluates on those of the second set") {
  const SmallSplit data = small_data(600, 200);
  const auto train = [&](const auto& loss, const auto& set) {
    SmallNetwork network{Seed{1}};
    optim::Adam adam{{.learning_rate = 0.01}};
    return fit(network, adam, loss, set, data.test, {.epochs = 6, .batch_size = 50});
  };
  const TrainingReport plain = train(nn::CrossEntropy{}, data.train);
  const TrainingReport none = train(nn::CrossEntropy{}, data::augmented(data.train, {}));
  CHECK(none.test_loss == plain.test_loss);
  const TrainingReport moved = train(nn::CrossEntropy{}, data::augmented(data.train, {.shift = 1}));
  CHECK(moved.test_loss != plain.test_loss);
  CHECK(moved.accuracy > 20);
  const TrainingReport mixed =
      train(nn::SoftCrossEntropy{.label_smoothing = 0.05}, data::mixed<10>(data.train, {.augment = {.shift = 1}}));
  CHECK(mixed.accuracy > 20);
  CHECK(mixed.epochs.back().train_accuracy > 20);
  CHECK(mixed.test_loss > 0);
}

TEST_CASE("impossible augmentations are refused") {
  const auto set = pictures<std::uint8_t>(10);
  const auto refuses = [&](const data::AugmentOptions& options) {
    const auto changed = data::augmented(set, options);
    CHECK_THROWS_AS((data::Loader<data::Augmented<Pictures<std::uint8_t>>>(changed, 2)), ArgumentError);
  };
  const double nan = std::nan("");
  for (const data::AugmentOptions& options : std::vector<data::AugmentOptions>{{.flip = 1.5},
                                                                               {.flip = nan},
                                                                               {.rotation = -1},
                                                                               {.rotation = 181},
                                                                               {.shift = 7},
                                                                               {.crop = 0},
                                                                               {.crop = 1.25},
                                                                               {.crop = nan},
                                                                               {.cutout = 7},
                                                                               {.fill = nan},
                                                                               {.mean = {1, 2}},
                                                                               {.mean = {1}, .deviation = {1}},
                                                                               {.mean = {1, 2}, .deviation = {1, 0}}})
    refuses(options);
  const auto check = [&](const auto& changed) {
    CHECK_THROWS_AS((data::Loader<std::remove_cvref_t<decltype(changed)>>(changed, 2)), ArgumentError);
  };
  check(data::mixed<5>(set, {.alpha = 0}));
  check(data::mixed<4>(set, {}));  // a label of 4
  const auto changed = data::augmented(set, {.shift = 7});
  CHECK_THROWS_WITH_AS((data::Loader<data::Augmented<Pictures<std::uint8_t>>>(changed, 2)),
                       "odot::data::augmented: shift: expected fewer than 7 pixels, found 7", ArgumentError);
}

TEST_CASE("pictures of one row or one column are rotated without reading outside them") {
  const auto check = [](auto shape) {
    using S = decltype(shape);
    data::Dataset<S, float> set;
    set.values.assign(S::size, 0.5f);  // one picture: beside it lies nothing
    set.targets = {0};
    for (const auto& [n, picture] :
         all_of(data::augmented(set, {.rotation = 180, .border = data::Border::edge}), 1, 1, Seed{1}, 1))
      CHECK(picture == std::vector<float>(S::size, 0.5f));
  };
  check(Shape<1, 1, 7>{});
  check(Shape<1, 5, 1>{});
  check(Shape<1, 1, 1>{});
}
