#pragma once
// SPDX-License-Identifier: MIT
// Augmented pictures by definition, pixel by pixel in double, for the tests of both devices.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/data/augment.hpp"
#include "odot/data/mixed.hpp"
#include "support/difference.hpp"

namespace odot::test {

using Picture = Shape<2, 7, 11>;
template <class Value>
using Pictures = data::Dataset<Picture, Value>;

template <class Value>
Pictures<Value> pictures(std::size_t samples) {
  Pictures<Value> set{.name = "pictures"};
  for (std::size_t i = 0; i < samples * Picture::size; ++i) {
    const double unit = static_cast<double>(Random(Seed{5}).below(256, i));
    set.values.push_back(static_cast<Value>(std::is_same_v<Value, std::uint8_t> ? unit : unit / 256 - 0.5));
  }
  for (std::size_t n = 0; n < samples; ++n) set.targets.push_back(static_cast<std::int32_t>(n * 7 % 5));
  return set;
}

/// Sample n of a set, changed as in the epoch. The table of changes is the library's, and so is Beta's number.
template <class Value>
std::vector<double> expected_picture(const Pictures<Value>& set, const data::AugmentOptions& o, Seed seed,
                                     std::uint64_t epoch, std::size_t n) {
  constexpr int H = 7, W = 11;
  const auto change = data::detail::picture_change(o, H, W, Random(seed, data::detail::augment_stream + epoch), n);
  std::vector<double> picture;
  const auto inside = [&](int at, int extent) {
    if (at >= 0 && at < extent) return at;
    if (o.border == data::Border::fill) return -1;
    if (o.border == data::Border::edge) return at < 0 ? 0 : extent - 1;
    return std::clamp(at < 0 ? -at : 2 * (extent - 1) - at, 0, extent - 1);
  };
  for (int c = 0; c < 2; ++c)
    for (int i = 0; i < H; ++i)
      for (int j = 0; j < W; ++j) {
        // Of the mirrored picture.
        const auto pixel = [&](int row, int column) {
          row = inside(row, H);
          column = inside(column, W);
          if (row < 0 || column < 0) return o.fill;
          if (change.flip) column = W - 1 - column;
          const double value = static_cast<double>(set.sample(n)[static_cast<std::size_t>((c * H + row) * W + column)]);
          return std::is_same_v<Value, std::uint8_t> ? value / 255 : value;
        };
        const double share = double{change.share}, top = double{change.top}, left = double{change.left};
        const double y = share * i + top - change.down - (H - 1) / 2.0,
                     x = share * j + left - change.right - (W - 1) / 2.0;
        const double cosine = double{change.cosine}, sine = double{change.sine};
        const double row = cosine * y - sine * x + (H - 1) / 2.0, column = cosine * x + sine * y + (W - 1) / 2.0;
        const double r = std::floor(row), q = std::floor(column), down = row - r, right = column - q;
        const int a = static_cast<int>(r), b = static_cast<int>(q);
        double value = pixel(a, b);
        if (o.rotation > 0 || o.crop < 1)
          value = (1 - down) * ((1 - right) * pixel(a, b) + right * pixel(a, b + 1)) +
                  down * ((1 - right) * pixel(a + 1, b) + right * pixel(a + 1, b + 1));
        const int size = static_cast<int>(o.cutout);
        if (i >= change.cut_top && i < change.cut_top + size && j >= change.cut_left && j < change.cut_left + size)
          value = o.fill;
        if (!o.mean.empty()) {
          const auto channel = static_cast<std::size_t>(c);
          value = (value - o.mean[channel]) / o.deviation[channel];
        }
        picture.push_back(value);
      }
  return picture;
}

inline std::vector<data::AugmentOptions> augmentations() {
  using data::Border;
  return {{.flip = 0.5},
          {.shift = 3},
          {.flip = 0.5, .shift = 6, .border = Border::edge},
          {.flip = 0.5, .shift = 6, .border = Border::reflect, .fill = 0.25},
          {.cutout = 4, .fill = 0.5},
          {.rotation = 25},
          {.rotation = 180, .border = Border::edge},
          {.crop = 0.75},
          {.flip = 0.5, .rotation = 72, .shift = 1, .crop = 0.8, .border = Border::reflect},
          {.flip = 0.5, .rotation = 40, .shift = 2, .border = Border::reflect},
          {.flip = 0.3, .rotation = 15, .shift = 2, .cutout = 3, .fill = -1, .mean = {0.2, 0.5}, .deviation = {0.5, 2}},
          {.mean = {0.2, 0.5}, .deviation = {0.5, 2}}};
}

/// Every case's pictures in two epochs, on a device, in batches of 9.
template <DeviceType Device, class Value, class Scalar>
void check_augmented(int threads = 2) {
  const Pictures<Value> set = pictures<Value>(40);
  Workspace<Device> workspace(threads);
  std::size_t number = 0;
  for (const data::AugmentOptions& options : augmentations()) {
    CAPTURE(number);
    ++number;
    const auto changed = data::augmented(set, options);
    data::Loader<data::Augmented<Pictures<Value>>, Scalar, Device> loader(changed, 9);
    for (const std::uint64_t epoch : {1u, 2u}) {
      loader.shuffle(Seed{3}, epoch);
      for (std::size_t b = 0; b < loader.count(); ++b) {
        const auto batch = loader.load(b, workspace);
        const auto x = on_host<Device>(std::span<const Scalar>(batch.x.span()));
        const auto labels = on_host<Device>(batch.targets);
        for (std::size_t i = 0; i < batch.x.samples(); ++i) {
          const std::size_t n = loader.samples(b)[i];
          CHECK(labels[i] == set.targets[n]);
          const std::vector<Scalar> found(x.begin() + static_cast<std::ptrdiff_t>(i * Picture::size),
                                          x.begin() + static_cast<std::ptrdiff_t>((i + 1) * Picture::size));
          CHECK(difference(found, expected_picture(set, options, Seed{3}, epoch, n),
                           std::is_same_v<Scalar, double> ? 1e-7 : 1e-5) == "");
        }
      }
    }
  }
}

/// Mixed pictures and their targets.
template <DeviceType Device>
void check_mixed() {
  const Pictures<std::uint8_t> set = pictures<std::uint8_t>(40);
  const data::MixOptions options{.alpha = 0.4, .augment = {.flip = 0.5, .shift = 2}};
  const auto changed = data::mixed<5>(set, options);
  Workspace<Device> workspace;
  data::Loader<data::Mixed<Pictures<std::uint8_t>, 5>, float, Device> loader(changed, 9);
  loader.shuffle(Seed{3}, 2);
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    const auto x = on_host<Device>(std::span<const float>(batch.x.span()));
    const auto targets = on_host<Device>(batch.targets);
    for (std::size_t i = 0; i < batch.x.samples(); ++i) {
      const std::size_t n = loader.samples(b)[i];
      const auto mixture = data::detail::mixture(0.4, 40, Random(Seed{3}, data::detail::mix_stream + 2), n);
      const double share = double{mixture.share};
      std::vector<double> picture = expected_picture(set, options.augment, Seed{3}, 2, n), probabilities(5);
      const std::vector<double> partner = expected_picture(set, options.augment, Seed{3}, 2, mixture.partner);
      for (std::size_t p = 0; p < picture.size(); ++p) picture[p] = share * picture[p] + (1 - share) * partner[p];
      probabilities[static_cast<std::size_t>(set.targets[n])] += share;
      probabilities[static_cast<std::size_t>(set.targets[mixture.partner])] += 1 - share;
      CHECK(difference(std::span(x).subspan(i * Picture::size, Picture::size), picture, 1e-6) == "");
      CHECK(difference(std::span(targets).subspan(i * 5, 5), probabilities, 1e-6) == "");
    }
  }
}

}  // namespace odot::test
