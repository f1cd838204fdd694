#pragma once
// SPDX-License-Identifier: MIT
// What watches a trainer's run: a progress bar and logs, as its options say, with the papers' figures in them.

#include "board.hpp"
#include "paper_figures.hpp"
#include "run_files.hpp"

#include <odot/core/number_text.hpp>
#include <odot/io/checkpoint.hpp>
#include <odot/train/csv_log.hpp>
#include <odot/train/curves.hpp>
#include <odot/train/progress.hpp>
#include <odot/train/training_loop.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainer {

/// The papers' figures as they are now.
struct FigureSource {
  std::function<double()> loss, gradient_average;
};

/// A progress bar whose lines are in the run's log too.
template <class Bar>
class Logged : public Bar {
 public:
  template <class... Arguments>
  explicit Logged(const RunFiles& files, bool quiet, const Arguments&... arguments)
      : Bar(arguments...), record_(*files.record), quiet_(quiet) {}

  void on_batch(const odot::BatchEvent& e) override {
    if (!quiet_) Bar::on_batch(e);
  }
  void on_epoch(const odot::EpochEvent& e) override {
    if (!quiet_) Bar::on_epoch(e);
    std::string line;
    for (const std::string& part : this->parts(e))
      if (!part.empty()) line += (line.empty() ? "" : "  ") + part;
    record_.log(line + "\n");
  }
  void on_end(const odot::TrainingReport& report) override {
    if (!quiet_) Bar::on_end(report);
    if (report.interrupted) record_.log("stopped after " + std::to_string(report.epochs.size()) + " whole epochs\n");
  }

 private:
  RunRecord& record_;
  bool quiet_;
};

/// Rewrites the run's page with its curves. Comes after these.
class RunPage : public odot::Callback {
 public:
  RunPage(const RunFiles& files, const odot::Curves& curves) : record_(*files.record), curves_(curves) {}

  void on_begin(const odot::TrainingPlan& plan) override { record_.begin(plan); }
  void on_epoch(const odot::EpochEvent& e) override { record_.on_epoch(e, curves_.charts()); }
  void on_end(const odot::TrainingReport& report) override { record_.on_end(report, curves_.charts()); }

 private:
  RunRecord& record_;
  const odot::Curves& curves_;
};

/// The report of body(options, callbacks…). The callbacks are, if there are folders for them, TensorBoard's events, logs,
/// curves, the page and checkpoints; `options` then also say from where the training continues.
template <class Body>
odot::TrainingReport with_files(const RunFiles& files, Board& board, odot::FitOptions options, odot::CsvColumns columns,
                                std::vector<odot::BatchCurve> own, const Body& body) {
  if (files.out.empty()) return body(options, board.callback());
  odot::io::Checkpoint checkpoint(files.out, files.checkpoints);
  options.resume = resumed(checkpoint, files);
  odot::CsvLog log(files.out, std::move(columns));
  odot::Curves curves(files.out, std::move(own));
  RunPage page(files, curves);
  try {
    return body(options, log, curves, page, board.callback(), checkpoint);
  } catch (const std::exception& error) {
    files.record->fail(error.what());
    throw;
  }
}

/// A progress bar with the figures that the papers report.
class PaperProgress : public odot::ProgressBar {
 public:
  explicit PaperProgress(FigureSource figures) : figures_(std::move(figures)) {}

 protected:
  std::vector<std::string> parts(const odot::EpochEvent& e) const override {
    auto all = ProgressBar::parts(e);  // epoch, loss, accuracy, second set, rate, time
    all[1] = "loss " + fixed(figures_.loss(), 4) + " (mean " + fixed(e.mean_loss, 4) + ")";
    all.insert(all.begin() + 4, "gradient " + odot::number_text::scientific(figures_.gradient_average(), 1));
    return all;
  }

 private:
  FigureSource figures_;
};

/// The library's columns, with the papers' columns among them.
inline odot::CsvColumns paper_columns(const FigureSource& figures) {
  const auto after = [](auto& columns, std::string_view name, const char* column, const auto& figure) {
    const auto place = std::ranges::find_if(columns, [&](const auto& c) { return c.name == name; });
    columns.insert(place + 1, {column, [figure](const auto&) { return odot::CsvColumns::digits(figure()); }});
  };
  odot::CsvColumns columns;
  after(columns.batches, "loss", "gradient_average", figures.gradient_average);
  after(columns.epochs, "epoch", "loss", figures.loss);
  after(columns.epochs, "test_accuracy", "gradient_average", figures.gradient_average);
  return columns;
}

/// The report of body(options, callbacks…). The callbacks are the figures, a progress bar unless `quiet`, and, if there
/// are folders for them, what with_files adds.
template <odot::DeviceType Device, class Scalar, class Body>
odot::TrainingReport with_callbacks(PaperFigures<Device, Scalar>& figures, const RunFiles& files, bool quiet,
                                    odot::FitOptions options, const Body& body,
                                    std::function<std::vector<odot::io::EventPicture>()> pictures = {}) {
  const FigureSource source{[&] { return figures.loss(); }, [&] { return figures.gradient_average(); }};
  Logged<PaperProgress> bar(files, quiet, source);
  odot::Callback none;
  odot::Callback& watcher = quiet && files.out.empty() ? none : bar;
  Board board(files.board, figures.network(), options.schedule, std::move(pictures));
  return with_files(
      files, board, std::move(options), paper_columns(source),
      {{"average gradient of the first layer", [&](const odot::BatchEvent&) { return figures.gradient_average(); }}},
      [&](const odot::FitOptions& resumed, auto&... callbacks) {
        return body(resumed, figures, watcher, callbacks...);
      });
}

}  // namespace trainer
