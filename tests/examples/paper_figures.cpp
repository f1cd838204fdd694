// SPDX-License-Identifier: MIT
#include "../../examples/paper_figures.hpp"
#include "../../examples/callbacks.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/optim/adam.hpp"
#include "odot/train/fit.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;
using trainer::PaperFigures;
using trainer::Watch;

namespace {

/// After every batch, and after every epoch.
template <class Batch, class Epoch>
struct After : Callback {
  After(Batch b, Epoch e) : batch(b), epoch(e) {}
  void on_batch(const BatchEvent& event) override { batch(event); }
  void on_epoch(const EpochEvent& event) override { epoch(event); }
  Batch batch;
  Epoch epoch;
};

double mean(const auto& range) {
  double total = 0;
  for (const auto value : range) total += static_cast<double>(value);
  return total / static_cast<double>(range.size());
}

const auto& figures_data() {
  static const auto split = small_data();
  return split;
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

TEST_CASE("the first parameter's gradient is watched, or what is asked for") {
  const auto check = [](const Watch& watch, const std::string& name, std::size_t elements) {
    SmallNetwork network{Seed{1}};
    optim::Adam adam;
    PaperFigures figures(network, watch);
    int batches = 0;
    double sum = 0, last = 0;
    After compare(
        [&](const BatchEvent& event) {
          last = mean(network.gradient(name).first(elements));
          CHECK(std::abs(figures.gradient_average() - last) <= 1e-15);
          CHECK(last != 0);
          sum = (event.batch == 1 ? 0 : sum) + event.loss;
          ++batches;
        },
        [&](const EpochEvent&) {
          CHECK(figures.loss() == sum);
          CHECK(std::abs(figures.gradient_average() - last) <= 1e-15);
        });
    fit(network, adam, figures_data().train, figures_data().test, {.epochs = 2, .batch_size = 128}, figures, compare);
    CHECK(batches == 6);
    CHECK(figures.loss() == sum);
  };
  check({}, "1.weight", 7840);
  check({.parameter = "1.bias"}, "1.bias", 10);
  check({.parameter = "1.weight", .elements = 784}, "1.weight", 784);
}

TEST_CASE("what can't be watched is rejected before the training starts") {
  SmallNetwork network{Seed{1}};
  const auto start = [&](const Watch& watch) { PaperFigures figures(network, watch); };
  CHECK(says(message_of<ArgumentError>([&] { start({.parameter = "0.weight"}); }), "\"0.weight\"", "1.weight, 1.bias"));
  CHECK(says(message_of<ArgumentError>([&] { start({.parameter = "1.bias", .elements = 11}); }),
             "11 elements of 1.bias, which has 10"));
}

TEST_CASE("the loss is the last whole epoch's, without one that of the batches so far") {
  const auto train = [](std::size_t stop_after) {
    SmallNetwork network{Seed{1}};
    optim::Adam adam;
    PaperFigures figures(network);
    std::vector<double> losses;
    After keep([&](const BatchEvent& event) { losses.push_back(event.loss); }, [](const EpochEvent&) {});
    fit(network, adam, figures_data().train, figures_data().test,
        {.epochs = 9, .batch_size = 128, .should_stop = [&] { return losses.size() == stop_after; }}, figures, keep);
    return figures.loss() == (stop_after < 3 ? losses[0] + losses[1] : losses[0] + losses[1] + losses[2]);
  };
  CHECK(train(2));
  CHECK(train(5));
}

TEST_CASE("the trainers' tables and lines have the papers' columns in their places") {
  const TemporaryFolder folder;
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  PaperFigures figures(network);
  const trainer::RunFiles files{.out = (folder.path() / "out").string()};
  trainer::with_callbacks(figures, files, true, {.epochs = 1, .batch_size = 150},
                          [&](const FitOptions& options, auto&... callbacks) {
                            return fit(network, adam, figures_data().train, figures_data().test, options, callbacks...);
                          });
  CHECK(first_line(folder.path() / "out" / "batches.csv") == "step,epoch,batch,samples,loss,gradient_average,accuracy");
  CHECK(first_line(folder.path() / "out" / "epochs.csv") ==
        "epoch,loss,mean_loss,train_accuracy,test_loss,test_accuracy,gradient_average,seconds,samples_per_second");
}
