#pragma once
// SPDX-License-Identifier: MIT
// The papers' tables beside the results of scripts/reproduce.sh.

#include "reproduced_runs.hpp"

#include <odot/core/number_text.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace reproduce {

inline const std::string not_run = "not run";

/// A table of texts.
struct Table {
  std::string name, caption;  ///< of its marks in the documentation; what it shows
  std::vector<std::string> columns = {};
  std::vector<std::vector<std::string>> rows = {};

  std::string markdown() const {
    const auto line = [](const std::vector<std::string>& cells) {
      std::string text = "|";
      for (const std::string& cell : cells) text += cell.empty() ? " |" : " " + cell + " |";
      return text + "\n";
    };
    std::string text = line(columns) + "|";
    for (std::size_t c = 0; c < columns.size(); ++c) text += "---|";
    text += "\n";
    for (const auto& row : rows) text += line(row);
    return text;
  }
  /// Whether a row of it has been run.
  bool has_results() const {
    return std::ranges::any_of(rows, [](const auto& row) { return std::ranges::find(row, not_run) == row.end(); });
  }
};

/// A field of a row's result; "not run" where there is none.
inline std::string field(const Runs& runs, std::string_view row, std::string_view name) {
  const Result* result = runs.find(row);
  return result ? result->text(name) : not_run;
}
inline std::string field(const Runs& runs, std::string_view row, std::string_view name, int decimals) {
  const Result* result = runs.find(row);
  return result ? odot::number_text::fixed(result->number(name), decimals) : not_run;
}

/// "33,084"
inline std::string with_commas(std::string digits) {
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

inline Table table1(const Runs& runs) {
  struct PaperRow {
    const char *title, *row, *loss, *accuracy, *gradient;
    std::vector<const char*> seeds = {};
  };
  const std::vector<PaperRow> rows{
      {"control", "control-1", "4.5083", "88.29", "2e-03"},
      {"A", "a-1", "34.539", "9.99, collapsed", "0.0"},
      {"B", "b-1", "7.5913", "81.46", "2.9e-05", {"b-2", "b-3"}},
      {"C", "c-1", "34.5388", "collapsed", "0.0"},
      {"D", "d-1", "7.4856", "81.66", "1e-06", {"d-2", "d-3"}},
      {"E", "e-1", "9.8522", "77.09", "3.2e-05"},
      {"F", "f-1", "7.4806", "81.33", "4e-06", {"f-2", "f-3"}},
      {"G", "g-1", "10.0345", "76.37", "5.5e-05"},
      {"H", "h-1", "7.7475", "80.79", "-6e-06", {"h-2", "h-3"}},
      {"single head", "single-head-1", "8.3712", "80.09", "6.9e-05", {"single-head-2"}},
      {"B, scaled norm in the heads (ours)", "b-scaled-1", "", "", ""},
  };
  Table table{"table1",
              "Table 1: Fashion-MNIST",
              {"model", "the paper: loss", "accuracy, %", "gradients average", "odot, seed 1: loss", "accuracy, %",
               "gradients average", "seeds 2 and 3: accuracy, % (loss)"}};
  for (const PaperRow& r : rows) {
    std::string others;
    for (const char* seed : r.seeds) {
      others += others.empty() ? "" : ", ";
      others += runs.find(seed) ? field(runs, seed, "accuracy") + " (" + field(runs, seed, "loss") + ")" : not_run;
    }
    table.rows.push_back({r.title, r.loss, r.accuracy, r.gradient, field(runs, r.row, "loss"),
                          field(runs, r.row, "accuracy"), field(runs, r.row, "gradient_average"), others});
  }
  return table;
}

/// A run's epochs, also of one that has not ended.
inline Table epochs(const Runs& runs, const char* name, const char* caption, std::string_view row) {
  Table table{name, caption, {"epoch", "loss", "test accuracy, %", "gradients average", "seconds"}};
  const odot::data::Table log = runs.table(row, "epochs.csv");
  for (std::size_t r = 0; r < log.rows(); ++r) {
    const auto number = [&](const char* column) { return log.row(r)[log.column(column)]; };
    table.rows.push_back({odot::number_text::fixed(number("epoch"), 0), odot::number_text::fixed(number("loss"), 4),
                          odot::number_text::fixed(number("test_accuracy"), 2),
                          odot::number_text::scientific(number("gradient_average"), 1),
                          odot::number_text::fixed(number("seconds"), 0)});
  }
  if (table.rows.empty()) table.rows.push_back({not_run, "", "", "", ""});
  return table;
}

inline Table appendix(const Runs& runs) {
  Table table{"appendix",
              "Split optimizers, no skip connection: Fashion-MNIST",
              {"model", "the paper: loss", "accuracy, %", "odot: loss", "accuracy, %"}};
  const auto add = [&](const char* title, const char* loss, const char* accuracy, const char* row) {
    table.rows.push_back({title, loss, accuracy, field(runs, row, "loss"), field(runs, row, "accuracy")});
  };
  add("B, attention arrays at 0.1", "", "", "b-split-1");
  add("no skip, attention arrays at 0.1, seed 1", "7.4980", "82.13", "no-skip-split-1");
  add("the same, seed 2", "", "", "no-skip-split-2");
  add("the same, seed 4", "", "", "no-skip-split-4");
  add("no skip, one learning rate", "", "", "no-skip-1");
  return table;
}

inline Table cifar10(const Runs& runs) {
  Table table{"cifar10",
              "CIFAR-10",
              {"model", "the paper: loss", "accuracy, %", "gradients average", "odot, seed 1: loss", "accuracy, %",
               "gradients average"}};
  const auto add = [&](const char* title, const char* loss, const char* accuracy, const char* gradient,
                       const char* row) {
    table.rows.push_back({title, loss, accuracy, gradient, field(runs, row, "loss"), field(runs, row, "accuracy"),
                          field(runs, row, "gradient_average")});
  };
  add("control", "42.56", "67.12", "6.2e-03", "cifar-control-1");
  add("8 heads, 4 layers", "80.89", "41.81", "1e-04", "cifar-attention-1");
  add("the same, attention arrays at 0.1", "76.4777", "43.10", "-2e-04", "cifar-split-1");
  return table;
}

inline Table vowels(const Runs& runs) {
  Table table{
      "vowels", "JapaneseVowels: accuracy, %", {"attention", "the paper", "odot, median", "by seed, from 1 on"}};
  const auto add = [&](const char* title, const char* paper, const char* row) {
    std::string seeds;
    if (const Result* result = runs.find(row))
      for (const std::string& line : result->log_lines("seed "))
        seeds += (seeds.empty() ? "" : ", ") +
                 odot::number_text::fixed(odot::number_text::read(fields_of(line).at("accuracy")).value_or(0), 2);
    table.rows.push_back({title, paper, field(runs, row, "accuracy", 2), seeds});
  };
  add("EA-2", "95.7", "vowels-ea-2");
  add("EA-6", "97.3", "vowels-ea-6");
  add("EA, full form", "–", "vowels-ea-full");
  add("self-attention", "97.0", "vowels-self");
  return table;
}

inline Table etth2(const Runs& runs, const std::string& horizon) {
  const bool six = horizon == "6";
  Table table{"etth2-" + horizon,
              "ETTh2, " + horizon + " hours: MAE / RMSE on the test part",
              {horizon + " hours", "standardised", "own units", "oil temperature, °C", "the paper"}};
  const auto errors = [](const Fields& f, const char* end, int decimals) {
    const auto number = [&](const char* name) {
      const auto found = f.find(std::string(name) + end);
      return found == f.end() ? not_run
                              : odot::number_text::fixed(odot::number_text::read(found->second).value_or(0), decimals);
    };
    return number("mae") + " / " + number("rmse");
  };
  const auto add = [&](const std::string& title, const Fields& f, const char* paper) {
    if (f.empty()) table.rows.push_back({title, not_run, not_run, not_run, paper});
    else table.rows.push_back({title, errors(f, "", 3), errors(f, "_original", 2), errors(f, "_ot", 2), paper});
  };
  const auto row = [&](const std::string& end) { return runs.find("etth2-" + horizon + "-" + end); };
  const auto fields = [&](const std::string& end) { return row(end) ? row(end)->fields : Fields{}; };
  if (const Result* any = row("ea-6")) {
    const auto lines = any->log_lines("repeating the last step:");
    if (!lines.empty()) add("the last hour repeated", fields_of(lines[0]), "");
  }
  add("EA-2", fields("ea-2"), six ? "1.43 / 2.01" : "2.14 / 2.90");
  add("EA-6", fields("ea-6"), six ? "1.23 / 1.79" : "1.90 / 2.67");
  add("self-attention", fields("self"), six ? "1.24 / 1.79" : "1.92 / 2.71");
  add("EA-2, `--levels`", fields("ea-2-levels"), "");
  add("EA-6, `--levels`", fields("ea-6-levels"), "");
  add("self-attention, `--levels`", fields("self-levels"), "");
  return table;
}

/// "26.2 %", a result's parameters in those of another.
inline std::string share_text(const Result* of, const Result* full) {
  if (!of || !full) return not_run;
  return odot::number_text::fixed(100 * of->number("parameters") / full->number("parameters"), 1) + " %";
}

/// The minimal transformers, shortly trained. `set`: mnist or cifar10.
inline Table grid(const Runs& runs, const std::string& set, const std::string& encoders) {
  Table table{"grid-" + set + "-" + encoders,
              (set == "mnist" ? "MNIST, " : "CIFAR-10, ") + encoders + " encoders, 6 epochs of 10,000 images",
              {"attention", "MLP", "heads", "parameters", "of full", "Q", "training loss", "validation loss",
               "validation accuracy, %"}};
  const std::string start = table.name + "-";
  const Result* full = runs.find(start + "full-1-mlp");
  for (const std::string attention : {"full", "symmetric", "wqk", "symmetric-tt", "minimum"})
    for (const std::string heads : {"1", "4"})
      for (const bool mlp : {true, false}) {
        if (heads == "4" && attention != "full" && attention != "symmetric") continue;
        const std::string row = start + attention + "-" + heads + (mlp ? "-mlp" : "");
        const Result* result = runs.find(row);
        table.rows.push_back({attention == "minimum" ? "wqk-no-wv-wo" : attention, mlp ? "yes" : "no", heads,
                              result ? with_commas(result->text("parameters")) : not_run, share_text(result, full),
                              field(runs, row, "q"), field(runs, row, "training_loss"),
                              field(runs, row, "validation_loss"), field(runs, row, "accuracy")});
      }
  return table;
}

inline const std::vector<std::pair<const char*, const char*>> claim_models{
    {"full", "full"},           {"no-mlp", "no MLP"},       {"wqk", "W_qk"},
    {"minimum", "the minimum"}, {"symmetric", "symmetric"}, {"symmetric-tt", "symmetric, T Tᵀ"}};

/// The six models that the claims rest on, on all training images.
inline Table claim_rows(const Runs& runs, const std::string& set) {
  Table table{"claims-" + set,
              (set == "mnist" ? "MNIST" : "CIFAR-10") + std::string(", all training images, 30 epochs"),
              {"model", "recipe", "parameters", "of full", "epochs", "training loss", "validation loss", "its least",
               "validation accuracy, %"}};
  for (const std::string recipe : {"ours", "authors"})
    for (const auto& [model, title] : claim_models) {
      const std::string start = "long-" + set + "-" + recipe + "-", row = start + model;
      const Result* result = runs.find(row);
      table.rows.push_back({title, recipe == "ours" ? "ours" : "the authors'",
                            result ? with_commas(result->text("parameters")) : not_run,
                            share_text(result, runs.find(start + "full")), field(runs, row, "epochs"),
                            field(runs, row, "training_loss"), field(runs, row, "validation_loss"),
                            field(runs, row, "best_validation_loss"), field(runs, row, "accuracy")});
    }
  return table;
}

/// The tables of docs/paper.md, and those of docs/sequences.md.
inline std::vector<Table> image_tables(const Runs& runs) {
  return {table1(runs), epochs(runs, "control", "The control model on Fashion-MNIST", "control-1"), appendix(runs),
          cifar10(runs), epochs(runs, "cifar-control", "The control model on CIFAR-10", "cifar-control-1")};
}
inline std::vector<Table> series_tables(const Runs& runs) {
  return {vowels(runs), etth2(runs, "6"), etth2(runs, "12")};
}
inline std::vector<Table> transformer_tables(const Runs& runs) {
  std::vector<Table> tables{claim_rows(runs, "mnist"), claim_rows(runs, "cifar10")};
  for (const char* set : {"mnist", "cifar10"})
    for (const char* encoders : {"6", "12"}) tables.push_back(grid(runs, set, encoders));
  return tables;
}

}  // namespace reproduce
