#pragma once
// SPDX-License-Identifier: MIT
// CsvLog: a run's numbers as two tables.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/io/write_file.hpp"
#include "odot/train/events.hpp"

namespace odot {

/// A column of a table: its name, and its field in the row of an event.
template <class Event>
struct CsvColumn {
  std::string name;
  std::function<std::string(const Event&)> field;
};

/// The columns of CsvLog's tables. Take some away, or put in others:
///     CsvColumns columns;
///     columns.batches.push_back({"rate", [&](const BatchEvent& e) { return CsvColumns::digits(rate(e.step)); }});
struct CsvColumns {
  std::vector<CsvColumn<BatchEvent>> batches{
      {"step", [](const auto& e) { return std::to_string(e.step); }},
      {"epoch", [](const auto& e) { return std::to_string(e.epoch); }},
      {"batch", [](const auto& e) { return std::to_string(e.batch); }},
      {"samples", [](const auto& e) { return std::to_string(e.samples); }},
      {"loss", [](const auto& e) { return digits(e.loss); }},
      {"accuracy", [](const auto& e) { return decimals(e.accuracy, 4); }},
  };
  std::vector<CsvColumn<EpochEvent>> epochs{
      {"epoch", [](const auto& e) { return std::to_string(e.epoch); }},
      {"mean_loss", [](const auto& e) { return digits(e.mean_loss); }},
      {"train_accuracy", [](const auto& e) { return decimals(e.train_accuracy, 4); }},
      {"test_loss", [](const auto& e) { return digits(e.test_loss); }},
      {"test_accuracy", [](const auto& e) { return decimals(e.test_accuracy, 4); }},
      {"seconds", [](const auto& e) { return decimals(e.seconds, 6); }},
      {"samples_per_second", [](const auto& e) { return decimals(e.samples_per_second, 1); }},
  };

  /// A number to 9 digits, or with so many after the point; an empty field for NaN.
  static std::string digits(double value) { return std::isnan(value) ? "" : number_text::general(value, 9); }
  static std::string decimals(double value, int count) {
    return std::isnan(value) ? "" : number_text::fixed(value, count);
  }
};

/// Writes batches.csv and epochs.csv in a folder, anew after every epoch and at the end; they are whole at any time.
/// Runs at the same time need a folder each: the later one to write replaces the other's tables.
/// Where a number does not exist, such as accuracy in a regression, its field is empty. data::read_csv reads them with its
/// option only_finite = false.
/// Errors  FileError: the folder can't be created, a table can't be written (at the construction already: the tables of
///         an earlier run are then still there)
class CsvLog : public Callback {
 public:
  explicit CsvLog(std::filesystem::path folder, CsvColumns columns = {})
      : folder_(std::move(folder)), columns_(std::move(columns)) {
    append_row(batches_, columns_.batches, [](const auto& column) { return column.name; });
    append_row(epochs_, columns_.epochs, [](const auto& column) { return column.name; });
    io::create_folder(folder_);
    for (const char* table : {batches_name, epochs_name}) io::require_writable(folder_ / table);
    write();
  }

  void on_batch(const BatchEvent& e) override {
    append_row(batches_, columns_.batches, [&](const auto& column) { return column.field(e); });
  }
  void on_epoch(const EpochEvent& e) override {
    append_row(epochs_, columns_.epochs, [&](const auto& column) { return column.field(e); });
    write();
  }
  void on_end(const TrainingReport&) override { write(); }

 private:
  template <class Columns, class Field>
  static void append_row(std::string& table, const Columns& columns, const Field& field) {
    for (const auto& column : columns) table += (&column == columns.data() ? "" : ",") + field(column);
    table += '\n';
  }

  void write() const {
    io::write_file(folder_ / batches_name, batches_);
    io::write_file(folder_ / epochs_name, epochs_);
  }

  static constexpr const char *batches_name = "batches.csv", *epochs_name = "epochs.csv";

  std::filesystem::path folder_;
  CsvColumns columns_;
  std::string batches_, epochs_;
};

}  // namespace odot
