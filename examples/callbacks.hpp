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
/// are folders for them, TensorBoard's events, logs, curves and checkpoints; `options` then also say from where the training continues.
template <odot::DeviceType Device, class Scalar, class Body>
odot::TrainingReport with_callbacks(PaperFigures<Device, Scalar>& figures, const RunFiles& files, bool quiet,
                                    odot::FitOptions options, const Body& body,
                                    std::function<std::vector<odot::io::EventPicture>()> pictures = {}) {
  const FigureSource source{[&] { return figures.loss(); }, [&] { return figures.gradient_average(); }};
  PaperProgress bar(source);
  odot::Callback none;
  odot::Callback& watcher = quiet ? none : bar;
  Board board(files.board, figures.network(), options.schedule, std::move(pictures));
  if (files.out.empty()) return body(options, figures, watcher, board.callback());
  odot::io::Checkpoint checkpoint(files.out, files.checkpoints);
  options.resume = resumed(checkpoint, files, quiet);
  odot::CsvLog log(files.out, paper_columns(source));
  odot::Curves curves(files.out, {{"average gradient of the first layer",
                                   [&](const odot::BatchEvent&) { return figures.gradient_average(); }}});
  return body(options, figures, watcher, log, curves, board.callback(), checkpoint);
}

}  // namespace trainer
