// SPDX-License-Identifier: MIT
// Trainings that continue from a position: FitOptions::resume.
#include "odot/train/fit.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/odot.hpp"
#include "support/resume_cases.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Adds up the losses that it sees.
struct Sum : Callback {
  explicit Sum(std::string k) : kind(std::move(k)) {}
  void on_batch(const BatchEvent& e) override { total += e.loss; }
  Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", kind);
    kept.set_fact("total", total);
    return kept;
  }
  void restore_state(const Snapshot& kept) override {
    total = kept.required_number("total");
    ++restored;
  }
  std::string kind;
  double total = 0;
  int restored = 0;
};

/// A user's own optimizers: one without a state to save, and one that says so.
struct Descent {
  void step(auto& network, double factor) { network.all_parameters() -= 0.1 * factor * network.all_gradients(); }
};
struct KeptDescent : Descent {
  Snapshot snapshot(const auto&) const { return {}; }
  void restore(const Snapshot&, auto&) {}
};

const FitOptions options{.epochs = 2, .batch_size = 128};

std::string refusal(Snapshot kept, const FitOptions& changed = options, std::size_t samples = 300) {
  SmallNetwork network{Seed{1}};
  const std::vector<float> before(network.parameters().begin(), network.parameters().end());
  optim::SGD sgd{{.learning_rate = 0.1}};
  FitOptions all = changed;
  all.resume = std::move(kept);
  const SmallSplit data = small_data(samples);
  std::string text = message_of<ArgumentError>([&] { fit(network, sgd, data.train, data.test, all); });
  CHECK(std::equal(before.begin(), before.end(), network.parameters().begin()));
  CHECK(sgd.steps() == 0);
  return text;
}

/// The positions of a small training.
template <class Optimizer>
std::vector<Snapshot> positions_of(Optimizer&& optimizer) {
  SmallNetwork network{Seed{1}};
  const SmallSplit data = small_data();
  KeepPositions positions;
  fit(network, optimizer, data.train, data.test, options, positions);
  return positions.kept;
}

}  // namespace

TEST_CASE("a training that is resumed at any batch ends with the bits of an uninterrupted one") {
  const TemporaryFolder folder;
  check_resumed_training<Cpu>(folder.path());
}

TEST_CASE("callbacks get their own states back, two of one kind by their order, and others start without one") {
  SmallNetwork network{Seed{1}};
  const SmallSplit data = small_data();
  Sum a("Sum"), b("Sum"), other("Other");
  b.total = 1000;
  KeepPositions positions;
  optim::SGD sgd{{.learning_rate = 0.1}};
  fit(network, sgd, data.train, data.test, options, a, b, other, positions);

  FitOptions resumed = options;
  resumed.resume = positions.kept[3];
  Sum c("Sum"), d("Sum"), e("Sum"), unknown("Unknown");
  SmallNetwork again{Seed{2}};
  optim::SGD its{{.learning_rate = 0.1}};
  fit(again, its, data.train, data.test, resumed, unknown, c, d, e);
  CHECK(c.total == a.total);
  CHECK(d.total == b.total);
  CHECK(c.restored == 1);
  CHECK(e.restored == 0);
  CHECK(unknown.restored == 0);
  CHECK(e.total == unknown.total);
  CHECK(e.total < a.total);
}

TEST_CASE("a state without a kind, or with one that is not letters and digits, is refused") {
  for (const char* kind : {"", "Keep.Best", "Sum-2"}) {
    SmallNetwork network{Seed{1}};
    const SmallSplit data = small_data();
    Sum sum(kind);
    KeepPositions positions;
    optim::SGD sgd{{.learning_rate = 0.1}};
    CHECK(says(message_of<ArgumentError>([&] { fit(network, sgd, data.train, data.test, options, sum, positions); }),
               "odot::Callback::state: expected the fact \"callback\""));
  }
}

TEST_CASE("a finished training that is resumed is only evaluated; with more epochs it continues") {
  const auto kept = positions_of(optim::SGD{{.learning_rate = 0.1}});
  SmallNetwork network{Seed{9}}, longer{Seed{1}}, more{Seed{9}};
  const SmallSplit data = small_data();
  FitOptions resumed = options;
  resumed.resume = kept.back();
  optim::SGD sgd{{.learning_rate = 0.1}}, one{{.learning_rate = 0.1}}, two{{.learning_rate = 0.1}};
  const TrainingReport report = fit(network, sgd, data.train, data.test, resumed);
  CHECK(sgd.steps() == 6);
  CHECK(report.epochs.size() == 2);
  CHECK(report.test_loss == report.epochs.back().test_loss);
  CHECK_FALSE(report.interrupted);

  fit(longer, one, data.train, data.test, {.epochs = 4, .batch_size = 128});
  resumed.epochs = 4;
  fit(more, two, data.train, data.test, resumed);
  CHECK(std::ranges::equal(longer.parameters(), more.parameters()));
}

TEST_CASE("a training that was stopped continues where it was stopped") {
  const SmallSplit data = small_data();
  SmallNetwork network{Seed{1}}, stopped{Seed{1}}, resumed{Seed{1}};
  optim::Adam a, b, c;
  fit(network, a, data.train, data.test, options);
  KeepPositions positions;
  FitOptions with_stop = options;
  with_stop.should_stop = [&] { return b.steps() == 4; };
  CHECK(fit(stopped, b, data.train, data.test, with_stop, positions).interrupted);
  REQUIRE(positions.kept.size() == 4);
  CHECK(positions.last == std::vector<bool>{false, false, false, true});
  with_stop.should_stop = {};
  with_stop.resume = positions.kept.back();
  CHECK_FALSE(fit(resumed, c, data.train, data.test, with_stop).interrupted);
  CHECK(std::ranges::equal(network.parameters(), resumed.parameters()));
}

TEST_CASE("positions of another training are refused with all that differs, and nothing has changed") {
  const Snapshot kept = positions_of(optim::SGD{{.learning_rate = 0.1}})[1];
  FitOptions other = options;
  other.batch_size = 64;
  other.seed = Seed{3};
  CHECK(says(refusal(kept, other), "of another training", "batch_size 128 instead of 64", "seed 1 instead of 3"));
  CHECK(says(refusal(kept, options, 299), "samples 300 instead of 299"));
  CHECK(says(refusal({}), "it has no training.version"));
  Snapshot changed = kept;
  changed.set_fact("training.version", "2");
  CHECK(says(refusal(changed), "expected training.version 1, found 2"));
  changed = kept;
  changed.set_fact("training.batch", "3");
  CHECK(says(refusal(changed), "a batch before 3", "batch 3"));
  changed = kept;
  changed.set_fact("training.epoch", "1");
  CHECK(says(refusal(changed), "found 0 numbers, 1 epochs"));
  changed = kept;
  changed.set_fact("network.architecture", "[1] -> magic");
  CHECK(says(refusal(changed), "expected a network of [1, 28, 28] -> flatten", "found one of [1] -> magic"));
  const Snapshot of_adam = positions_of(optim::Adam{})[1];
  CHECK(says(refusal(of_adam), "optimizer.name Adam instead of SGD"));
  FitOptions any = options;
  any.resume_with_other_options = true;
  CHECK(says(refusal(of_adam, any), "expected a snapshot of SGD", "found one of Adam"));
  changed = kept;
  changed.set_fact("network.seed", "-1");
  CHECK(says(refusal(changed), "the fact \"seed\": expected a whole number, found \"-1\""));
}

TEST_CASE("your own optimizer is saved if it can be, and refused otherwise") {
  const auto kept = positions_of(KeptDescent{});
  REQUIRE(kept.size() == 6);
  SmallNetwork whole{Seed{1}}, resumed{Seed{4}};
  const SmallSplit data = small_data();
  KeptDescent descent;
  fit(whole, descent, data.train, data.test, options);
  FitOptions from = options;
  from.resume = kept[2];
  fit(resumed, descent, data.train, data.test, from);
  CHECK(std::ranges::equal(whole.parameters(), resumed.parameters()));

  Descent bare;
  const std::string reason = "this optimizer can't be kept";
  CHECK(says(message_of<ArgumentError>([&] { fit(whole, bare, data.train, data.test, from); }), reason));
  KeepPositions positions;
  CHECK(says(message_of<ArgumentError>([&] { fit(whole, bare, data.train, data.test, options, positions); }), reason));
}

TEST_CASE("a resumed training's tables must have the same columns") {
  const TemporaryFolder folder;
  SmallNetwork network{Seed{1}};
  const SmallSplit data = small_data();
  optim::SGD sgd{{.learning_rate = 0.1}};
  KeepPositions positions;
  CsvLog log(folder.path());
  fit(network, sgd, data.train, data.test, options, log, positions);
  CsvColumns columns;
  columns.epochs.pop_back();
  CsvLog other(folder.path(), columns);
  FitOptions resumed = options;
  resumed.resume = positions.kept[0];
  optim::SGD its{{.learning_rate = 0.1}};
  CHECK(says(message_of<ArgumentError>([&] { fit(network, its, data.train, data.test, resumed, other); }),
             "other columns in epochs.csv"));
}
