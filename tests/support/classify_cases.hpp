#pragma once
// SPDX-License-Identifier: MIT
// Network::classify on any device: what it must give, from predict's outputs and from outputs chosen here.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/sequential.hpp"
#include "support/hash_uniform.hpp"

namespace odot::test {

/// The first place of the largest of each row's numbers.
inline std::vector<std::int32_t> places_of_largest(std::span<const float> y, std::size_t classes) {
  std::vector<std::int32_t> places;
  for (auto row = y.begin(); row != y.end(); row += static_cast<std::ptrdiff_t>(classes))
    places.push_back(
        static_cast<std::int32_t>(std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row));
  return places;
}

template <class Device>
void check_classify_against_predict() {
  using Image = Shape<2, 3, 4>;
  const Network<nn::Sequential<Image, nn::Flatten, nn::Linear<7>, nn::LogSoftmax>, Device> network(
      Seed{3}, nn::init::normal(0.3));
  for (const std::size_t samples : {1u, 5u, 700u}) {
    CAPTURE(samples);
    Buffer<float, Device> pixels(samples * Image::size);
    pixels.from_host(hash_uniform<float>(pixels.size(), samples).data());
    const BatchView<Image, const float, Device> x(pixels.data(), samples);
    const auto y = network.predict(x);
    const std::vector<std::int32_t> labels = network.classify(x);
    CHECK(labels == places_of_largest(std::span<const float>(on_host<Device>(y.span())), 7));
    CHECK((samples < 100 || std::ranges::count(labels, labels[0]) < 500));  // not one class for all

    Workspace<Device> workspace;
    Buffer<std::int32_t, Device> again(samples);
    network.classify(x, again.span(), workspace);
    CHECK(again.to_host() == labels);
  }
}

/// The model's outputs are its inputs.
template <class Device>
void check_classify_chosen_outputs() {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const Network<nn::Sequential<Shape<5>, nn::Flatten>, Device> network(Seed{1});
  const std::vector<float> rows{0,         1,         3,         2,         1,         //
                                -4,        -1,        -1,        -2,        -1,        // the first of the largest
                                -infinity, -infinity, -infinity, -infinity, -3e38f,    //
                                0,         1,         infinity,  2,         infinity,  //
                                0,         0,         0,         nan,       9};        // a NaN counts as the largest
  Buffer<float, Device> outputs(rows.size());
  outputs.from_host(rows.data());
  CHECK(network.classify({outputs.data(), 5}) == std::vector<std::int32_t>{2, 1, 4, 2, 3});
  CHECK(network.classify({outputs.data(), 0}).empty());
}

/// Padding is as in predict.
template <class Device>
void check_classify_sequences() {
  const Network<nn::Sequential<Shape<3, 2>, nn::MeanTokens>, Device> network(Seed{1});
  const std::vector<float> rows{1, 0, 0, 9, 0, 9,  //
                                1, 0, 0, 9, 0, 9};
  const std::vector<std::int32_t> lengths{1, 2};
  Buffer<float, Device> tokens(rows.size());
  Buffer<std::int32_t, Device> valid(lengths.size());
  tokens.from_host(rows.data());
  valid.from_host(lengths.data());
  CHECK(network.classify({tokens.data(), 2}, valid.data()) == std::vector<std::int32_t>{0, 1});
  CHECK(network.classify({tokens.data(), 2}) == std::vector<std::int32_t>{1, 1});
}

}  // namespace odot::test
