#pragma once
// SPDX-License-Identifier: MIT
// CsvLog: a run's numbers as two tables.

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include "odot/io/write_file.hpp"
#include "odot/train/events.hpp"

namespace odot {

/// Writes batches.csv and epochs.csv in a folder, anew after every epoch and at the end; they are whole at any time.
/// What there is none of, as accuracy in a regression, is an empty field.
/// Errors  FileError: the folder can't be created or written (at the construction already)
class CsvLog : public Callback {
 public:
  explicit CsvLog(std::filesystem::path folder) : folder_(std::move(folder)) {
    io::create_folder(folder_);
    write();
  }

  void on_batch(const BatchEvent& e) override {
    append(batches_, "%zu,%zu,%zu,%zu,%.9g,%.9g,%s\n", e.step, e.epoch, e.batch, e.samples, e.loss, e.gradient_average,
           field("%.4f", e.accuracy).c_str());
  }
  void on_epoch(const EpochEvent& e) override {
    append(epochs_, "%zu,%.9g,%.9g,%s,%s,%s,%.9g,%.6f,%.1f\n", e.epoch, e.loss, e.mean_loss,
           field("%.4f", e.train_accuracy).c_str(), field("%.9g", e.test_loss).c_str(),
           field("%.4f", e.test_accuracy).c_str(), e.gradient_average, e.seconds, e.samples_per_second);
    write();
  }
  void on_end(const TrainingReport&) override { write(); }

 private:
  template <class... Values>
  static void append(std::string& text, const char* format, Values... values) {
    char line[256];
    std::snprintf(line, sizeof line, format, values...);
    text += line;
  }

  static std::string field(const char* format, double value) {
    std::string text;
    if (!std::isnan(value)) append(text, format, value);
    return text;
  }

  void write() const {
    io::write_file(folder_ / "batches.csv", batches_);
    io::write_file(folder_ / "epochs.csv", epochs_);
  }

  std::filesystem::path folder_;
  std::string batches_ = "step,epoch,batch,samples,loss,gradient_average,accuracy\n";
  std::string epochs_ =
      "epoch,loss,mean_loss,train_accuracy,test_loss,test_accuracy,gradient_average,seconds,samples_per_second\n";
};

}  // namespace odot
