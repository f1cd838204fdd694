// SPDX-License-Identifier: MIT
#include "odot/train/fit.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/allocations.hpp"
#include "data/temporary_folder.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/adam.hpp"
#include "odot/optim/sgd.hpp"
#include "odot/train/interrupt.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Keeps all that it is told.
struct Recorder : Callback {
  std::string order;  // b: begin, .: batch, e: epoch, E: end
  TrainingPlan plan;
  std::vector<BatchEvent> batches;
  std::vector<EpochEvent> epochs;
  TrainingReport end;

  void on_begin(const TrainingPlan& p) override {
    order += 'b';
    plan = p;
  }
  void on_batch(const BatchEvent& e) override {
    order += '.';
    batches.push_back(e);
  }
  void on_epoch(const EpochEvent& e) override {
    order += 'e';
    epochs.push_back(e);
  }
  void on_end(const TrainingReport& r) override {
    order += 'E';
    end = r;
  }
};

/// Calls a function after every batch.
template <class Body>
struct AfterBatch : Callback {
  explicit AfterBatch(Body b) : body(b) {}
  void on_batch(const BatchEvent& event) override { body(event); }
  Body body;
};

/// Takes small gradients alone, and does nothing with them.
struct Careful {
  void step(auto&, double) { ++steps; }
  template <class Scalar>
  Scalar largest_accepted() const {
    return Scalar{1e-6f};
  }
  int steps = 0;
};

std::vector<float> values(const auto& range) { return {range.begin(), range.end()}; }

double mean(const auto& range) {
  double total = 0;
  for (const auto value : range) total += static_cast<double>(value);
  return total / static_cast<double>(range.size());
}

const SmallSplit& figures() {
  static const SmallSplit split = small_data();
  return split;
}

}  // namespace

TEST_CASE("callbacks hear of everything, in order") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  Recorder first, second;
  fit(network, adam, figures().train, figures().test, {.epochs = 2, .batch_size = 128}, first, second);
  CHECK(first.order == "b...e...eE");
  CHECK(second.order == first.order);
  CHECK(first.plan.epochs == 2);
  CHECK(first.plan.batches == 3);
  CHECK(first.plan.samples == 300);
  CHECK(first.plan.test_samples == 120);
  CHECK(first.plan.batch_size == 128);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(first.batches[i].epoch == i / 3 + 1);
    CHECK(first.batches[i].batch == i % 3 + 1);
    CHECK(first.batches[i].step == i + 1);
    CHECK(first.batches[i].samples == (i % 3 == 2 ? 44 : 128));
    CHECK(std::isfinite(first.batches[i].loss));
    CHECK(first.batches[i].accuracy >= 0);
    CHECK(first.batches[i].accuracy <= 100);
  }
  CHECK(first.batches[0].loss <= 2.5);  // near ln 10 = 2.303
  CHECK(first.batches[0].loss >= 2.1);
  CHECK(adam.steps() == 6);
}

TEST_CASE("an epoch adds up its batches, and the report ends with the last epoch's numbers") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  Recorder recorder;
  const TrainingReport report =
      fit(network, adam, figures().train, figures().test, {.epochs = 2, .batch_size = 128}, recorder);
  REQUIRE(report.epochs.size() == 2);
  double seconds = 0;
  for (std::size_t e = 0; e < 2; ++e) {
    const EpochEvent& epoch = recorder.epochs[e];
    const BatchEvent* b = &recorder.batches[3 * e];
    CHECK(epoch.epoch == e + 1);
    CHECK(std::abs(epoch.mean_loss - (128 * b[0].loss + 128 * b[1].loss + 44 * b[2].loss) / 300) <= 1e-12);
    CHECK(std::abs(epoch.train_accuracy - (128 * b[0].accuracy + 128 * b[1].accuracy + 44 * b[2].accuracy) / 300) <=
          1e-10);
    CHECK(epoch.seconds > 0);
    CHECK(std::abs(epoch.samples_per_second * epoch.seconds - 300) <= 1e-6);
    CHECK(report.epochs[e].mean_loss == epoch.mean_loss);
    seconds += epoch.seconds;
  }
  const EpochEvent& last = recorder.epochs.back();
  CHECK_FALSE(report.interrupted);
  CHECK(report.test_loss == last.test_loss);
  CHECK(report.accuracy == last.test_accuracy);
  CHECK(std::abs(report.seconds - seconds) <= 1e-9);
  CHECK(recorder.end.accuracy == report.accuracy);

  const nn::LossSums test = evaluate(network, network.workspace(), figures().test);
  CHECK(report.accuracy == 100.0 * static_cast<double>(test.correct) / 120);
  CHECK(report.accuracy == test.accuracy());
  CHECK(std::abs(report.test_loss - test.loss / 120) <= 1e-12);
}

TEST_CASE("training lowers the loss and raises the accuracy on the built-in images") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  const TrainingReport report = fit(network, adam, figures().train, figures().test, {.epochs = 20, .batch_size = 50});
  for (std::size_t e = 5; e < 20; e += 5) CHECK(report.epochs[e].mean_loss < report.epochs[e - 5].mean_loss);
  CHECK(report.epochs.back().mean_loss <= 0.8 * report.epochs.front().mean_loss);
  CHECK(report.epochs.back().train_accuracy >= 50);
  CHECK(report.accuracy >= 25);  // chance: 10
}

TEST_CASE("0 epochs evaluate and change nothing") {
  SmallNetwork network{Seed{1}};
  const auto before = values(network.parameters());
  optim::Adam adam;
  Recorder recorder;
  const TrainingReport report =
      fit(network, adam, figures().train, figures().test, {.epochs = 0, .batch_size = 300}, recorder);
  CHECK(recorder.order == "bE");
  CHECK(report.epochs.empty());
  CHECK_FALSE(report.interrupted);
  CHECK(report.seconds == 0);
  CHECK(std::abs(report.test_loss - std::log(10.0)) <= 0.2);
  CHECK(report.accuracy > 0);
  CHECK(values(network.parameters()) == before);
  CHECK(adam.steps() == 0);
}

TEST_CASE("the same seeds give the same bits on any number of threads, another order other bits") {
  const auto train = [](int threads, std::uint64_t order) {
    SmallNetwork network{Seed{1}, nn::init::normal(), threads};
    optim::Adam adam;
    const TrainingReport report =
        fit(network, adam, figures().train, figures().test, {.epochs = 2, .batch_size = 64, .seed = Seed{order}});
    auto result = values(network.parameters());
    result.push_back(static_cast<float>(report.epochs.back().mean_loss));
    result.push_back(static_cast<float>(report.test_loss));
    return result;
  };
  const auto one = train(1, 5);
  CHECK(train(1, 5) == one);
  CHECK(train(2, 5) == one);
  CHECK(train(3, 5) == one);
  CHECK(train(1, 6) != one);
}

TEST_CASE("fit gives the bits of its steps done by hand") {
  SmallNetwork fitted{Seed{1}}, stepped{Seed{1}};
  optim::Adam adam, other;
  fit(fitted, adam, figures().train, figures().test, {.epochs = 2, .batch_size = 64, .seed = Seed{5}});
  data::Loader batches(figures().train, 64);
  for (std::uint64_t epoch = 1; epoch <= 2; ++epoch) {
    batches.shuffle(Seed{5}, epoch);
    for (std::size_t b = 0; b < batches.count(); ++b) {
      const auto batch = batches.load(b);
      stepped.compute_gradients(batch.x, batch.targets);
      other.step(stepped);
    }
  }
  CHECK(values(fitted.parameters()) == values(stepped.parameters()));
  CHECK(values(fitted.parameters()) != values(SmallNetwork{Seed{1}}.parameters()));
}

TEST_CASE("between backward and step a callback sees the batch's gradients and the weights before it") {
  struct Looker : Callback {
    explicit Looker(SmallNetwork& n) : network(n) {}
    void on_gradients(const StepEvent& e) override {
      steps.push_back(e);
      gradients = values(network.gradients());
      weights.push_back(values(network.parameters()));
    }
    void on_batch(const BatchEvent& e) override {
      CHECK(e.step == steps.size());
      CHECK(values(network.gradients()) == gradients);
      CHECK(values(network.parameters()) != weights.back());
    }
    SmallNetwork& network;
    std::vector<StepEvent> steps;
    std::vector<float> gradients;
    std::vector<std::vector<float>> weights;
  };
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  Looker looker(network);
  fit(network, adam, figures().train, figures().test, {.epochs = 2, .batch_size = 128}, looker);
  REQUIRE(looker.steps.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(looker.steps[i].epoch == i / 3 + 1);
    CHECK(looker.steps[i].batch == i % 3 + 1);
    CHECK(looker.steps[i].step == i + 1);
    CHECK(looker.steps[i].samples == (i % 3 == 2 ? 44 : 128));
  }
  CHECK(looker.weights[0] == values(SmallNetwork{Seed{1}}.parameters()));
  CHECK(mean(looker.gradients) != 0);
}

TEST_CASE("a callback may change the gradients, and hears nothing of those that are not finite") {
  struct Stopper : Callback {
    explicit Stopper(SmallNetwork& n) : network(n) {}
    void on_gradients(const StepEvent&) override {
      ++heard;
      std::ranges::fill(network.gradients(), 0.0f);
    }
    SmallNetwork& network;
    int heard = 0;
  };
  SmallNetwork network{Seed{1}};
  const auto before = values(network.parameters());
  optim::SGD sgd;
  Stopper stopper(network);
  fit(network, sgd, figures().train, figures().test, {.epochs = 1, .batch_size = 150}, stopper);
  CHECK(stopper.heard == 2);
  CHECK(values(network.parameters()) == before);
  network.parameter("1.bias")[0] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(fit(network, sgd, figures().train, figures().test, {.epochs = 1, .batch_size = 150}, stopper),
                  NonFiniteError);
  CHECK(stopper.heard == 2);
}

TEST_CASE("batch sizes that do not fit are rejected with both numbers") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  const auto start = [&](std::size_t batch_size) {
    fit(network, adam, figures().train, figures().test, {.epochs = 1, .batch_size = batch_size});
  };
  CHECK(says(message_of<ArgumentError>([&] { start(301); }), "batch size 301", "300 samples"));
  CHECK(says(message_of<ArgumentError>([&] { start(0); }), "batch size 0"));
  CHECK_NOTHROW(start(300));
}

TEST_CASE("a label that the model has no output for is rejected") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  auto broken = figures();
  broken.train.targets[17] = 10;
  CHECK_THROWS_AS(fit(network, adam, broken.train, broken.test, {.epochs = 1, .batch_size = 100}), ArgumentError);
}

TEST_CASE("an empty test set is rejected") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  CHECK_THROWS_AS(fit(network, adam, figures().train, figures().test.first(0), {.epochs = 1, .batch_size = 100}),
                  ArgumentError);
}

TEST_CASE("the schedule's factor is asked for every step and scales it") {
  SmallNetwork network{Seed{1}};
  const auto before = values(network.parameters());
  optim::SGD sgd{{.learning_rate = 1}};
  std::vector<std::size_t> asked;
  const auto schedule = [&](std::size_t step) {
    asked.push_back(step);
    return 0.0;
  };
  fit(network, sgd, figures().train, figures().test, {.epochs = 2, .batch_size = 128, .schedule = schedule});
  CHECK(asked == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
  CHECK(values(network.parameters()) == before);
}

TEST_CASE("should_stop ends the training after the batch, and the report says so") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  Recorder recorder;
  const auto stop = [&] { return recorder.batches.size() == 5; };
  const TrainingReport report = fit(network, adam, figures().train, figures().test,
                                    {.epochs = 9, .batch_size = 128, .should_stop = stop}, recorder);
  CHECK(recorder.order == "b...e..E");
  CHECK(report.interrupted);
  CHECK(recorder.end.interrupted);
  CHECK(report.epochs.size() == 1);
  const nn::LossSums test = evaluate(network, network.workspace(), figures().test);  // of the network as it was left
  CHECK(std::abs(report.test_loss - test.loss / 120) <= 1e-12);
}

TEST_CASE("a training stopped in its first epoch is evaluated as it was left") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  Recorder recorder;
  const auto stop = [&] { return recorder.batches.size() == 2; };
  const TrainingReport report = fit(network, adam, figures().train, figures().test,
                                    {.epochs = 9, .batch_size = 128, .should_stop = stop}, recorder);
  CHECK(recorder.order == "b..E");
  CHECK(report.interrupted);
  CHECK(report.epochs.empty());
  CHECK(report.accuracy > 0);
}

TEST_CASE("a wish to stop after the very last batch interrupts nothing") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  Recorder recorder;
  const auto stop = [&] { return recorder.batches.size() == 3; };
  const TrainingReport report = fit(network, adam, figures().train, figures().test,
                                    {.epochs = 1, .batch_size = 128, .should_stop = stop}, recorder);
  CHECK_FALSE(report.interrupted);
  CHECK(report.epochs.size() == 1);
}

TEST_CASE("Ctrl-C ends the batch and is reported") {
  SmallNetwork network{Seed{1}};
  optim::Adam adam;
  const Interrupt interrupt;
  AfterBatch press([](const BatchEvent& event) {
    if (event.step == 2) std::raise(SIGINT);
  });
  const TrainingReport report =
      fit(network, adam, figures().train, figures().test,
          {.epochs = 3, .batch_size = 128, .should_stop = [&] { return interrupt.requested(); }}, press);
  CHECK(report.interrupted);
  CHECK(adam.steps() == 2);
}

TEST_CASE("a loss that is not finite ends the training, with epoch, batch and origin") {
  SmallNetwork network{Seed{1}};
  optim::SGD sgd{{.learning_rate = 1e38}};
  const std::string text = message_of<NonFiniteError>(
      [&] { fit(network, sgd, figures().train, figures().test, {.epochs = 1, .batch_size = 128}); });
  CHECK(says(text, "epoch 1, batch 2: the loss is not finite", "first seen in", "learning rate"));
}

TEST_CASE("a parameter that is not finite ends the training before the next step") {
  SmallNetwork network{Seed{1}};
  optim::SGD sgd;
  AfterBatch poison([&](const BatchEvent& event) {
    if (event.step == 1) network.parameter("1.weight")[0] = std::numeric_limits<float>::quiet_NaN();
  });
  const std::string text = message_of<NonFiniteError>(
      [&] { fit(network, sgd, figures().train, figures().test, {.epochs = 1, .batch_size = 128}, poison); });
  CHECK(says(text, "epoch 1, batch 2: ", "parameter 1.weight"));
  CHECK(sgd.steps() == 1);
}

TEST_CASE("a gradient beyond what an optimizer of your own takes is named before its step") {
  Careful careful;
  SmallNetwork network{Seed{1}};
  const std::string text = message_of<NonFiniteError>(
      [&] { fit(network, careful, figures().train, figures().test, {.epochs = 1, .batch_size = 128}); });
  CHECK(says(text, "epoch 1, batch 1: the gradient of 1.bias is beyond 9.99999997e-07 in 10 of 10 elements"));
  CHECK(careful.steps == 0);
}

TEST_CASE("no batch after the first of its size allocates") {
  for (const int threads : {1, 2}) {
    SmallNetwork network{Seed{1}, nn::init::normal(), threads};
    optim::Adam adam;
    std::size_t at = 0;
    AfterBatch count([&](const BatchEvent& event) {
      if (event.batch == 2) CHECK(allocations() == at);
      at = allocations();
    });
    fit(network, adam, figures().train, figures().test, {.epochs = 2, .batch_size = 150}, count);
  }
}
