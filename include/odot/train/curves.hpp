#pragma once
// SPDX-License-Identifier: MIT
// Curves: a run's loss, gradient average and accuracy as a picture.

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "odot/io/line_chart.hpp"
#include "odot/io/write_file.hpp"
#include "odot/train/events.hpp"

namespace odot {

/// Writes curves.svg in a folder, anew after every epoch and at the end: loss and watched gradient by batch, accuracy by
/// epoch, as the papers' figures show them; where there is no accuracy, the mean loss by epoch.
/// Errors  FileError: the folder can't be created, the picture can't be written (at the construction already: that of an
///         earlier run is then still there)
class Curves : public Callback {
 public:
  explicit Curves(const std::filesystem::path& folder) : picture_(folder / "curves.svg") {
    io::create_folder(folder);
    io::require_writable(picture_);
  }

  void on_begin(const TrainingPlan& plan) override { test_name_ = plan.test_name; }
  void on_batch(const BatchEvent& e) override {
    loss_.emplace_back(e.step, e.loss);
    gradient_.emplace_back(e.step, e.gradient_average);
  }
  void on_epoch(const EpochEvent& e) override {
    labelled_ = !std::isnan(e.train_accuracy);
    add(train_, e.epoch, labelled_ ? e.train_accuracy : e.mean_loss);
    add(test_, e.epoch, labelled_ ? e.test_accuracy : e.test_loss);
    write();
  }
  void on_end(const TrainingReport&) override { write(); }

 private:
  using Points = std::vector<std::pair<double, double>>;

  static void add(Points& points, std::size_t epoch, double value) {
    if (!std::isnan(value)) points.emplace_back(epoch, value);
  }

  void write() const {
    io::LineChart loss(labelled_ ? "loss of each batch, nats" : "loss of each batch", "batch"),
        gradient("average gradient of the first layer", "batch"),
        epochs(labelled_ ? "accuracy, %" : "mean loss", "epoch");
    loss.add("training", loss_);
    gradient.add("training", gradient_);
    epochs.add("training", train_, true);
    if (!test_.empty() || train_.empty()) epochs.add(test_name_, test_, true);
    io::write_file(picture_, io::LineChart::document({loss, gradient, epochs}));
  }

  std::filesystem::path picture_;
  Points loss_, gradient_, train_, test_;
  std::string test_name_ = "test";
  bool labelled_ = true;
};

}  // namespace odot
