#pragma once
// SPDX-License-Identifier: MIT
// CsvLog: a run's numbers as two tables.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

#include "odot/core/number_text.hpp"
#include "odot/io/write_file.hpp"
#include "odot/train/events.hpp"

namespace odot {

/// Writes batches.csv and epochs.csv in a folder, anew after every epoch and at the end; they are whole at any time.
/// Runs at the same time need a folder each: the later one to write replaces the other's tables.
/// Where a number does not exist, such as accuracy in a regression, its field is empty. data::read_csv reads them with its
/// option only_finite = false.
/// Errors  FileError: the folder can't be created, a table can't be written (at the construction already: the tables of
///         an earlier run are then still there)
class CsvLog : public Callback {
 public:
  explicit CsvLog(std::filesystem::path folder) : folder_(std::move(folder)) {
    io::create_folder(folder_);
    for (const char* table : {batches_name, epochs_name}) io::require_writable(folder_ / table);
    write();
  }

  void on_batch(const BatchEvent& e) override {
    append_row(batches_, std::to_string(e.step), std::to_string(e.epoch), std::to_string(e.batch),
               std::to_string(e.samples), digits(e.loss), digits(e.gradient_average), decimals(e.accuracy, 4));
  }
  void on_epoch(const EpochEvent& e) override {
    append_row(epochs_, std::to_string(e.epoch), digits(e.loss), digits(e.mean_loss), decimals(e.train_accuracy, 4),
               digits(e.test_loss), decimals(e.test_accuracy, 4), digits(e.gradient_average), decimals(e.seconds, 6),
               decimals(e.samples_per_second, 1));
    write();
  }
  void on_end(const TrainingReport&) override { write(); }

 private:
  template <class... Fields>
  static void append_row(std::string& table, const std::string& first, const Fields&... others) {
    table += first;
    ((table += ',' + others), ...);
    table += '\n';
  }

  static std::string digits(double value) { return std::isnan(value) ? "" : number_text::general(value, 9); }
  static std::string decimals(double value, int count) {
    return std::isnan(value) ? "" : number_text::fixed(value, count);
  }

  void write() const {
    io::write_file(folder_ / batches_name, batches_);
    io::write_file(folder_ / epochs_name, epochs_);
  }

  static constexpr const char *batches_name = "batches.csv", *epochs_name = "epochs.csv";

  std::filesystem::path folder_;
  std::string batches_ = "step,epoch,batch,samples,loss,gradient_average,accuracy\n";
  std::string epochs_ =
      "epoch,loss,mean_loss,train_accuracy,test_loss,test_accuracy,gradient_average,seconds,samples_per_second\n";
};

}  // namespace odot
