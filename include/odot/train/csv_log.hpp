#pragma once
// SPDX-License-Identifier: MIT
// CsvLog: a run's numbers as two tables.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/io/csv_field.hpp"
#include "odot/io/write_file.hpp"

namespace odot {

/// A column of a table: its name, and its field in the row of an event.
template <class Event>
struct CsvColumn {
  std::string name;
  std::function<std::string(const Event&)> field;
};

/// The columns of CsvLog's tables. Remove some, or add your own:
///     CsvColumns columns;
///     columns.batches.push_back({"rate", [&](const BatchEvent& e) { return CsvColumns::digits(rate(e.step)); }});
struct CsvColumns {
  std::vector<CsvColumn<BatchEvent>> batches;
  std::vector<CsvColumn<EpochEvent>> epochs;

  /// The default columns.
  ODOT_COLD ODOT_FUNCTION CsvColumns();

  /// A number to 9 significant digits, or to `count` digits after the decimal point; an empty field for NaN.
  static std::string digits(double value) { return std::isnan(value) ? "" : number_text::general(value, 9); }
  static std::string decimals(double value, int count) {
    return std::isnan(value) ? "" : number_text::fixed(value, count);
  }
};

/// Rewrites batches.csv and epochs.csv in a folder when a training begins, after every epoch and at the end; both files
/// are complete at any time. A resumed training begins with the rows up to its position; one that is refused leaves an
/// earlier run's tables as they are. Runs at the same time need separate folders: the later one replaces the tables of
/// the other. If a number does not exist, such as accuracy in a regression, its field is empty; data::read_csv reads
/// such tables with its option only_finite = false.
/// Errors  FileError: the folder can't be created, or a table can't be written (the constructor checks this already)
class CsvLog : public Callback {
 public:
  ODOT_COLD ODOT_FUNCTION explicit CsvLog(std::filesystem::path folder, CsvColumns columns = {});

  ODOT_COLD void on_begin(const TrainingPlan& plan) override {
    if (plan.steps_before == 0) write();
  }
  ODOT_COLD ODOT_FUNCTION void on_batch(const BatchEvent& e) override;
  ODOT_COLD ODOT_FUNCTION void on_epoch(const EpochEvent& e) override;
  ODOT_COLD void on_end(const TrainingReport&) override { write(); }

  /// The tables' texts, so that a resumed training has the rows up to its position, whatever its files had when it was
  /// killed.
  ODOT_COLD ODOT_FUNCTION Snapshot state() const override;
  /// Errors  also ArgumentError: tables with other columns
  ODOT_COLD ODOT_FUNCTION void restore_state(const Snapshot& kept) override;

 private:
  template <class Columns, class Field>
  static void append_row(std::string& table, const Columns& columns, const Field& field) {
    for (const auto& column : columns) {
      if (&column != columns.data()) table += ',';
      table += io::csv_field(field(column));
    }
    table += '\n';
  }

  ODOT_COLD ODOT_FUNCTION void write() const;

  /// A table of a saved state. Throws unless it has the columns of `own`.
  ODOT_COLD ODOT_FUNCTION static std::string table_in(const Snapshot& kept, const char* name, const std::string& own);

  static constexpr const char *batches_name = "batches.csv", *epochs_name = "epochs.csv";

  std::filesystem::path folder_;
  CsvColumns columns_;
  std::string batches_, epochs_;
};

#if ODOT_DEFINITIONS

CsvColumns::CsvColumns() {
  const auto counts = [](auto& columns, const char* name, auto member) {
    columns.push_back({name, [member](const auto& e) { return std::to_string(e.*member); }});
  };
  const auto numbers = [](auto& columns, const char* name, auto member, int count = 0) {  // 0: 9 digits
    columns.push_back(
        {name, [=](const auto& e) { return count > 0 ? decimals(e.*member, count) : digits(e.*member); }});
  };
  counts(batches, "step", &BatchEvent::step);
  counts(batches, "epoch", &BatchEvent::epoch);
  counts(batches, "batch", &BatchEvent::batch);
  counts(batches, "samples", &BatchEvent::samples);
  numbers(batches, "loss", &BatchEvent::loss);
  numbers(batches, "accuracy", &BatchEvent::accuracy, 4);
  counts(epochs, "epoch", &EpochEvent::epoch);
  numbers(epochs, "mean_loss", &EpochEvent::mean_loss);
  numbers(epochs, "train_accuracy", &EpochEvent::train_accuracy, 4);
  numbers(epochs, "test_loss", &EpochEvent::test_loss);
  numbers(epochs, "test_accuracy", &EpochEvent::test_accuracy, 4);
  numbers(epochs, "seconds", &EpochEvent::seconds, 6);
  numbers(epochs, "samples_per_second", &EpochEvent::samples_per_second, 1);
}

CsvLog::CsvLog(std::filesystem::path folder, CsvColumns columns)
    : folder_(std::move(folder)), columns_(std::move(columns)) {
  append_row(batches_, columns_.batches, [](const auto& column) { return column.name; });
  append_row(epochs_, columns_.epochs, [](const auto& column) { return column.name; });
  io::create_folder(folder_);
  for (const char* table : {batches_name, epochs_name}) io::require_writable(folder_ / table);
}

void CsvLog::on_batch(const BatchEvent& e) {
  append_row(batches_, columns_.batches, [&](const auto& column) { return column.field(e); });
}

void CsvLog::on_epoch(const EpochEvent& e) {
  append_row(epochs_, columns_.epochs, [&](const auto& column) { return column.field(e); });
  write();
}

Snapshot CsvLog::state() const {
  Snapshot kept;
  kept.set_fact("callback", "CsvLog");
  for (const auto& [name, table] : {std::pair(batches_name, &batches_), std::pair(epochs_name, &epochs_)})
    kept.add(name, {table->size()}, std::span(reinterpret_cast<const unsigned char*>(table->data()), table->size()));
  return kept;
}

std::string CsvLog::table_in(const Snapshot& kept, const char* name, const std::string& own) {
  const auto bytes = kept.values<unsigned char>(name);
  std::string table(bytes.begin(), bytes.end());
  const std::string expected = own.substr(0, own.find('\n')), found = table.substr(0, table.find('\n'));
  if (found != expected)
    throw ArgumentError(std::string("odot::CsvLog: the training that is resumed has other columns in ") + name +
                        ": expected " + expected + ", found " + shown_name(found));
  return table;
}

void CsvLog::restore_state(const Snapshot& kept) {
  std::string batches = table_in(kept, batches_name, batches_);
  epochs_ = table_in(kept, epochs_name, epochs_);
  batches_ = std::move(batches);
  write();
}

void CsvLog::write() const {
  io::write_file(folder_ / batches_name, batches_);
  io::write_file(folder_ / epochs_name, epochs_);
}

#endif

}  // namespace odot
