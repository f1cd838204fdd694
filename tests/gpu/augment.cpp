// SPDX-License-Identifier: MIT
// Changed and mixed pictures, and what averages weights, on the Gpu.

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/augment_cases.hpp"
#include "support/gpu_layer.hpp"
#include "support/rotated_pictures.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("pictures are changed and mixed as defined") {
  check_augmented<Gpu, std::uint8_t, float>();
  check_augmented<Gpu, float, double>();
  check_mixed<Gpu>();
  check_rotated<Gpu, std::uint8_t, float, 3, 37>();
  check_rotated<Gpu, float, float, 2, 2>();
}

TEST_CASE("pictures that are not rotated have the Cpu's bits") {
  const auto set = pictures<std::uint8_t>(40);
  const auto changed =
      data::augmented(set, {.flip = 0.5, .shift = 3, .cutout = 3, .mean = {0.2, 0.5}, .deviation = {0.5, 0.3}});
  const auto all = [&]<DeviceType Device>() {
    data::Loader<data::Augmented<Pictures<std::uint8_t>>, float, Device> loader(changed, 40);
    loader.shuffle(Seed{1}, 1);
    Workspace<Device> workspace;
    const auto x = on_host<Device>(std::span<const float>(loader.load(0, workspace).x.span()));
    return std::vector<float>(x.begin(), x.end());
  };
  CHECK(all.operator()<Gpu>() == all.operator()<Cpu>());
}

TEST_CASE("a training with changed pictures, soft targets, frozen weights and their average follows the Cpu's") {
  using Model = nn::Sequential<Picture, nn::Flatten, nn::Linear<6>, nn::ReLU, nn::Linear<5>>;
  const auto set = pictures<std::uint8_t>(120);
  const auto mixed = data::mixed<5>(set, {.augment = {.flip = 0.5, .shift = 1}});
  const auto train = [&]<DeviceType Device>() {
    Network<Model, Device, double> network(Seed{1}, nn::init::normal(0.2));
    network.freeze("1.bias");
    optim::Adam adam{{.learning_rate = 0.01}};
    WeightAverage average(network, {.decay = 0.9});
    KeepBest best(network, average, {.metric = "test_accuracy"});
    const TrainingReport report = fit(network, adam, nn::SoftCrossEntropy{.label_smoothing = 0.1}, mixed, set,
                                      {.epochs = 3, .batch_size = 32, .micro_batch_size = 10}, average, best);
    average.apply();
    auto weights = on_host<Device>(std::span<const double>(network.parameters()));
    std::vector<double> all(weights.begin(), weights.end());
    for (const EpochEvent& e : report.epochs) all.insert(all.end(), {e.mean_loss, e.test_loss, e.test_accuracy});
    best.restore();
    weights = on_host<Device>(std::span<const double>(network.parameters()));
    all.insert(all.end(), weights.begin(), weights.end());
    return all;
  };
  CHECK(difference(train.operator()<Gpu>(), train.operator()<Cpu>(), 1e-9) == "");
}
