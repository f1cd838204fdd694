// SPDX-License-Identifier: MIT
// Whole models on the Gpu against the Cpu: initial weights, gradients, predictions, training.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../../examples/paper_figures.hpp"
#include "data/temporary_folder.hpp"
#include "odot/gpu.hpp"
#include "odot/io/tensorboard.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/event_reader.hpp"
#include "support/gpu_layer.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// The control model with fewer channels and a smaller image.
using SmallControl =
    nn::Sequential<Shape<1, 12, 8>, nn::Conv2d<6, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::ReLU,
                   nn::Conv2d<6, nn::Conv2dOptions{.kernel_size = 2, .stride = 2, .bias = false}>, nn::ReLU,
                   nn::Conv2d<9, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::ReLU, nn::Flatten,
                   nn::Linear<10>, nn::LogSoftmax>;
/// Model A with an image that a thread of a host takes lightly.
using SmallAttention = nn::Sequential<Shape<2, 6, 5>, nn::AttentionWise<3, nn::AttentionWiseOptions{.norm = true}>,
                                      nn::AttentionWise<2>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
/// The minimal transformers on a smaller image, 6 × 4 patches of it.
struct SmallTransformer : models::MinimalTransformer<Shape<1, 8, 12>, 1, 4> {};
struct SmallestTransformer : models::MinimalTransformer<Shape<1, 8, 12>, 2, 1, nn::AttentionForm::wqk_only, false> {};

/// Pixels of a formula, brighter in another corner for every other class.
template <ShapeType In>
data::Dataset<In> figures(std::size_t samples) {
  data::Dataset<In> set{.name = "figures"};
  for (std::size_t n = 0; n < samples; ++n) {
    set.targets.push_back(static_cast<std::int32_t>(n * 7 % 10));
    for (std::size_t i = 0; i < In::size; ++i)
      set.values.push_back(
          static_cast<std::uint8_t>(120 * (hash_uniform(n * In::size + i) + 0.5) + (i % 10 == n * 7 % 10 ? 130 : 0)));
  }
  return set;
}

/// A batch and its labels on both devices, numbers that a float can hold.
template <class Model, class Scalar>
struct Problem {
  using In = typename Model::input_shape;
  explicit Problem(std::size_t samples) : x(samples) {
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(hash_uniform(i) + 0.5);
    for (std::size_t n = 0; n < samples; ++n) labels.push_back(static_cast<std::int32_t>(n * 7 % 10));
    gpu_x = on_gpu<Scalar>(x.span());
    gpu_labels = on_gpu(labels);
  }
  BatchView<In, const Scalar, Gpu> on_device() const { return {gpu_x.data(), x.samples()}; }

  Batch<In, double> x;
  std::vector<std::int32_t> labels;
  Buffer<Scalar, Gpu> gpu_x;
  Buffer<std::int32_t, Gpu> gpu_labels;
};

/// Loss, gradients, buffers and predictions of both devices.
/// In `Scalar` on the Gpu, in double on the Cpu.
template <class Model, class Scalar>
void check_model(std::size_t samples, double tolerance) {
  const Problem<Model, Scalar> problem(samples);
  Network<Model, Cpu, double> cpu(Seed{3}, nn::init::normal(0.2));
  Network<Model, Gpu, Scalar> device(Seed{3}, nn::init::normal(0.2));
  CHECK(std::ranges::equal(on_host<Gpu>(device.parameters()), cpu.parameters(), {}, {},
                           [](double weight) { return static_cast<Scalar>(weight); }));
  const nn::LossSums expected = cpu.compute_gradients(problem.x, problem.labels);
  const nn::LossSums sums = device.compute_gradients(problem.on_device(), problem.gpu_labels.span());
  CHECK(std::abs(sums.loss - expected.loss) <= tolerance * expected.loss);
  CHECK(sums.correct == expected.correct);
  CHECK(sums.samples == expected.samples);
  const std::vector<Scalar> gradients = on_host<Gpu>(device.gradients());
  double largest = 0;  // of all: a convolution's bias before a batch norm has a gradient of rounding errors alone
  for (const double gradient : cpu.gradients()) largest = std::max(largest, std::abs(gradient));
  CHECK(largest > 1e-3);
  CHECK(difference_within(gradients, cpu.gradients(), tolerance * largest) == "");
  CHECK((cpu.buffers().empty() || difference(on_host<Gpu>(device.buffers()), cpu.buffers(), tolerance) == ""));
  const auto y = cpu.predict(problem.x);
  const auto on_device = device.predict(problem.on_device());
  CHECK(difference(on_host<Gpu>(on_device.span()), y.span(), tolerance) == "");
}

template <class Model>
void check_fit(std::size_t batch_size) {
  using In = typename Model::input_shape;
  const auto train = figures<In>(300), test = figures<In>(120);
  const FitOptions options{.epochs = 2, .batch_size = batch_size};
  Network<Model, Cpu, double> cpu(Seed{1}, nn::init::normal(0.1));
  Network<Model, Gpu, double> device(Seed{1}, nn::init::normal(0.1));
  optim::Adam first{{.learning_rate = 1e-2}}, second{{.learning_rate = 1e-2}};
  const TrainingReport expected = fit(cpu, first, train, test, options);
  std::vector<BatchEvent> batches;
  struct Listener : Callback {
    explicit Listener(std::vector<BatchEvent>& list) : events(list) {}
    void on_batch(const BatchEvent& event) override { events.push_back(event); }
    std::vector<BatchEvent>& events;
  } listener(batches);
  const TrainingReport report = fit(device, second, train, test, options, listener);
  CHECK(report.epochs.size() == 2);
  CHECK(batches.size() == 2 * ((300 + batch_size - 1) / batch_size));
  CHECK(batches.back().step == batches.size());
  for (std::size_t e = 0; e < report.epochs.size(); ++e) {
    CHECK(std::abs(report.epochs[e].mean_loss - expected.epochs[e].mean_loss) <= 1e-7 * expected.epochs[e].mean_loss);
    CHECK(report.epochs[e].train_accuracy == expected.epochs[e].train_accuracy);
    CHECK(report.epochs[e].test_accuracy == expected.epochs[e].test_accuracy);
  }
  CHECK(difference(on_host<Gpu>(device.parameters()), cpu.parameters(), 1e-6) == "");
}

}  // namespace

TEST_CASE("a model's loss, gradients and predictions match the Cpu's") {
  check_model<SmallAttention, double>(13, 1e-11);
  check_model<SmallAttention, float>(13, 2e-4);
  check_model<SmallControl, double>(13, 1e-11);
  check_model<SmallControl, float>(13, 2e-4);
}

TEST_CASE("model B matches the Cpu's") { check_model<models::ModelB, float>(6, 2e-4); }

TEST_CASE("minimal transformers match the Cpu's") {
  check_model<SmallTransformer, double>(7, 1e-11);
  check_model<SmallTransformer, float>(7, 2e-4);
  check_model<SmallestTransformer, double>(7, 1e-11);
  check_model<SmallestTransformer, float>(7, 2e-4);
}

TEST_CASE("training with fit follows the Cpu's, batch by batch") {
  check_fit<nn::Sequential<Shape<1, 6, 5>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>>(128);
  check_fit<SmallAttention>(64);
  check_fit<SmallestTransformer>(64);
}

TEST_CASE("what a callback has a device do with gradients is there when it hears of the batch") {
  using Model = nn::Sequential<Shape<1, 6, 5>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
  const auto set = figures<Shape<1, 6, 5>>(100);
  const auto train = [&]<DeviceType Device>() {
    Network<Model, Device, double> network(Seed{1}, nn::init::normal(0.1));
    optim::Adam adam{{.learning_rate = 1e-2}};
    trainer::PaperFigures figures(network, {.parameter = "1.bias", .elements = 3});
    std::vector<double> averages;
    struct Listener : Callback {
      Listener(const trainer::PaperFigures<Device, double>& of, std::vector<double>& list)
          : figures(of), events(list) {}
      void on_batch(const BatchEvent&) override { events.push_back(figures.gradient_average()); }
      const trainer::PaperFigures<Device, double>& figures;
      std::vector<double>& events;
    } listener(figures, averages);
    fit(network, adam, set, set, {.epochs = 3, .batch_size = 32}, figures, listener);
    averages.push_back(figures.loss());
    return averages;
  };
  const auto expected = train.operator()<Cpu>(), found = train.operator()<Gpu>();
  REQUIRE(found.size() == 13);
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - expected[i]) <= 1e-9);
  CHECK(std::abs(found[0]) > 1e-4);
  CHECK(found[0] != found[1]);
}

TEST_CASE("TensorBoard's histograms of a batch are of the network after that batch") {
  using Model = nn::Sequential<Shape<1, 6, 5>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
  const auto set = figures<Shape<1, 6, 5>>(100);
  const auto train = [&]<DeviceType Device>() {
    const TemporaryFolder folder;
    Network<Model, Device, double> network(Seed{1}, nn::init::normal(0.1));
    optim::Adam adam{{.learning_rate = 1e-2}};
    io::TensorBoard board(folder.path(), network, {.histograms_every_batches = 3});
    fit(network, adam, set, set, {.epochs = 2, .batch_size = 32}, board);
    std::vector<ReadEvent> histograms;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      for (ReadEvent& event : read_events(entry.path()))
        if (event.kind == "histogram") histograms.push_back(std::move(event));
    return histograms;
  };
  const auto expected = train.operator()<Cpu>(), found = train.operator()<Gpu>();
  REQUIRE(found.size() == 2 + 4 * 4);  // before the first batch; after batches 3, 4, 6 and 8
  REQUIRE(expected.size() == found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].tag == expected[i].tag);
    CHECK(found[i].step == expected[i].step);
    for (std::size_t f = 0; f < 5; ++f) CHECK(std::abs(found[i].figures[f] - expected[i].figures[f]) <= 1e-7);
  }
}

TEST_CASE("two trainings give the same bits") {
  const auto set = figures<Shape<2, 6, 5>>(100);
  const auto train = [&] {
    Network<SmallAttention, Gpu> network(Seed{5});
    optim::Adam adam;
    fit(network, adam, set, set, {.epochs = 2, .batch_size = 32});
    return on_host<Gpu>(network.parameters());
  };
  CHECK(train() == train());
}

TEST_CASE("weights move between devices and scalars with one call") {
  Network<SmallAttention, Cpu> cpu(Seed{1});
  Network<SmallAttention, Gpu> device(Seed{2});
  device.copy_weights_from(cpu);
  CHECK(std::ranges::equal(on_host<Gpu>(device.parameters()), cpu.parameters()));
  CHECK(std::ranges::equal(on_host<Gpu>(device.buffers()), cpu.buffers()));
  Network<SmallAttention, Cpu, double> back(Seed{3});
  back.copy_weights_from(device);
  CHECK(std::ranges::equal(back.parameters(), cpu.parameters()));
}

TEST_CASE("a training whose loss is not finite says in which batch") {
  const auto set = figures<Shape<2, 6, 5>>(100);
  Network<SmallAttention, Gpu> network(Seed{5});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Gpu::copy_from_host(network.parameters().data(), &nan, sizeof nan);
  optim::Adam adam;
  std::string message;
  try {
    fit(network, adam, set, set, {.epochs = 1, .batch_size = 50});
  } catch (const NonFiniteError& error) {
    message = error.what();
  }
  CHECK(message.starts_with("epoch 1, batch 1: the loss is not finite"));
}

TEST_CASE("a training whose gradient Adam can't square says in which batch") {
  // One number in, no bias: the loss is (w x − t)², so its gradient is 2 (w x − t) x, here about 2e20.
  using Model = nn::Sequential<Shape<1, 1>, nn::Flatten, nn::Linear<1, nn::LinearOptions{.bias = false}>>;
  const data::Windows<Shape<1, 1>, Shape<1>> set{
      .name = "large", .values = std::vector<float>(4, 1e20f), .targets = std::vector<float>(4, 1.0f)};
  Network<Model, Gpu> network(Seed{5});
  const float zero = 0;
  Gpu::copy_from_host(network.parameters().data(), &zero, sizeof zero);
  optim::Adam adam;
  CHECK_THROWS_WITH_AS(
      fit<nn::MeanSquaredError>(network, adam, set, {.epochs = 1, .batch_size = 2}),
      doctest::Contains("epoch 1, batch 1: the gradient is not finite, or too large for the optimizer, in 1 elements"),
      NonFiniteError);
}

TEST_CASE("a second training step takes no more memory") {
  const Problem<SmallAttention, float> problem(20);
  Network<SmallAttention, Gpu> network(Seed{1});
  network.compute_gradients(problem.on_device(), problem.gpu_labels.span());
  const std::size_t bytes = network.workspace().capacity();
  network.compute_gradients(problem.on_device(), problem.gpu_labels.span());
  CHECK(network.workspace().capacity() == bytes);
  CHECK(bytes > 0);
}
