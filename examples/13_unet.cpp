// SPDX-License-Identifier: MIT
// A small U-Net tells discs from squares, pixel by pixel, in scenes that the program draws. A validation set decides which
// epoch was the best; the test scenes are looked at once.

#include "program.hpp"

#include <odot/odot.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <vector>

using namespace odot;

constexpr std::size_t side = 32;
enum Kind : std::uint8_t { ground, disc, box, kinds };  // of pixels
using Scene = Shape<1, side, side>;
using Scenes = data::Dataset<Scene, std::uint8_t, data::PixelLabels<side, side>>;

template <std::size_t Channels>
using Convolve =
    nn::Sequential<nn::Conv2d<Channels, nn::Conv2dOptions{.padding = 1, .bias = false}>, nn::BatchNorm2d<>, nn::ReLU>;

/// Beside the input, what layers make of it at half its height and width.
template <class... Layers>
using AndAtHalfSize = nn::Concat<nn::Identity, nn::Sequential<nn::MaxPool2d<2>, Layers..., nn::Upsample2d<2>>>;

using UNet = nn::Sequential<Scene, Convolve<16>,
                            AndAtHalfSize<Convolve<32>, AndAtHalfSize<Convolve<64>, Convolve<32>>, Convolve<16>>,
                            Convolve<16>, nn::Conv2d<kinds, nn::Conv2dOptions{.kernel_size = 1}>>;  // logits

/// Draws two figures, the last one on top, each of a random kind, place, radius from 5 to 9 pixels (of a square: half a
/// side), tilt and brightness, under noise. A scene is a function of its number.
Scenes draw_scenes(std::size_t count, std::uint64_t first) {
  Scenes set{.name = "scenes",
             .values = std::vector<std::uint8_t>(count * Scene::size),
             .targets = std::vector<std::int32_t>(count * Scene::size, ground)};
  for (std::size_t n = 0; n < count; ++n) {
    const Random random(Seed{1}, first + n);
    std::uint64_t drawn = 0;
    const auto between = [&](double low, double high) { return low + (high - low) * random.uniform(drawn++); };
    std::vector<double> brightness(Scene::size, between(20, 100));
    for (int figure = 0; figure < 2; ++figure) {
      const Kind kind = between(0, 1) < 0.5 ? box : disc;
      const double x = between(4, side - 4.0), y = between(4, side - 4.0), r = between(5, 9);
      const double ink = between(120, 230), turn = between(0, std::numbers::pi / 2);
      const double c = std::cos(turn), s = std::sin(turn);
      for (std::size_t i = 0; i < Scene::size; ++i) {
        const double dx = static_cast<double>(i % side) - x, dy = static_cast<double>(i / side) - y;
        const double u = c * dx + s * dy, v = c * dy - s * dx;
        if (kind == box ? std::abs(u) > r || std::abs(v) > r : u * u + v * v > r * r) continue;
        brightness[i] = ink;
        set.targets[n * Scene::size + i] = kind;
      }
    }
    for (std::size_t i = 0; i < Scene::size; ++i)
      set.values[n * Scene::size + i] = static_cast<std::uint8_t>(brightness[i] + between(-20, 20));
  }
  return set;
}

/// Intersection over union of all scenes' pixels that are a disc's and are found to be; the same of squares; their mean.
double intersection_over_union(const Network<UNet>& network, const Scenes& set) {
  const auto logits = network.predict(data::batch_of(set));
  double both[kinds] = {}, either[kinds] = {};
  for (std::size_t i = 0; i < set.targets.size(); ++i) {
    const float* const y = logits[i / Scene::size].data() + i % Scene::size;
    const Kind figure = y[box * Scene::size] > y[disc * Scene::size] ? box : disc;
    const Kind found = y[figure * Scene::size] > y[0] ? figure : ground, is = static_cast<Kind>(set.targets[i]);
    ++either[is];
    ++(found == is ? both : either)[found];
  }
  return (both[disc] / either[disc] + both[box] / either[box]) / 2;
}

int train_unet(bool quick) {
  const std::size_t few = quick ? 100 : 500;
  const Scenes train = draw_scenes(quick ? 600 : 24'000, 0), validation = draw_scenes(few, 1'000'000),
               test = draw_scenes(few, 2'000'000);
  Network<UNet> network{Seed{1}, nn::init::kaiming()};
  optim::AdamW adam{{.learning_rate = 4e-3, .weight_decay = 5e-2}};
  FitOptions options{.epochs = quick ? 10u : 5u, .batch_size = 32, .test_name = "validation"};
  options.schedule = optim::schedule::one_cycle(options.epochs * (train.size() / options.batch_size));
  const auto iou = [&](const EpochEvent&) { return intersection_over_union(network, validation); };
  KeepBest best(network, {.metric = {"IoU", iou, Goal::highest}});
  fit<nn::CrossEntropy>(network, adam, train, validation, options, ProgressBar{}, best);
  best.restore();

  const double found = intersection_over_union(network, test);
  std::printf("result model=unet dataset=scenes parameters=%zu best_epoch=%zu iou=%.3f\n", UNet::parameter_count,
              best.epoch(), found);
  return found >= (quick ? 0.4 : 0.9) ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains a small U-Net to tell discs from squares, pixel by pixel.", train_unet);
}
