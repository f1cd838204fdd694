#pragma once
// SPDX-License-Identifier: MIT
// Curves: a run's loss, gradient average and accuracy as a picture.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "odot/io/line_chart.hpp"
#include "odot/io/write_file.hpp"
#include "odot/train/events.hpp"

namespace odot {

/// Writes curves.svg in a folder, anew after every epoch and at the end: loss and watched gradient by batch, accuracy by
/// epoch, as the papers' figures show them.
/// Errors  FileError: the folder can't be created or written
class Curves : public Callback {
 public:
  explicit Curves(std::filesystem::path folder) : folder_(std::move(folder)) { io::create_folder(folder_); }

  void on_batch(const BatchEvent& e) override {
    loss_.emplace_back(e.step, e.loss);
    gradient_.emplace_back(e.step, e.gradient_average);
  }
  void on_epoch(const EpochEvent& e) override {
    train_.emplace_back(e.epoch, e.train_accuracy);
    test_.emplace_back(e.epoch, e.test_accuracy);
    write();
  }
  void on_end(const TrainingReport&) override { write(); }

 private:
  using Points = std::vector<std::pair<double, double>>;

  void write() const {
    io::LineChart loss("loss of each batch, nats", "batch"), gradient("average gradient of the first layer", "batch"),
        accuracy("accuracy, %", "epoch");
    loss.add("training", loss_);
    gradient.add("training", gradient_);
    accuracy.add("training", train_, true);
    accuracy.add("test", test_, true);
    io::write_file(folder_ / "curves.svg", io::LineChart::document({loss, gradient, accuracy}));
  }

  std::filesystem::path folder_;
  Points loss_, gradient_, train_, test_;
};

}  // namespace odot
