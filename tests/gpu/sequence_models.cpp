// SPDX-License-Identifier: MIT
// Models of sequences on the Gpu against the Cpu: lengths, dropout, regression, AdamW with clipping; and token by
// token.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/gpu_layer.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr nn::ElementWiseAttentionOptions causal{.order = 4, .causal = true};

struct Series : nn::Sequential<Shape<40, 3>, nn::Linear<8>, nn::SinusoidalPosition,
                               nn::PostNorm<nn::ElementWiseAttention<causal>>,
                               nn::PreNorm<nn::Linear<16>, nn::GELU, nn::Dropout<0.2>, nn::Linear<8>>, nn::Linear<2>> {
};
struct Forecast
    : nn::Sequential<
          Shape<40, 3>, nn::Linear<8>, nn::ClassToken, nn::PositionEmbedding, nn::PreNorm<nn::ElementWiseAttention<>>,
          nn::PreNorm<nn::SelfAttention<nn::SelfAttentionOptions{.heads = 2, .causal = true}>>,
          nn::PreNorm<nn::Linear<16>, nn::GELU, nn::Dropout<0.2>, nn::Linear<8>>, nn::LastToken, nn::Linear<2>> {};

/// Sequences, their lengths and what is to be forecast, on both devices; numbers that a float can hold.
template <class Scalar>
struct Sequences {
  explicit Sequences(std::size_t samples) : x(samples) {
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(hash_uniform(i));
    for (std::size_t n = 0; n < samples; ++n) lengths.push_back(static_cast<std::int32_t>(1 + n * 7 % 40));
    const std::vector<float> values = hash_uniform<float>(2 * samples, 7000);
    targets.assign(values.begin(), values.end());
    gpu_x = on_gpu<Scalar>(x.span());
    gpu_targets = on_gpu<Scalar>(targets);
    gpu_lengths = on_gpu(lengths);
  }
  BatchView<Shape<40, 3>, const Scalar, Gpu> on_device() const { return {gpu_x.data(), x.samples()}; }

  Batch<Shape<40, 3>, double> x;
  std::vector<std::int32_t> lengths;
  std::vector<double> targets;
  Buffer<Scalar, Gpu> gpu_x, gpu_targets;
  Buffer<std::int32_t, Gpu> gpu_lengths;
};

/// Some steps of AdamW with clipping; in double on the Cpu.
template <class Loss, class Scalar>
void check_training(double tolerance) {
  CAPTURE(sizeof(Scalar));
  const Sequences<Scalar> data(23);
  Network<Forecast, Cpu, double> cpu(Seed{3}, nn::init::normal(0.2));
  Network<Forecast, Gpu, Scalar> device(Seed{3}, nn::init::normal(0.2));
  const optim::AdamWOptions options{.learning_rate = 1e-2, .weight_decay = 0.1, .max_gradient_norm = 0.05};
  optim::AdamW first{options}, second{options};
  for (int step = 0; step < 3; ++step) {
    const auto expected = cpu.compute_gradients<Loss>(data.x, data.targets, data.lengths.data());
    const auto sums =
        device.template compute_gradients<Loss>(data.on_device(), data.gpu_targets.span(), data.gpu_lengths.data());
    CHECK(std::abs(sums.loss - expected.loss) <= tolerance * expected.loss);
    CHECK(sums.samples == 23);
    CHECK(difference(on_host<Gpu>(device.gradients()), cpu.gradients(), tolerance) == "");
    first.step(cpu);
    second.step(device);
    CHECK(difference(on_host<Gpu>(device.gradients()), cpu.gradients(), tolerance) == "");  // clipped
    device.copy_weights_from(cpu);  // Adam's first steps follow a gradient's sign, that of a rounding error too
  }
  const auto y = cpu.predict(data.x, data.lengths.data());
  const auto on_device = device.predict(data.on_device(), data.gpu_lengths.data());
  CHECK(difference(on_host<Gpu>(on_device.span()), y.span(), tolerance) == "");
}

/// Three sequences of 70 tokens; in double on the Cpu.
template <class Scalar>
void check_stream(double tolerance) {
  CAPTURE(sizeof(Scalar));
  constexpr std::size_t sequences = 3, tokens = 70, longest = 40;
  const Network<Series, Cpu, double> cpu(Seed{3}, nn::init::normal(0.3));
  const Network<Series, Gpu, Scalar> device(Seed{3}, nn::init::normal(0.3));
  const Sequences<Scalar> data(sequences);
  const auto whole = device.predict(data.on_device());
  const std::vector<Scalar> causal_form = on_host<Gpu>(whole.span());
  Stream<Series, Cpu, double> expected(cpu, sequences);
  Stream<Series, Gpu, Scalar> stream(device, sequences);
  Batch<Shape<2>, double> expected_y(sequences);
  Buffer<Scalar, Gpu> y(2 * sequences);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t t = 0; t < tokens; ++t) {
      Batch<Shape<3>, double> token(sequences);
      for (std::size_t n = 0; n < sequences; ++n)
        std::copy_n(data.x.data() + (n * longest + t % longest) * 3, 3, token.data() + n * 3);
      const Buffer<Scalar, Gpu> on_device = on_gpu<Scalar>(token.span());
      expected.step(token, expected_y);
      stream.step(BatchView<Shape<3>, const Scalar, Gpu>(on_device.data(), sequences),
                  BatchView<Shape<2>, Scalar, Gpu>(y.data(), sequences));
      CHECK(difference(y.to_host(), expected_y.span(), tolerance) == "");
      std::vector<Scalar> row;  // of the whole sequences
      for (std::size_t n = 0; n < sequences && t < longest; ++n)
        row.insert(row.end(), {causal_form[(n * longest + t) * 2], causal_form[(n * longest + t) * 2 + 1]});
      if (t < longest) CHECK(difference(y.to_host(), row, tolerance) == "");
    }
    expected.reset();
    stream.reset();
  }
}

}  // namespace

TEST_CASE("a model of padded sequences, with dropout, trains as on the Cpu") {
  check_training<nn::MeanSquaredError, double>(1e-10);
  check_training<nn::MeanSquaredError, float>(2e-4);
  check_training<nn::MeanAbsoluteError, double>(1e-10);
}

TEST_CASE("a stream's steps match the Cpu's, and the causal form's") {
  check_stream<double>(1e-11);
  check_stream<float>(1e-4);
}

TEST_CASE("a stream starts again after a reset") {
  const Network<Series, Gpu> network(Seed{1});
  Stream<Series, Gpu> stream(network);
  CHECK(Stream<Series, Gpu>::state_elements == 8 * 33);
  const Buffer<float, Gpu> token = on_gpu(std::vector<float>{1, 2, 3});
  Buffer<float, Gpu> y(2), again(2);
  stream.step(BatchView<Shape<3>, const float, Gpu>(token.data(), 1), BatchView<Shape<2>, float, Gpu>(y.data(), 1));
  stream.reset();
  stream.step(BatchView<Shape<3>, const float, Gpu>(token.data(), 1), BatchView<Shape<2>, float, Gpu>(again.data(), 1));
  CHECK(y.to_host() == again.to_host());
}
