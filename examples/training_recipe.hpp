#pragma once
// SPDX-License-Identifier: MIT
// How the minimal transformers are trained: our way, or their authors' as far as it is known.

#include <odot/any_device.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace minimal {

/// The paper gives no recipe. `authors` is that of an earlier paper of theirs (arXiv:2209.07221): AdamW, learning rate
/// 1e-3, weight decay 1e-4; Keras' RandomTranslation(0.1), RandomRotation(0.2), RandomCrop to 80 %.
enum class Recipe { ours, authors };

/// `ours` is Adam, which is AdamW without a weight decay.
inline odot::optim::AdamW make_optimizer(Recipe recipe, double learning_rate) {
  return odot::optim::AdamW{{.learning_rate = learning_rate, .weight_decay = recipe == Recipe::authors ? 1e-4 : 0}};
}

/// How training pictures of 32 × 32 pixels are changed. Keras' factor of a rotation is a share of a full turn: 0.2 is 72
/// degrees in either direction. Its translation of 0.1 is up to 3.2 pixels, ours a whole number of up to 3. What comes in
/// from outside is the mirror image, Keras' default. Keras' crop shows a part of 80 % in training and the whole picture,
/// reduced to the same size, in evaluation; ours shows the part enlarged, and the whole picture as it is.
inline odot::data::AugmentOptions augmentation(Recipe recipe) {
  if (recipe == Recipe::ours) return {};
  return {.rotation = 72, .shift = 3, .crop = 0.8, .border = odot::data::Border::reflect};
}

/// The same pictures in another size, bilinear between the pixels' middles.
/// Shapes  [C, h, w] → [C, H, W]
template <odot::ShapeType Large, odot::ShapeType Small>
odot::data::Dataset<Large> enlarged(const odot::data::Dataset<Small>& set) {
  constexpr std::size_t C = Small::extents[0], h = Small::extents[1], w = Small::extents[2], H = Large::extents[1],
                        W = Large::extents[2];
  static_assert(Large::extents[0] == C);
  odot::data::Dataset<Large> large;
  large.name = set.name;
  large.targets = set.targets;
  large.classes = set.classes;
  large.synthetic = set.synthetic;
  large.values.resize(set.size() * Large::size);
  const auto place = [](std::size_t i, std::size_t from, std::size_t to) {
    const double at = (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
    return std::clamp(at, 0.0, static_cast<double>(from - 1));
  };
  for (std::size_t plane = 0; plane < set.size() * C; ++plane) {
    const std::uint8_t* from = set.values.data() + plane * h * w;
    std::uint8_t* to = large.values.data() + plane * H * W;
    for (std::size_t i = 0; i < H; ++i)
      for (std::size_t j = 0; j < W; ++j) {
        const double y = place(i, h, H), x = place(j, w, W);
        const auto row = static_cast<std::size_t>(y), column = static_cast<std::size_t>(x);
        const std::size_t below = std::min(row + 1, h - 1), right = std::min(column + 1, w - 1);
        const double down = y - std::floor(y), across = x - std::floor(x);
        const auto between = [&](std::size_t r) {
          return (1 - across) * from[r * w + column] + across * from[r * w + right];
        };
        to[i * W + j] = static_cast<std::uint8_t>(std::lround((1 - down) * between(row) + down * between(below)));
      }
  }
  return large;
}

}  // namespace minimal
