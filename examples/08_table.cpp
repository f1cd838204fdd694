// SPDX-License-Identifier: MIT
// A CSV file of numbers with a column of names is a data set like any other. Trains on four fifths of it, tests on the
// rest.

#include "program.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <locale>
#include <random>
#include <string>
#include <vector>

using namespace odot;

using Flower = Shape<3>;
using Classifier = nn::Sequential<Flower, nn::Linear<16>, nn::ReLU, nn::Linear<3>, nn::LogSoftmax>;

/// Writes 150 random flowers of three kinds; your own program already has its file.
void write_flowers(const std::filesystem::path& path) {
  struct Kind {
    const char* name;
    double mean[3];
  };
  const Kind kinds[] = {{"anemone", {5, 1.5, 0.25}}, {"bellflower", {6, 4.25, 1.25}}, {"clover", {6.5, 5.5, 2}}};
  const Random random(Seed{1});
  std::ofstream file(path);
  file.imbue(std::locale::classic());
  file << "length,width,height,kind\n";
  for (std::size_t i = 0; i < 150; ++i) {
    const Kind& kind = kinds[i % 3];
    for (std::size_t c = 0; c < 3; ++c) file << kind.mean[c] + 0.3 * random.normal(3 * i + c) << ',';
    file << kind.name << '\n';
  }
}

int train_on_table() {
  const auto path =
      std::filesystem::temp_directory_path() / ("odot_08_" + std::to_string(std::random_device{}()) + ".csv");
  write_flowers(path);
  const data::Table table = data::read_csv(path, {.categories = {"kind"}});
  std::filesystem::remove(path);

  auto split = data::hold_out(data::dataset<Flower>(table, {.targets = {"kind"}}, "flowers"), 5, 0, Seed{1});
  const data::Standardisation scale = data::standardise(split);  // by the training samples
  const auto& [train, test] = split;
  std::printf("%zu flowers to train with, %zu to judge by\n", train.size(), test.size());

  Network<Classifier> network{Seed{1}, nn::init::kaiming()};
  optim::Adam adam{{.learning_rate = 1e-2}};
  const TrainingReport report = fit(network, adam, train, test, {.epochs = 30, .batch_size = 20});
  std::printf("accuracy %.1f %%\n", report.accuracy);

  // A flower that is not in the file: scaled as the training samples were.
  std::vector<float> measured{6.1f, 4.0f, 1.3f};
  data::standardise(measured, scale);
  const auto log_probabilities = network.predict(Batch<Flower>::from(measured));
  const auto best = std::ranges::max_element(log_probabilities) - log_probabilities.begin();
  std::printf("6.1 × 4.0 × 1.3: a %s\n", train.classes[static_cast<std::size_t>(best)].c_str());
  return report.accuracy >= 90 ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains a small network on a CSV file and predicts a flower that is not in it.",
                      train_on_table);
}
