#pragma once
// SPDX-License-Identifier: MIT
// A training with all that depends on more than the weights: dropout, a norm's buffers, a schedule, parameter groups,
// changed images, frozen parameters, the average of weights, the best epoch, early stopping.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "odot/any_device.hpp"
#include "support/hash_uniform.hpp"

namespace odot::test {

using ResumedImage = Shape<1, 4, 3>;
using ResumedModel =
    nn::Sequential<ResumedImage, nn::Conv2d<4, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, nn::BatchNorm2d<>,
                   nn::ReLU, nn::Flatten, nn::Dropout<0.3>, nn::Linear<10>, nn::LogSoftmax>;

/// Pixels of a formula, brighter in another place for every other class.
inline data::Dataset<ResumedImage> resumed_set(std::size_t samples, std::size_t salt) {
  data::Dataset<ResumedImage> set{.name = "figures"};
  for (std::size_t n = 0; n < samples; ++n) {
    set.targets.push_back(static_cast<std::int32_t>(n * 7 % 10));
    for (std::size_t i = 0; i < ResumedImage::size; ++i)
      set.values.push_back(static_cast<std::uint8_t>(120 * (hash_uniform(salt + n * ResumedImage::size + i) + 0.5) +
                                                     (i % 10 == n * 7 % 10 ? 130 : 0)));
  }
  return set;
}

/// A table without its columns of time.
inline std::string without_times(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string all, line;
  while (std::getline(file, line)) {
    std::size_t end = line.size();
    if (path.filename() == "epochs.csv")
      for (int column = 0; column < 2; ++column) end = line.rfind(',', end - 1);
    all += line.substr(0, end) + '\n';
  }
  return all;
}

/// All that must be the same at the end: arrays and facts of network, optimizer, callbacks; numbers of the report;
/// tables.
struct TrainingEnd {
  Snapshot network, optimizer, best;
  std::vector<double> numbers;
  std::string batches, epochs;

  bool operator==(const TrainingEnd& o) const {
    const auto same = [](const Snapshot& a, const Snapshot& b) {
      if (a.facts() != b.facts() || a.arrays().size() != b.arrays().size()) return false;
      for (const auto& array : a.arrays()) {
        const auto* other = b.find(array.name);
        if (!other || array.shape != other->shape || array.type != other->type || array.bytes != other->bytes)
          return false;
      }
      return true;
    };
    return same(network, o.network) && same(optimizer, o.optimizer) && same(best, o.best) && numbers == o.numbers &&
           batches == o.batches && epochs == o.epochs;
  }
};

/// Trains for `epochs`, from a position where there is one. `seed`: of the initial weights, which a position replaces.
template <DeviceType Device>
TrainingEnd resumed_training(const std::filesystem::path& folder, std::size_t epochs, std::optional<Snapshot> resume,
                             int threads, std::uint64_t seed, auto&... watchers) {
  static const data::Split<data::Dataset<ResumedImage>> data{resumed_set(100, 0), resumed_set(40, 10'000)};
  Network<ResumedModel, Device> network(Seed{seed}, nn::init::normal(), threads);
  optim::AdamW adam{{.learning_rate = 0.02, .max_gradient_norm = 1}, {{"*.bias", {.weight_decay = 0}}}};
  WeightAverage average(network, {.decay = 0.8});
  KeepBest best(network, average, {.metric = "test_accuracy"});
  EarlyStopping stopping({.metric = "mean_loss", .patience = 100});
  network.freeze("0.bias");
  CsvLog log(folder);
  const FitOptions options{.epochs = epochs,
                           .batch_size = 32,  // batches of 32, 32, 32 and 4 samples
                           .seed = Seed{5},
                           .schedule = optim::schedule::step(5, 0.9),
                           .resume = std::move(resume)};
  const auto changed = data::augmented(data.train, {.flip = 0.5, .rotation = 20, .shift = 1, .cutout = 1});
  const nn::CrossEntropy loss{.label_smoothing = 0.1, .class_weights = {1, 2, 3, 1, 1, 1, 1, 1, 1, 1}};
  const TrainingReport report =
      fit(network, adam, loss, changed, data.test, options, average, log, best, stopping, watchers...);
  TrainingEnd end{network.snapshot(), adam.snapshot(network), best.state(), {}, {}, {}};
  for (const EpochEvent& e : report.epochs)
    end.numbers.insert(end.numbers.end(),
                       {double(e.epoch), e.mean_loss, e.train_accuracy, e.test_loss, e.test_accuracy});
  end.numbers.insert(end.numbers.end(), {report.test_loss, report.accuracy, double(network.step()), stopping.value(),
                                         double(stopping.epochs_since())});
  average.apply();
  const auto averaged = on_host<Device>(std::span<const float>(network.parameters()));
  for (const float weight : averaged) end.numbers.push_back(double(weight));
  end.batches = without_times(folder / "batches.csv");
  end.epochs = without_times(folder / "epochs.csv");
  return end;
}

}  // namespace odot::test
