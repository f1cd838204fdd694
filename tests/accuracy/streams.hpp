#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: streams, the recurrent form of causal element-wise attention.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "accuracy/losses.hpp"
#include "accuracy/probe.hpp"
#include "odot/nn/element_wise_attention.hpp"
#include "odot/nn/sequential.hpp"
#include "odot/nn/stream.hpp"

namespace odot::test {

/// A stream of one channel.
template <std::size_t Order, class Scalar, DeviceType Device>
class OneStream {
  using Model =
      nn::Sequential<Shape<1, 3>, nn::UnprojectedElementWiseAttention<nn::UnprojectedElementWiseAttentionOptions{
                                      .order = Order, .causal = true}>>;

 public:
  OneStream() : network_(Seed{1}), stream_(network_, 1, 1), token_(3), y_(1) {}

  double step(const float (&token)[3]) {
    const Scalar values[3] = {static_cast<Scalar>(token[0]), static_cast<Scalar>(token[1]),
                              static_cast<Scalar>(token[2])};
    token_.from_host(values);
    stream_.step({token_.data(), 1}, {y_.data(), 1});
    return static_cast<double>(y_.to_host()[0]);
  }

 private:
  Network<Model, Device, Scalar> network_;
  Stream<Model, Device, Scalar> stream_;
  Buffer<Scalar, Device> token_, y_;
};

/// A stream in float and one in double, step by step; token(t, values) sets a token's query, key and value.
template <std::size_t Order, class Device, class Token>
void check_stream(double size, std::size_t tokens, const Token& token) {
  const Row row{.layer = "Stream, order " + std::to_string(Order),
                .size = size,
                .length = tokens,
                .output = 1e-6,
                .work = 100 * static_cast<double>(tokens),
                .backward = false};
  if (row.work > most_work()) return;
  OneStream<Order, double, Cpu> exact;
  OneStream<Order, float, typename Device::device> stream;
  double worst = 0, largest = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    float values[3];
    token(t, values);
    const double expected = exact.step(values), difference = std::abs(stream.step(values) - expected);
    worst = difference <= worst ? worst : std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
    largest = std::max(largest, std::abs(expected));
  }
  check_errors(row, Device::name, {.y = worst / largest});
}

/// The tokens of long_element_wise: values change in the middle, so that sums which stop to grow show.
template <std::size_t Order, class Device>
void long_stream(std::size_t tokens) {
  check_stream<Order, Device>(0.5, tokens, [=](std::size_t t, float(&values)[3]) {
    values[0] = static_cast<float>(0.5 * hash_uniform(3 * t));
    values[1] = static_cast<float>(0.5 * hash_uniform(3 * t + 1));
    values[2] = static_cast<float>((t < tokens / 2 ? 0.1 : 0.9) + 0.02 * hash_uniform(3 * t + 2));
  });
}

/// Queries and keys of `size` times numbers in [−1, 1), values in [−1, 1).
template <std::size_t Order, class Device>
void streams_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 3.0, 10.0, 1e3, 1e6, 1e15, 1e30})
    check_stream<Order, Device>(size, 100, [=](std::size_t t, float(&values)[3]) {
      for (std::size_t i = 0; i < 3; ++i) values[i] = static_cast<float>((i == 2 ? 1 : size) * hash_uniform(3 * t + i));
    });
}

}  // namespace odot::test
