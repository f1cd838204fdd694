// SPDX-License-Identifier: MIT
// The loop without a network: what it makes of steps' results.
#include "odot/train/training_loop.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace odot;

namespace {

/// Steps that leave what the test says.
struct Script final : detail::Steps {
  explicit Script(bool at_once, std::size_t batches) : Steps(at_once), results(batches) {
    for (std::size_t b = 0; b < batches; ++b)
      results[b].sums = {.loss = 2.0 * static_cast<double>(b + 1), .correct = 1, .samples = 2, .labelled = true};
  }
  void begin_epoch(Seed, std::uint64_t epoch) override { order += std::to_string(epoch); }
  void run(const StepEvent& at, double f) override {
    order += 's';
    steps.push_back(at);
    factors.push_back(f);
  }
  void fetch(std::size_t first, std::span<detail::StepResult> to) override {
    order += 'f';
    std::copy_n(results.begin() + static_cast<std::ptrdiff_t>(first), to.size(), to.begin());
  }
  nn::LossSums evaluate() override {
    order += 'v';
    return {.loss = 3, .samples = 4};
  }
  bool can_be_kept() const override { return true; }
  Snapshot snapshot() const override {
    Snapshot kept;
    kept.set_fact("script.steps", steps.size());
    return kept;
  }
  Snapshot options() const override { return {}; }
  void restore(const Snapshot& kept) override { order += "r" + kept.required_text("script.steps"); }

  std::vector<detail::StepResult> results;
  std::string order;
  std::vector<StepEvent> steps;
  std::vector<double> factors;
};

struct Listener : Callback {
  explicit Listener(Script& s) : script(s) {}
  void on_begin(const TrainingPlan&) override { script.order += '('; }
  void on_batch(const BatchEvent& e) override {
    script.order += '.';
    batches.push_back(e);
  }
  void on_epoch(const EpochEvent&) override { script.order += 'e'; }
  void on_end(const TrainingReport&) override { script.order += ')'; }
  Script& script;
  std::vector<BatchEvent> batches;
};

TrainingReport train(Script& script, Listener& listener, const FitOptions& options) {
  Callback* const callbacks[] = {&listener};
  return detail::TrainingLoop(script, options, callbacks)
      .run({.epochs = options.epochs,
            .batches = script.results.size(),
            .samples = 2 * script.results.size(),
            .test_samples = 4,
            .batch_size = 2});
}

std::string message(const auto& body) {
  try {
    body();
  } catch (const NonFiniteError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a result that is there at once is told before the next step, others at the end of an epoch") {
  for (const bool at_once : {true, false}) {
    Script script(at_once, 3);
    Listener listener(script);
    const TrainingReport report =
        train(script, listener, {.epochs = 2, .schedule = [](std::size_t s) { return 0.5 * double(s); }});
    CHECK(script.order == (at_once ? "(1sf.sf.sf.ve2sf.sf.sf.ve)" : "(1sssf...ve2sssf...ve)"));
    CHECK(script.factors == std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5});
    REQUIRE(listener.batches.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
      CHECK(script.steps[i].step == i + 1);
      CHECK(listener.batches[i].step == i + 1);
      CHECK(listener.batches[i].loss == static_cast<double>(i % 3 + 1));
      CHECK(listener.batches[i].accuracy == 50);
    }
    CHECK(report.epochs[0].mean_loss == 2);
    CHECK(report.epochs[1].train_accuracy == 50);
    CHECK(report.test_loss == 0.75);
    CHECK(std::isnan(report.accuracy));
  }
}

TEST_CASE(
    "a late result that is not finite ends the training with its epoch and batch, and callbacks hear of the end") {
  Script script(false, 3);
  script.results[1].refused_elements = 4;
  Listener listener(script);
  CHECK(message([&] {
          train(script, listener, {.epochs = 2});
        }).starts_with("epoch 1, batch 2: the gradient is not finite, or too large for the optimizer, in 4 elements"));
  CHECK(script.order == "(1sssf.)");
  script.results[0].sums.loss = std::numeric_limits<double>::quiet_NaN();
  script.order.clear();
  CHECK(message([&] {
          train(script, listener, {.epochs = 2});
        }).starts_with("epoch 1, batch 1: the loss is not finite;"));
  CHECK(script.order == "(1sssf)");
}

TEST_CASE("what a step throws gets its epoch and batch") {
  struct Failing {
    static double at(std::size_t step) {
      if (step == 4) throw NonFiniteError("no number");
      return 1;
    }
  };
  Script script(true, 3);
  Listener listener(script);
  CHECK(message([&] { train(script, listener, {.epochs = 3, .schedule = Failing::at}); }) ==
        "epoch 2, batch 2: no number");
}

TEST_CASE("a training that is stopped tells of the batches that were done, late or not") {
  for (const bool at_once : {true, false}) {
    Script script(at_once, 3);
    Listener listener(script);
    const TrainingReport report =
        train(script, listener, {.epochs = 2, .should_stop = [&] { return script.steps.size() == 2; }});
    CHECK(script.order == (at_once ? "(1sf.sf.v)" : "(1ssf..v)"));
    CHECK(report.interrupted);
    CHECK(report.epochs.empty());
    CHECK(report.test_loss == 0.75);
  }
}

namespace {

/// Exchanges a number with its own around evaluations, as WeightAverage does.
struct Exchanger : Callback {
  Exchanger(int& network, int own) : number(network), kept(own) {}
  void before_evaluation() override { std::swap(number, kept); }
  void after_evaluation() override { std::swap(number, kept); }
  int& number;
  int kept;
};

}  // namespace

TEST_CASE("the changes of several callbacks for an evaluation are undone in reverse order, even after an error") {
  struct Failing final : detail::Steps {
    Failing() : Steps(true) {}
    void begin_epoch(Seed, std::uint64_t) override {}
    void run(const StepEvent&, double) override {}
    void fetch(std::size_t, std::span<detail::StepResult>) override {}
    nn::LossSums evaluate() override {
      if (fails) throw ArgumentError("evaluation");
      return {.loss = 3, .samples = 4};
    }
    bool can_be_kept() const override { return false; }
    Snapshot snapshot() const override { return {}; }
    Snapshot options() const override { return {}; }
    void restore(const Snapshot&) override {}
    bool fails = false;
  };
  for (const bool fails : {false, true}) {
    Failing steps;
    steps.fails = fails;
    int network = 1;
    Exchanger first(network, 2), second(network, 3);
    std::vector<Callback*> callbacks{&first, &second};
    const FitOptions options{.epochs = 0};
    const auto run = [&] { detail::TrainingLoop(steps, options, callbacks).run({.batches = 1, .test_samples = 4}); };
    if (fails) CHECK_THROWS_AS(run(), ArgumentError);
    else run();
    CHECK(network == 1);
    CHECK(first.kept == 2);
    CHECK(second.kept == 3);
  }
}
