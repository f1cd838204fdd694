#pragma once
// SPDX-License-Identifier: MIT
// Turned pictures of any size by their definition, in double, for the tests of both devices.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <type_traits>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/kernels/augment.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

namespace odot::test {

/// Every border, and angles all around, with pictures moved and mirrored; the last picture ends where the set's memory does.
template <DeviceType Device, class Value, class S, std::size_t H, std::size_t W>
void check_rotated() {
  constexpr std::size_t samples = 24;
  constexpr double height = H, width = W;
  constexpr bool bytes = std::is_same_v<Value, std::uint8_t>;
  std::vector<Value> values;
  for (const double u : hash_uniform(samples * H * W, 7))
    values.push_back(static_cast<Value>(bytes ? std::floor((u + 1) * 127.5) : u));
  std::vector<kernels::PictureChange> changes(samples);
  std::vector<std::size_t> chosen(samples);
  for (std::size_t n = 0; n < samples; ++n) {
    const double angle = n == 0 ? 0 : static_cast<double>(n) * std::numbers::pi / 12;
    chosen[n] = samples - 1 - n;
    changes[n].cosine = static_cast<float>(std::cos(angle));
    changes[n].sine = static_cast<float>(std::sin(angle));
    changes[n].down = static_cast<std::int32_t>(n % 5) - 2;
    changes[n].right = static_cast<std::int32_t>(n % 7) - 3;
    changes[n].flip = n % 2 == 1;
  }
  Buffer<Value, Device> set(values.size());
  set.from_host(values.data());
  Buffer<kernels::PictureChange, Device> table(samples);
  table.from_host(changes.data());
  Buffer<std::size_t, Device> numbers(samples);
  numbers.from_host(chosen.data());
  Buffer<S, Device> x(values.size());
  Workspace<Device> workspace(2);
  for (const kernels::Border border : {kernels::Border::fill, kernels::Border::edge, kernels::Border::reflect}) {
    kernels::AugmentPlan<S> plan;
    plan.changes = table.data();
    plan.fill = S(0.375);
    plan.border = border;
    plan.rotates = true;
    kernels::Augment<Device>::template pictures<1, H, W>(workspace, plan, set.data(), numbers.data(), samples,
                                                         x.data());
    std::vector<double> expected;
    const auto inside = [&](double at, double extent) {
      if (border == kernels::Border::reflect) at = at < 0 ? -at : at > extent - 1 ? 2 * (extent - 1) - at : at;
      return border == kernels::Border::fill && (at < 0 || at >= extent) ? -1.0 : std::clamp(at, 0.0, extent - 1);
    };
    for (const std::size_t n : chosen)
      for (std::size_t i = 0; i < H; ++i)
        for (std::size_t j = 0; j < W; ++j) {
          const kernels::PictureChange& change = changes[n];
          const double v = static_cast<double>(i) - change.down - (height - 1) / 2,
                       u = static_cast<double>(j) - change.right - (width - 1) / 2;
          const double row = double{change.cosine} * v - double{change.sine} * u + (height - 1) / 2;
          const double turned = double{change.cosine} * u + double{change.sine} * v;
          const double column = (change.flip ? -turned : turned) + (width - 1) / 2;
          double sum = 0;
          for (const double a : {std::floor(row), std::floor(row) + 1})
            for (const double b : {std::floor(column), std::floor(column) + 1}) {
              const double share = (1 - std::abs(row - a)) * (1 - std::abs(column - b));
              const double r = inside(a, height), q = inside(b, width);
              const double pixel =
                  r < 0 || q < 0 ? 0.375
                                 : static_cast<double>(values[n * H * W + static_cast<std::size_t>(r * width + q)]) /
                                       (bytes ? 255 : 1);
              sum += share * pixel;
            }
          expected.push_back(sum);
        }
    CHECK(difference(x.to_host(), expected, std::is_same_v<S, double> ? 1e-7 : 2e-5) == "");
  }
}

}  // namespace odot::test
