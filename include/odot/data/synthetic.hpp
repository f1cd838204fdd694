#pragma once
// SPDX-License-Identifier: MIT
// The built-in dataset: ten kinds of figures, drawn by the program, so that everything can be tried without a file.
//
// A sample is one figure at a random place, size, tilt, brightness and, in colour images, colour, under noise: disc,
// ring, square, frame, triangle, cross, saltire, stripes, bars or checkers. A softmax classifier of the pixels is right
// on about half of the test samples; two small convolutions, pooling and a linear layer (15,000 parameters) on 98 %
// after five epochs. Such results show that training works and say nothing about real images.
//
// All arithmetic is on integers and all randomness counter-based: a sample is a pure function of (seed, split, index),
// the same bits by any compiler, on any machine and number of threads.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/parallel.hpp"
#include "odot/core/random.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// The classes of the synthetic set. A label is one of these as a number, and Dataset::classes has these names.
enum class Figure : std::int32_t { disc, ring, square, frame, triangle, cross, saltire, stripes, bars, checkers };
inline constexpr std::size_t figure_count = 10;

/// `train` and `test` samples of ten classes, the same number of each class (±1): sample i has label i mod 10. `S` is
/// Shape<1, 28, 28> for grey or Shape<3, 32, 32> for colour images. The name is "synthetic". Asking for more samples
/// leaves the first ones as they were. `threads` = 0: default_threads().
/// Cost    about 50 µs per sample and thread
template <ShapeType S>
Split<Dataset<S>> synthetic(Seed seed, std::size_t train = 12'000, std::size_t test = 2'000, int threads = 0);

namespace detail {

// Lengths are in 1/64 pixel. Rotations are integers over 2¹⁴, from a rational point of the circle: for t = k/128,
// cos = (1 − t²)/(1 + t²), sin = 2t/(1 + t²), an angle of 2 atan t.
struct Rotation {
  std::int32_t cos, sin;
};

constexpr Rotation rotation(std::int32_t k) {
  const std::int32_t square = 128 * 128, norm = square + k * k;
  return {(square - k * k) * 16384 / norm, 2 * 128 * k * 16384 / norm};
}

/// Whether the point (u, v), right and down from the centre, lies in a figure of radius r.
constexpr bool inside(Figure figure, std::int32_t u, std::int32_t v, std::int32_t r) {
  const std::int32_t au = u < 0 ? -u : u, av = v < 0 ? -v : v, most = (std::max)(au, av), least = (std::min)(au, av);
  const std::int32_t side = r * 7 / 8;                                               // half the side of a square
  const auto cell = [side](std::int32_t x) { return (x + side) * 5 / (2 * side); };  // 0 … 4 within the square
  switch (figure) {
    case Figure::disc:
      return u * u + v * v <= r * r;
    case Figure::ring:
      return u * u + v * v <= r * r && u * u + v * v >= r * r * 3 / 8;
    case Figure::square:
      return most <= side;
    case Figure::frame:
      return most <= side && most >= side * 5 / 8;
    case Figure::triangle:
      return 2 * v <= r && au * 12 <= (v + r) * 7;
    case Figure::cross:
      return most <= r && least <= r / 4;
    case Figure::saltire:
      return inside(Figure::cross, (u + v) * 181 / 256, (u - v) * 181 / 256, r);
    case Figure::stripes:
      return most < side && cell(v) % 2 == 0;
    case Figure::bars:
      return most < side && cell(u) % 2 == 0;
    case Figure::checkers:
      return most < side && (cell(u) + cell(v)) % 2 == 0;
  }
  return false;
}

/// What is drawn, except the noise. It comes from the first numbers of the sample's stream.
template <std::size_t Channels>
struct Scene {
  Figure figure;
  std::int32_t radius, x, y;
  Rotation turn;
  std::array<std::int32_t, Channels> paper, ink;  // brightness without and with the figure, 0 … 255
  std::int32_t noise;                             // its largest value, in brightness
};

inline constexpr std::uint64_t scene_numbers = 16;  // numbers of a stream kept for the scene; the noise begins there

/// Uniform in [low, high].
constexpr std::int32_t between(const Random& random, std::uint64_t index, std::int32_t low, std::int32_t high) {
  return low + static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(high - low) + 1, index));
}

template <ShapeType S>
constexpr Scene<S::extents[0]> scene(const Random& random, Figure figure) {
  constexpr std::int32_t width = static_cast<std::int32_t>(S::extents[2]) * 64;
  Scene<S::extents[0]> scene{};
  scene.figure = figure;
  scene.radius = between(random, 0, width * 21 / 100, width * 37 / 100);
  scene.x = between(random, 1, width * 35 / 100, width * 65 / 100);
  scene.y = between(random, 2, width * 35 / 100, width * 65 / 100);
  scene.turn = rotation(between(random, 3, -20, 20));  // up to 18 degrees
  scene.noise = between(random, 4, 20, 60);
  const std::int32_t paper = between(random, 5, 10, 80), contrast = between(random, 6, 80, 170);
  for (std::size_t c = 0; c < S::extents[0]; ++c) {
    const std::int32_t tint = S::extents[0] > 1 ? 1 : 0;
    scene.paper[c] = paper + tint * between(random, 7 + 2 * c, -10, 60);
    scene.ink[c] = scene.paper[c] + contrast + tint * between(random, 8 + 2 * c, -70, 30);
  }
  return scene;
}

/// How much of the pixel in column px and row py the figure covers: points of a 4 × 4 grid, 0 … 16.
template <std::size_t Channels>
constexpr std::int32_t coverage(const Scene<Channels>& scene, std::int32_t px, std::int32_t py) {
  std::int32_t covered = 0;
  for (std::int32_t point = 0; point < 16; ++point) {
    const std::int32_t dx = px * 64 + point % 4 * 16 + 8 - scene.x, dy = py * 64 + point / 4 * 16 + 8 - scene.y;
    const std::int32_t u = (scene.turn.cos * dx + scene.turn.sin * dy) / 16384;
    const std::int32_t v = (scene.turn.cos * dy - scene.turn.sin * dx) / 16384;
    covered += inside(scene.figure, u, v, scene.radius) ? 1 : 0;
  }
  return covered;
}

/// Noise of value i of a sample, from −noise to noise, more often small than large: the sum of two random bytes.
constexpr std::int32_t noise_at(std::uint64_t word, std::size_t i, std::int32_t noise) {
  const std::uint64_t pair = word >> (i % 4 * 16);
  const auto sum = static_cast<std::int32_t>((pair & 255) + (pair >> 8 & 255));
  return (sum - 255) * noise / 255;
}

template <ShapeType S>
void draw(const Scene<S::extents[0]>& scene, const Random& random, std::span<std::uint8_t, S::size> pixels) {
  constexpr std::size_t channels = S::extents[0], height = S::extents[1], width = S::extents[2], plane = height * width;
  std::uint64_t word = 0;
  std::array<std::uint8_t, plane> covered;
  for (std::size_t i = 0; i < plane; ++i)
    covered[i] = static_cast<std::uint8_t>(
        coverage(scene, static_cast<std::int32_t>(i % width), static_cast<std::int32_t>(i / width)));
  for (std::size_t i = 0; i < channels * plane; ++i) {
    if (i % 4 == 0) word = random.bits(scene_numbers + i / 4);
    const std::int32_t paper = scene.paper[i / plane], ink = scene.ink[i / plane];
    const std::int32_t value = paper + (ink - paper) * covered[i % plane] / 16 + noise_at(word, i, scene.noise);
    pixels[i] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
  }
}

// "syn", then the split in bit 39, then the index.
inline constexpr std::uint64_t synthetic_stream = 0x7379'6Eull << 40;

template <ShapeType S>
Dataset<S> synthetic_dataset(Seed seed, std::uint64_t split, std::size_t samples, int threads) {
  Dataset<S> set{
      .name = "synthetic",
      .values = std::vector<std::uint8_t>(checked_product("odot::data::synthetic", samples, S::size)),
      .targets = std::vector<std::int32_t>(samples),
      .classes = {"disc", "ring", "square", "frame", "triangle", "cross", "saltire", "stripes", "bars", "checkers"},
      .synthetic = true};
  const Chunks chunks(samples, 64);
  parallel_for(threads, chunks.count(), [&](std::size_t chunk, std::size_t) {
    for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i) {
      const Random random(seed, synthetic_stream | split << 39 | i);
      const auto figure = static_cast<Figure>(i % figure_count);
      const std::span<std::uint8_t, S::size> pixels(set.values.data() + i * S::size, S::size);
      draw<S>(scene<S>(random, figure), random, pixels);
      set.targets[i] = static_cast<std::int32_t>(figure);
    }
  });
  return set;
}

}  // namespace detail

template <ShapeType S>
Split<Dataset<S>> synthetic(Seed seed, std::size_t train, std::size_t test, int threads) {
  static_assert(std::is_same_v<S, Shape<1, 28, 28>> || std::is_same_v<S, Shape<3, 32, 32>>,
                "odot::data::synthetic: the shape must be Shape<1, 28, 28> (grey) or Shape<3, 32, 32> (colour)");
  return {detail::synthetic_dataset<S>(seed, 0, train, threads), detail::synthetic_dataset<S>(seed, 1, test, threads)};
}

}  // namespace odot::data
