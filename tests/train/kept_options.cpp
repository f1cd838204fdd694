// SPDX-License-Identifier: MIT
// The options of a training that is resumed must be those of the one that was kept.
#include "odot/train/kept_options.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/odot.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Image = Shape<1, 4, 3>;
constexpr nn::BatchNorm2dOptions slow{.momentum = 0.01};
template <nn::Probability P = 0.25, nn::BatchNorm2dOptions Norm = nn::BatchNorm2dOptions{}>
using Model = nn::Sequential<Image, nn::BatchNorm2d<Norm>, nn::Flatten, nn::Residual<nn::Dropout<P>, nn::Linear<12>>,
                             nn::Linear<3>, nn::LogSoftmax>;

const data::Dataset<Image>& images() {
  static const data::Dataset<Image> set = [] {
    data::Dataset<Image> made{.name = "images"};
    for (std::size_t n = 0; n < 40; ++n) {
      made.targets.push_back(static_cast<std::int32_t>(n % 3));
      for (std::size_t i = 0; i < Image::size; ++i)
        made.values.push_back(static_cast<std::uint8_t>(255 * (hash_uniform(n * Image::size + i) + 0.5)));
    }
    return made;
  }();
  return set;
}

/// Keeps every position.
struct Kept : Callback {
  void on_position(const TrainingPosition& position) override { all.push_back(position.snapshot()); }
  std::vector<Snapshot> all;
};

/// What a training is given.
template <class M = Model<>, class Optimizer = optim::Adam, class Loss = nn::CrossEntropy>
struct Given {
  Optimizer optimizer{};
  Loss loss{};
  std::optional<data::AugmentOptions> augment{};
  std::string frozen{};
  FitOptions options{.epochs = 2, .batch_size = 16};

  /// Trains, and returns the weights at the end.
  std::vector<float> train(Callback& callback) {
    Network<M> network{Seed{4}};
    if (!frozen.empty()) network.freeze(frozen);
    if (augment) fit(network, optimizer, loss, data::augmented(images(), *augment), options, callback);
    else fit(network, optimizer, loss, images(), options, callback);
    return {network.parameters().begin(), network.parameters().end()};
  }
};

/// The position after two of three batches of the first epoch, of a training with these options.
template <class... T>
Snapshot kept_by(Given<T...> given = {}) {
  Kept kept;
  given.train(kept);
  return kept.all.at(1);
}

/// The error with which a training with these options refuses the position; empty: it does not.
template <class... T>
std::string refusal(const Snapshot& kept, Given<T...> given = {}) {
  given.options.resume = kept;
  Callback none;
  std::string error;
  try {
    given.train(none);
  } catch (const ArgumentError& refused) {
    error = refused.what();
  }
  return error;
}

/// A loss of one's own, with options or without a word.
struct Quiet : nn::MeanSquaredError {
  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;
  static constexpr void describe() {}  // not what the contract says
  void evaluate(auto& workspace, auto y, std::span<const std::int32_t> labels, double scale, auto dy,
                nn::LossSums* sums) const {
    nn::CrossEntropy{}.evaluate(workspace, y, labels, scale, dy, sums);
  }
};

struct Descent {
  double learning_rate = 0.1;
  void step(auto& network, double factor) {
    network.all_parameters() -= learning_rate * factor * network.all_gradients();
  }
  Snapshot snapshot(const auto&) const { return {}; }
  void restore(const Snapshot&, auto&) {}
  Snapshot describe() const {
    Snapshot facts;
    facts.set_fact("learning_rate", learning_rate);
    return facts;
  }
};

const std::string other = "it is of a training with other options: ";

}  // namespace

TEST_CASE("a training with the same options goes on, on other threads and with more epochs too") {
  const Snapshot kept = kept_by();
  CHECK(kept.required_text("options.loss.name") == "CrossEntropy");
  CHECK(refusal(kept) == "");
  Given<> longer;
  longer.options.epochs = 5;
  CHECK(refusal(kept, std::move(longer)) == "");
}

TEST_CASE("options of layers that matter in training alone are compared") {
  const Snapshot kept = kept_by();
  CHECK(says(refusal(kept, Given<Model<0.5>>{}),
             other + "network … residual(dropout(0.25) … instead of … residual(dropout(0.5) …;"));
  CHECK(says(refusal(kept, Given<Model<0.0>>{}),
             "residual(dropout(0.25), linear(12)) … instead of … residual(linear(12)) …"));
  CHECK(says(refusal(kept, Given<Model<0.25, slow>>{}), "momentum 0.1) … instead of … momentum 0.01) …"));
}

TEST_CASE("options of the optimizer and its groups are compared") {
  using optim::Adam;
  const Snapshot kept = kept_by();
  CHECK(says(refusal(kept, Given<>{.optimizer = Adam{{.learning_rate = 0.01}}}),
             other + "optimizer.learning_rate 0.001 instead of 0.01;"));
  CHECK(says(refusal(kept, Given<>{.optimizer = Adam{{.beta1 = 0.8, .weight_decay = 0.5, .max_gradient_norm = 2}}}),
             "optimizer.beta1 0.9 instead of 0.8, optimizer.max_gradient_norm 0 instead of 2, optimizer.weight_decay 0 "
             "instead of 0.5"));
  const auto groups = [](double rate) { return Adam{{}, {{"*.bias", {.learning_rate = rate}}}}; };
  CHECK(says(refusal(kept, Given<>{.optimizer = groups(0.5)}), "optimizer.group-1.learning_rate none instead of 0.5",
             "optimizer.group-1.pattern none instead of *.bias"));
  const Snapshot grouped = kept_by(Given<>{.optimizer = groups(0.5)});
  CHECK(refusal(grouped, Given<>{.optimizer = groups(0.5)}) == "");
  CHECK(says(refusal(grouped, Given<>{.optimizer = groups(0.25)}),
             other + "optimizer.group-1.learning_rate 0.5 instead of 0.25;"));
  using SGD = Given<Model<>, optim::SGD>;
  const auto momentum = [](double m, bool nesterov) {
    return SGD{.optimizer = optim::SGD{{.learning_rate = 0.1, .momentum = m, .nesterov = nesterov}}};
  };
  CHECK(says(refusal(kept_by(momentum(0.9, true)), momentum(0.8, false)),
             other + "optimizer.momentum 0.9 instead of 0.8, optimizer.nesterov 1 instead of 0;"));
  CHECK(says(refusal(kept, momentum(0.8, false)), "optimizer.name Adam instead of SGD"));
}

TEST_CASE("the loss and its options are compared") {
  const Snapshot kept = kept_by();
  CHECK(
      says(refusal(kept, Given<>{.loss = {.label_smoothing = 0.1}}), other + "loss.label_smoothing 0 instead of 0.1;"));
  CHECK(says(refusal(kept, Given<>{.loss = {.class_weights = {1, 2.5, 1}, .ignore_index = -1}}),
             "loss.class_weights none instead of 1 2.5 1, loss.ignore_index none instead of -1"));
  CHECK(says(refusal(kept, Given<Model<>, optim::Adam, nn::NegativeLogLikelihood>{}),
             "loss.label_smoothing 0 instead of none, loss.name CrossEntropy instead of NegativeLogLikelihood"));
  const auto name_of = [](const auto& loss) { return loss.describe().required_text("name"); };
  CHECK(name_of(nn::SoftCrossEntropy{}) == "SoftCrossEntropy");
  CHECK(name_of(nn::MeanSquaredError{}) == "MeanSquaredError");
  CHECK(name_of(nn::MeanAbsoluteError{}) == "MeanAbsoluteError");
  CHECK(nn::Huber{.delta = 2}.describe().required_text("delta") == "2");
  CHECK(nn::BinaryCrossEntropy{.pos_weight = {3}}.describe().required_text("pos_weight") == "3");
}

TEST_CASE("frozen parameters, micro-batches, changed pictures and the schedule are compared") {
  const Snapshot kept = kept_by();
  CHECK(says(refusal(kept, Given<>{.frozen = "3.*"}), other + "frozen none instead of 3.weight, 3.bias;"));
  CHECK(says(refusal(kept_by(Given<>{.frozen = "3.*"}), Given<>{.frozen = "3.bias"}),
             other + "frozen 3.weight, 3.bias instead of 3.bias;"));
  Given<> pieces;
  pieces.options.micro_batch_size = 5;
  CHECK(says(refusal(kept, std::move(pieces)), other + "micro_batch_size 0 instead of 5;"));
  CHECK(refusal(kept, Given<>{.augment = data::AugmentOptions{}}) == "");
  CHECK(says(
      refusal(kept, Given<>{.augment =
                                data::AugmentOptions{
                                    .flip = 0.5, .border = data::Border::reflect, .mean = {0.5}, .deviation = {2}}}),
      "set.border none instead of reflect, set.deviation none instead of 2, set.flip none instead of 0.5, "
      "set.mean none instead of 0.5"));
  const auto mixed = data::mixed<3>(images(), {.alpha = 0.4, .augment = {.shift = 1}});
  CHECK(mixed.describe().facts() == Snapshot::Facts{{"mix_alpha", "0.4"}, {"shift", "1"}});
  const auto changed = data::augmented(images(), {.shift = 1});
  CHECK(data::reconstruction(changed).describe().facts() == Snapshot::Facts{{"shift", "1"}});

  const auto scheduled = [](std::size_t steps) {
    Given<> given;
    given.options.schedule = optim::schedule::step(steps, 0.5);
    return given;
  };
  CHECK(says(refusal(kept, scheduled(1)), other + "schedule.last_factor 1 instead of 0.5;"));
  CHECK(refusal(kept_by(scheduled(1)), scheduled(1)) == "");
}

TEST_CASE(
    "real numbers may differ by rounding errors, which another machine or compiler makes; other options may not") {
  const auto difference = [](const std::string& name, auto before, auto now) {
    Snapshot kept, here;
    kept.set_fact("options." + name, before);
    here.set_fact(name, now);
    return detail::different_options(kept, here);
  };
  const std::string factor = "schedule.last_factor";
  CHECK(difference(factor, 0.3, 0.30000000000000004) == "");
  CHECK(difference(factor, 5e-10, 5.000001e-10) == "");  // 1 + cos(almost π)
  CHECK(difference(factor, 1.0, 0.9999999999999999) == "");
  CHECK(difference(factor, 0.3, 0.30000001) == factor + " 0.3 instead of 0.30000001");
  CHECK(difference(factor, 1e-9, 2e-9) == factor + " 1e-09 instead of 2e-09");
  CHECK(difference(factor, std::nan(""), 1.5) == factor + " nan instead of 1.5");
  CHECK(difference("rate", 0.3, 0.30000000000000004) == "");
  CHECK(difference("rate", 5e-10, 5.000001e-10) == "rate 5e-10 instead of 5.000001e-10");
  CHECK(difference("number", 1'000'000'000'000'000, 1'000'000'000'000'001) ==
        "number 1000000000000000 instead of 1000000000000001");
  const auto texts = [&](const std::string& before, const std::string& now) { return difference("x", before, now); };
  CHECK(texts("0.5 0.20178596588764017", "0.5 0.20178596588764014") == "");
  CHECK(texts("0.5 0.2", "0.5 0.2 0.1") == "x 0.5 0.2 instead of 0.5 0.2 0.1");
  CHECK(texts("0.5 0.2", "0.5") == "x 0.5 0.2 instead of 0.5");
  CHECK(texts("1.1", "1.10") == "x 1.1 instead of 1.10");
  CHECK(texts("a 1.5", "b 1.5") == "x a 1.5 instead of b 1.5");
  CHECK(texts("1.5", "") == "x 1.5 instead of nothing");
}

TEST_CASE("a schedule is asked for no step beyond the training's end") {
  const auto planned = [](std::size_t epochs, std::size_t batch_size) {
    Given<> given;
    given.options.epochs = epochs;
    given.options.batch_size = batch_size;
    const std::vector<double> factors(epochs * ((40 + batch_size - 1) / batch_size), 0.5);
    given.options.schedule = [factors](std::size_t step) { return factors.at(step); };
    return given;
  };
  CHECK(refusal(kept_by(planned(2, 16)), planned(2, 16)) == "");
  CHECK(says(refusal(kept_by(planned(2, 16)), planned(1, 40)),
             "it is of another training, with batch_size 16 instead of 40"));
  Kept whole;
  planned(2, 16).train(whole);
  CHECK(refusal(whole.all.back(), planned(1, 16)) == "");
  CHECK(says(refusal(whole.all.front(), Given<>{}), other + "schedule.last_factor 0.5 instead of 1;"));
}

TEST_CASE("all that differs is in one error, and what has no description takes no part") {
  Given<> many;
  many.optimizer = optim::Adam{{.learning_rate = 0.5}};
  many.frozen = "3.*";
  many.options.seed = Seed{8};
  CHECK(says(refusal(kept_by(), std::move(many)),
             "it is of another training, with seed 1 instead of 8, frozen none instead of 3.weight, 3.bias, "
             "optimizer.learning_rate 0.001 instead of 0.5"));
  using Own = Given<Model<>, Descent, Quiet>;
  const Snapshot kept = kept_by(Own{});
  CHECK_FALSE(kept.text("options.loss.name"));
  CHECK(refusal(kept, Own{}) == "");
  CHECK(says(refusal(kept, Own{.optimizer = {0.2}}), other + "optimizer.learning_rate 0.1 instead of 0.2;"));
  CHECK(says(refusal(kept, Given<Model<>, Descent>{}), "loss.name none instead of CrossEntropy"));
}

TEST_CASE("other options are taken where that is asked for, and where none were kept") {
  const Snapshot kept = kept_by();
  Given<Model<0.5>> asked;
  asked.optimizer = optim::Adam{{.learning_rate = 0.5}};
  asked.options.resume_with_other_options = true;
  CHECK(refusal(kept, std::move(asked)) == "");
  Given<> batches;
  batches.options.resume_with_other_options = true;
  batches.options.batch_size = 8;
  CHECK(says(refusal(kept, std::move(batches)), "batch_size 16 instead of 8"));
  Snapshot without;
  for (const auto& array : kept.arrays()) without.add(array);
  for (const auto& [name, text] : kept.facts())
    if (!name.starts_with("options.")) without.set_fact(name, text);
  CHECK(refusal(without, Given<Model<0.5>>{}) == "");
}

TEST_CASE("of long texts the difference is shown") {
  const auto difference = [](const std::string& before, const std::string& now) {
    Snapshot kept, here;
    kept.set_fact("options.x", before);
    here.set_fact("x", now);
    return detail::different_options(kept, here);
  };
  const std::string start(70, 'a');
  CHECK(difference("a, b", "a, c") == "x a, b instead of a, c");
  CHECK(difference(start + ", b, end", start + ", c, end") == "x … b … instead of … c …");
  CHECK(difference(start + ", b, end", start + ", end") == "x … b … instead of nothing");
  CHECK(difference(start, start + ", end") == "x " + start + " instead of " + start + ", end");
  CHECK(difference(start + ", bc", start + ", bd") == "x … bc instead of … bd");
  CHECK(difference("one, " + start, "another, " + start) == "x one … instead of another …");
  CHECK(difference("\n", "\t") == "x \\x0A instead of \\x09");
  CHECK(difference("same", "same") == "");
}
