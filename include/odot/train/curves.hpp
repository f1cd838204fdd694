#pragma once
// SPDX-License-Identifier: MIT
// Curves: a run's loss and accuracy as a picture.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/io/line_chart.hpp"
#include "odot/io/write_file.hpp"

namespace odot {

/// Your own curve: a number after every batch.
struct BatchCurve {
  std::string title;
  std::function<double(const BatchEvent&)> value;
};

/// Rewrites curves.svg in a folder after every epoch and at the end: the loss by batch, your own curves, and the
/// accuracy by epoch, or the mean loss by epoch if there is no accuracy.
/// Errors  FileError: the folder can't be created, or the picture can't be written (the constructor checks this
///         already; an earlier run's picture then stays)
class Curves : public Callback {
 public:
  explicit Curves(const std::filesystem::path& folder, std::vector<BatchCurve> own = {})
      : picture_(folder / "curves.svg"), own_(std::move(own)), own_points_(own_.size()) {
    io::create_folder(folder);
    io::require_writable(picture_);
  }

  void on_begin(const TrainingPlan& plan) override { test_name_ = plan.test_name; }
  void on_batch(const BatchEvent& e) override {
    loss_.emplace_back(e.step, e.loss);
    for (std::size_t i = 0; i < own_.size(); ++i) own_points_[i].emplace_back(e.step, own_[i].value(e));
  }
  void on_epoch(const EpochEvent& e) override {
    labelled_ = !std::isnan(e.train_accuracy);
    add(train_, e.epoch, labelled_ ? e.train_accuracy : e.mean_loss);
    add(test_, e.epoch, labelled_ ? e.test_accuracy : e.test_loss);
    write();
  }
  void on_end(const TrainingReport&) override { write(); }

  /// The curves so far.
  std::vector<io::LineChart> charts() const {
    std::vector<io::LineChart> charts;
    charts.emplace_back(labelled_ ? "loss of each batch, nats" : "loss of each batch", "batch").add("training", loss_);
    for (std::size_t i = 0; i < own_.size(); ++i)
      charts.emplace_back(own_[i].title, "batch").add("training", own_points_[i]);
    io::LineChart& epochs = charts.emplace_back(labelled_ ? "accuracy, %" : "mean loss", "epoch");
    epochs.add("training", train_, true);
    if (!test_.empty() || train_.empty()) epochs.add(test_name_, test_, true);
    return charts;
  }

  /// All points.
  Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", "Curves");
    kept.set_fact("labelled", labelled_ ? 1 : 0);
    each_curve(*this, [&](const std::string& name, const Points& points) {
      std::vector<double> numbers;
      for (const auto& [x, y] : points) numbers.insert(numbers.end(), {x, y});
      kept.add(name, {points.size(), 2}, std::span<const double>(numbers));
    });
    return kept;
  }
  void restore_state(const Snapshot& kept) override {
    labelled_ = kept.required_count("labelled") != 0;
    each_curve(*this, [&](const std::string& name, Points& points) {
      const std::vector<double> numbers = kept.values<double>(name);
      points.clear();
      for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) points.emplace_back(numbers[i], numbers[i + 1]);
    });
  }

 private:
  using Points = std::vector<std::pair<double, double>>;

  /// The curves by their names in the state.
  template <class Self, class Body>
  static void each_curve(Self& self, const Body& body) {
    body("loss", self.loss_);
    body("train", self.train_);
    body("test", self.test_);
    for (std::size_t i = 0; i < self.own_points_.size(); ++i) body("own." + std::to_string(i), self.own_points_[i]);
  }

  static void add(Points& points, std::size_t epoch, double value) {
    if (!std::isnan(value)) points.emplace_back(epoch, value);
  }

  void write() const { io::write_file(picture_, io::LineChart::document(charts())); }

  std::filesystem::path picture_;
  std::vector<BatchCurve> own_;
  Points loss_, train_, test_;
  std::vector<Points> own_points_;
  std::string test_name_ = "test";
  bool labelled_ = true;
};

}  // namespace odot
