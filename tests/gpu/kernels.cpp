// SPDX-License-Identifier: MIT
// What the Gpu backend is built of, and the kernels that no layer calls.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/gpu_layer.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
namespace gpu = odot::kernels::gpu;

namespace {

/// Row sums of a [rows, columns] matrix.
template <class S>
std::vector<S> row_sums(const std::vector<S>& values, std::size_t rows) {
  Workspace<Gpu> workspace;
  const std::size_t columns = values.size() / rows;
  const Buffer<S, Gpu> in = on_gpu(values);
  Buffer<S, Gpu> out(rows);
  const S* data = in.data();
  S* sums = out.data();
  gpu::reduce_rows(
      workspace, rows, columns, S{0},
      [=] ODOT_HOST_DEVICE(std::size_t row, std::size_t column) { return data[row * columns + column]; }, gpu::Plus{},
      [=] ODOT_HOST_DEVICE(std::size_t row, S sum) { sums[row] = sum; });
  return out.to_host();
}

/// Column sums of a [rows, columns] matrix.
template <class S>
std::vector<S> column_sums(const std::vector<S>& values, std::size_t rows) {
  Workspace<Gpu> workspace;
  const std::size_t columns = values.size() / rows;
  const Buffer<S, Gpu> in = on_gpu(values);
  Buffer<S, Gpu> out(columns);
  const S* data = in.data();
  S* sums = out.data();
  gpu::reduce_columns(
      workspace, rows, columns, S{0},
      [=] ODOT_HOST_DEVICE(std::size_t row, std::size_t column) { return data[row * columns + column]; }, gpu::Plus{},
      [=] ODOT_HOST_DEVICE(std::size_t column, S sum) { sums[column] = sum; });
  return out.to_host();
}

/// Writes every item's number of writes; then each row's largest item, from memory that the team shares.
struct Census {
  static constexpr std::size_t items = 1000, rows = 37, columns = 27;
  struct Memory {
    int seen[items];
    int largest[rows];
  };
  int* result;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    team.each(items, [&](std::size_t i) { memory.seen[i] = static_cast<int>(i + index); });
    team.reduce(
        rows, columns, -1, [&](std::size_t row, std::size_t column) { return memory.seen[row * columns + column]; },
        gpu::Maximum{}, [&](std::size_t row, int most) { memory.largest[row] = most; });
    team.each(rows, [&](std::size_t row) { result[index * rows + row] = memory.largest[row]; });
  }
};

template <bool TransposeA, bool TransposeB>
void check_product(std::size_t rows, std::size_t columns, std::size_t inner) {
  const auto a = hash_uniform(rows * inner, 1), b = hash_uniform(inner * columns, 5000),
             c = hash_uniform(rows * columns, 9000);
  std::vector<double> expected(c);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      for (std::size_t k = 0; k < inner; ++k)
        expected[i * columns + j] +=
            a[TransposeA ? k * rows + i : i * inner + k] * b[TransposeB ? j * inner + k : k * columns + j];
  const Buffer<double, Gpu> left = on_gpu(a), right = on_gpu(b);
  Buffer<double, Gpu> fast = on_gpu(c), by_thrust = on_gpu(c);
  const gpu::Matrix<const double> first{left.data(), TransposeA ? rows : inner};
  const gpu::Matrix<const double> second{right.data(), TransposeB ? inner : columns};
  gpu::multiply<TransposeA, TransposeB, double>({rows, columns, inner}, first, second, 1.0, {fast.data(), columns});
  gpu::multiply_by_thrust<TransposeA, TransposeB, double>({rows, columns, inner}, first, second, 1.0,
                                                          {by_thrust.data(), columns});
  CHECK(difference(fast.to_host(), expected, 1e-13) == "");
  CHECK(difference(by_thrust.to_host(), expected, 1e-13) == "");
}

}  // namespace

TEST_CASE("memory starts at zero and moves both ways") {
  Buffer<double, Gpu> buffer(5);
  CHECK(buffer.to_host() == std::vector<double>(5, 0.0));
  const std::vector<double> values{1, -2, 3, -4, 5};
  buffer.from_host(values.data());
  CHECK(buffer.to_host() == values);
  Buffer<double, Gpu> copy(5);
  Gpu::copy(copy.data(), buffer.data(), 5 * sizeof(double));
  CHECK(copy.to_host() == values);
  buffer.zero();
  CHECK(buffer.to_host() == std::vector<double>(5, 0.0));
}

TEST_CASE("rows are summed, short and long, few and many") {
  for (const auto& [rows, columns] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {1, 7}, {3, 31}, {700, 5}, {1, 10'000}, {5, 4097}, {2, 100'000}}) {
    CAPTURE(rows);
    CAPTURE(columns);
    const auto values = hash_uniform(rows * columns, 0);
    std::vector<double> expected(rows);
    for (std::size_t r = 0; r < rows; ++r)
      expected[r] = std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(r * columns),
                                    values.begin() + static_cast<std::ptrdiff_t>((r + 1) * columns), 0.0);
    CHECK(difference_within(row_sums(values, rows), expected, 1e-10) == "");
    CHECK(row_sums(values, rows) == row_sums(values, rows));
  }
}

TEST_CASE("columns are summed, short and long, few and many") {
  for (const auto& [rows, columns] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {7, 1}, {31, 3}, {5, 700}, {10'000, 1}, {4097, 5}, {100, 70'000}}) {
    CAPTURE(rows);
    CAPTURE(columns);
    const auto values = hash_uniform(rows * columns, 0);
    std::vector<double> expected(columns);
    for (std::size_t i = 0; i < values.size(); ++i) expected[i % columns] += values[i];
    CHECK(difference_within(column_sums(values, rows), expected, 1e-10) == "");
    CHECK(column_sums(values, rows) == column_sums(values, rows));
  }
}

TEST_CASE("channels' planes are summed and get their bias, whether their number fills the teams or not") {
  constexpr std::size_t channels = 3, plane = 35;
  for (const std::size_t samples : {1u, 5u, 8u, 200u}) {
    CAPTURE(samples);
    const auto values = hash_uniform(samples * channels * plane, 0);
    std::vector<double> sums{1, -2, 3}, biased = values;
    const std::vector<double> bias{0.5, -1.5, 2.5};
    Buffer<double, Gpu> y = on_gpu(values), totals = on_gpu(sums), biases = on_gpu(bias);
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[i / plane % channels] += values[i];
      biased[i] += bias[i / plane % channels];
    }
    Workspace<Gpu> workspace;
    gpu::add_channel_sums<channels, plane>(workspace, samples, y.data(), totals.data());
    gpu::add_channel_bias<channels, plane>(samples * channels, biases.data(), y.data());
    CHECK(difference_within(totals.to_host(), sums, 1e-11) == "");
    CHECK(y.to_host() == biased);
  }
}

TEST_CASE("a team's program sees its memory after every step, whether a team is a block or a thread") {
  constexpr std::size_t teams = 9;
  std::vector<int> expected;
  for (std::size_t t = 0; t < teams; ++t)
    for (std::size_t row = 0; row < Census::rows; ++row)
      expected.push_back(static_cast<int>((row + 1) * Census::columns - 1 + t));
  Buffer<int, Gpu> blocks(teams * Census::rows), threads(teams * Census::rows);
  gpu::launch_teams(teams, Census{blocks.data()});
  gpu::launch_serial_teams(teams, Census{threads.data()});
  CHECK(blocks.to_host() == expected);
  CHECK(threads.to_host() == expected);
}

TEST_CASE("matrix products match the naive ones") {
  check_product<false, false>(3, 5, 4);
  check_product<false, true>(17, 2, 31);
  check_product<true, false>(8, 33, 6);
  check_product<true, true>(2, 3, 1);
}

TEST_CASE("Adam, AdamW and stochastic gradient descent take the Cpu's steps") {
  using Model = nn::Sequential<Shape<4>, nn::Linear<3>, nn::Linear<2>>;
  const auto check = [](auto optimizer, auto same) {
    Network<Model, Cpu, double> cpu(Seed{1});
    Network<Model, Gpu, double> on_device(Seed{1});
    for (std::size_t step = 0; step < 4; ++step) {
      const auto gradients = hash_uniform(cpu.gradients().size(), 100 * step);
      std::ranges::copy(gradients, cpu.gradients().begin());
      Gpu::copy_from_host(on_device.gradients().data(), gradients.data(), gradients.size() * sizeof(double));
      optimizer.step(cpu);
      same.step(on_device);
      CHECK(difference(on_host<Gpu>(on_device.parameters()), cpu.parameters(), 1e-13) == "");
    }
  };
  check(optim::Adam{{.learning_rate = 0.1, .weight_decay = 0.01}},
        optim::Adam{{.learning_rate = 0.1, .weight_decay = 0.01}});
  for (const double max_norm : {0.0, 0.5, 1e3}) {
    const optim::AdamWOptions options{.learning_rate = 0.1, .weight_decay = 0.2, .max_gradient_norm = max_norm};
    check(optim::AdamW{options}, optim::AdamW{options});
  }
  for (const bool nesterov : {false, true}) {
    const optim::SGDOptions options{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = nesterov};
    check(optim::SGD{options}, optim::SGD{options});
  }
}

TEST_CASE("Adam in float takes the steps of double, whatever its second beta") {
  using Model = nn::Sequential<Shape<40>, nn::Linear<30>>;
  for (const double beta2 : {0.9, 0.999, 0.99999, 0.9999999})
    for (const bool decoupled : {false, true}) {
      CAPTURE(beta2);
      Network<Model, Gpu> single(Seed{1});
      Network<Model, Cpu, double> exact(Seed{1});
      std::ranges::fill(exact.parameters(), 0.0);
      std::vector<float> start(exact.parameters().size());
      Gpu::copy_from_host(single.parameters().data(), start.data(), start.size() * sizeof(float));
      const auto steps = [&](auto first, auto second) {
        for (std::size_t step = 0; step < 100; ++step) {
          std::vector<float> gradients;
          for (const double g : hash_uniform(start.size(), 100 * step)) gradients.push_back(static_cast<float>(1 + g));
          std::ranges::copy(gradients, exact.gradients().begin());
          Gpu::copy_from_host(single.gradients().data(), gradients.data(), gradients.size() * sizeof(float));
          first.step(single);
          second.step(exact);
          const double path = static_cast<double>(step + 1);
          CHECK(difference(on_host<Gpu>(single.parameters()), exact.parameters(), 3e-7 * path) == "");
        }
      };
      if (decoupled) {
        const optim::AdamWOptions options{.learning_rate = 1, .beta2 = beta2};
        steps(optim::AdamW{options}, optim::AdamW{options});
      } else {
        const optim::AdamOptions options{.learning_rate = 1, .beta2 = beta2};
        steps(optim::Adam{options}, optim::Adam{options});
      }
    }
  Network<Model, Gpu> single(Seed{1});
  CHECK_THROWS_AS(optim::Adam{{.beta2 = 1 - 1e-9}}.step(single), ArgumentError);
}

TEST_CASE("in float, the velocity of a momentum near 1 is that of double") {
  using Model = nn::Sequential<Shape<1>, nn::Linear<1, nn::LinearOptions{.bias = false}>>;
  Network<Model, Gpu> network(Seed{1});
  const float one = 1;
  Gpu::copy_from_host(network.gradients().data(), &one, sizeof one);
  const optim::SGDOptions options{.learning_rate = 1e-9, .momentum = 0.99999};
  optim::SGD sgd{options};
  double expected = 0;
  for (int t = 0; t < 20'000; ++t) {
    sgd.step(network);
    expected = options.momentum * expected + 1;
  }
  const auto velocity = on_host<Gpu>(sgd.state().block<float, Gpu>(0));
  CHECK(std::abs(static_cast<double>(velocity[0]) / expected - 1) <= 3e-4);  // by the float momentum it is 1e-3 off
}

TEST_CASE("a gradient whose square overflows makes its parameter NaN, not stuck") {
  using Model = nn::Sequential<Shape<4>, nn::Linear<3>>;
  Network<Model, Gpu> network(Seed{1});
  std::vector<float> gradient(network.gradients().size(), 0.5f);
  gradient[5] = 1e25f;
  Gpu::copy_from_host(network.gradients().data(), gradient.data(), gradient.size() * sizeof(float));
  optim::Adam adam;
  adam.step(network);
  const auto parameters = on_host<Gpu>(network.parameters());
  for (std::size_t i = 0; i < parameters.size(); ++i) CHECK(std::isnan(parameters[i]) == (i == 5));
}

TEST_CASE(
    "norms neither overflow nor vanish, and one that is not finite is an error or makes all of the gradient NaN") {
  using Model = nn::Sequential<Shape<400>, nn::Linear<300>>;
  Network<Model, Gpu, double> network(Seed{1});
  const std::size_t size = network.gradients().size();
  const auto set = [&](double value) {
    const std::vector<double> gradient(size, value);
    Gpu::copy_from_host(network.gradients().data(), gradient.data(), size * sizeof(double));
  };
  const double root = std::sqrt(static_cast<double>(size));
  for (const double value : {1e200, 1e300, 1.0, 1e-200, 1e-300}) {
    set(value);
    CHECK(std::abs(optim::clip_gradients(network, 1) / value - root) <= 1e-12 * root);
    if (value >= 1)
      CHECK(difference(on_host<Gpu>(network.gradients()), std::vector<double>(size, 1 / root), 1e-6 / root) == "");
  }
  set(0);
  CHECK(optim::clip_gradients(network, 1) == 0);
  set(1e308);
  CHECK_THROWS_AS(optim::clip_gradients(network, 1), NonFiniteError);
  CHECK(on_host<Gpu>(network.gradients())[0] == 1e308);
  optim::SGD sgd{{.max_gradient_norm = 1}};  // where nobody waits
  sgd.step(network);
  CHECK(std::isnan(on_host<Gpu>(network.parameters())[0]));
}

TEST_CASE("a gradient is clipped by its norm, and a norm of NaN is an error that names the parameter") {
  using Model = nn::Sequential<Shape<400>, nn::Linear<300>>;
  Network<Model, Gpu> network(Seed{1});
  std::vector<float> gradient(network.gradients().size(), 0.5f);
  const auto set = [&] {
    Gpu::copy_from_host(network.gradients().data(), gradient.data(), gradient.size() * sizeof(float));
  };
  const double norm = 0.5 * std::sqrt(static_cast<double>(gradient.size()));
  set();
  CHECK(std::abs(optim::clip_gradients(network, 2 * norm) - norm) <= 1e-12 * norm);
  CHECK(on_host<Gpu>(network.gradients()) == gradient);
  optim::clip_gradients(network, norm / 4);
  CHECK(difference(on_host<Gpu>(network.gradients()), std::vector<double>(gradient.size(), 0.125), 1e-6) == "");
  std::ranges::fill(gradient, 1e38f);  // the factor is no float
  set();
  optim::clip_gradients(network, 1e-6);
  const double each = 1e-6 / std::sqrt(static_cast<double>(gradient.size()));
  CHECK(difference(on_host<Gpu>(network.gradients()), std::vector<double>(gradient.size(), each), 1e-6) == "");
  gradient[7] = std::numeric_limits<float>::quiet_NaN();
  set();
  CHECK_THROWS_WITH_AS(optim::clip_gradients(network, 1), doctest::Contains("the gradient of 0.weight is not finite"),
                       NonFiniteError);
}

TEST_CASE("dropout drops the same elements whatever the pieces of a batch") {
  using Shape3 = Shape<3>;
  constexpr std::size_t samples = 11;
  Workspace<Gpu> workspace;
  const Buffer<float, Gpu> x = on_gpu(std::vector<float>(3 * samples, 1));
  Buffer<float, Gpu> whole(3 * samples), parts(3 * samples);
  const auto drop = [&](std::size_t begin, std::size_t count, Buffer<float, Gpu>& y) {
    kernels::Dropout<Gpu>::forward(workspace, {Random(Seed{5}, 6), 0.5, 2 + begin},
                                   BatchView<Shape3, const float, Gpu>(x.data() + 3 * begin, count),
                                   BatchView<Shape3, float, Gpu>(y.data() + 3 * begin, count));
  };
  drop(0, samples, whole);
  for (std::size_t n = 0; n < samples; ++n) drop(n, 1, parts);
  CHECK(parts.to_host() == whole.to_host());
  Workspace<Cpu> host;
  std::vector<float> expected(3 * samples, 1);
  kernels::Dropout<Cpu>::forward(host, {Random(Seed{5}, 6), 0.5, 2},
                                 BatchView<Shape3, const float>(expected.data(), samples),
                                 BatchView<Shape3, float>(expected.data(), samples));
  CHECK(whole.to_host() == expected);
}

TEST_CASE("rows and pixels are gathered") {
  Workspace<Gpu> workspace;
  const Buffer<std::uint8_t, Gpu> pixels = on_gpu(std::vector<std::uint8_t>{0, 255, 51, 102, 1, 2});
  const Buffer<std::size_t, Gpu> order = on_gpu(std::vector<std::size_t>{2, 0, 2});
  Buffer<float, Gpu> out(6);
  kernels::Gather<Gpu>::pixels(workspace, pixels.data(), 2, order.data(), 3, out.data());
  CHECK(out.to_host() == std::vector<float>{1 / 255.f, 2 / 255.f, 0, 1, 1 / 255.f, 2 / 255.f});
  const Buffer<std::int32_t, Gpu> labels = on_gpu(std::vector<std::int32_t>{7, 8, 9});
  Buffer<std::int32_t, Gpu> chosen(3);
  kernels::Gather<Gpu>::rows(workspace, labels.data(), 1, order.data(), 3, chosen.data());
  CHECK(chosen.to_host() == std::vector<std::int32_t>{9, 7, 9});
}

TEST_CASE("what is not finite or too large is counted") {
  Workspace<Gpu> workspace;
  std::vector<float> values(5000, 0.5f);
  values[7] = std::numeric_limits<float>::infinity();
  values[3000] = -7;
  values[4999] = std::numeric_limits<float>::quiet_NaN();
  const Buffer<float, Gpu> all = on_gpu(values);
  Buffer<std::int64_t, Gpu> count(1);
  const auto beyond = [&](float largest) {
    kernels::CountBeyond<Gpu>::evaluate(workspace, std::span<const float>(all.span()), largest, count.data());
    return count.to_host()[0];
  };
  CHECK(beyond(1) == 3);
  CHECK(beyond(7) == 2);
  CHECK(beyond(std::numeric_limits<float>::max()) == 2);
}

TEST_CASE("the loss adds to its sums, and a label without an output makes it NaN") {
  Workspace<Gpu> workspace;
  const Buffer<double, Gpu> y = on_gpu(std::vector<double>{-1, -2, -3, -0.5, -0.25, -4});
  const BatchView<Shape<3>, const double, Gpu> outputs(y.data(), 2);
  Buffer<double, Gpu> dy(6);
  Buffer<kernels::LossSums, Gpu> sums(1);
  const auto evaluate = [&](const std::vector<std::int32_t>& labels) {
    const Buffer<std::int32_t, Gpu> targets = on_gpu(labels);
    kernels::NegativeLogLikelihood<Gpu>::evaluate(workspace, outputs, targets.span(), 0.5,
                                                  BatchView<Shape<3>, double, Gpu>(dy.data(), 2), sums.data());
    return sums.to_host()[0];
  };
  CHECK(evaluate({0, 2}).loss == 5);
  const kernels::LossSums twice = evaluate({0, 1});
  CHECK(twice.loss == 6.25);
  CHECK(twice.correct == 3);
  CHECK(twice.samples == 4);
  CHECK(dy.to_host() == std::vector<double>{-0.5, 0, 0, 0, -0.5, 0});
  CHECK(std::isnan(evaluate({0, 3}).loss));
}
