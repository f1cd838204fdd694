#pragma once
// SPDX-License-Identifier: MIT
// TensorBoard: a training's curves, histograms, pictures and settings, as the program `tensorboard` shows them. Needs
// protozero: CMake target odot::io, or its folder on the include path.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/config.hpp"
#include "odot/core/device.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"
#include "odot/io/event_folder.hpp"
#include "odot/io/event_histogram.hpp"
#include "odot/io/event_summary.hpp"
#include "odot/nn/network_state.hpp"

#if __has_include(<protozero/pbf_writer.hpp>)

namespace odot::io {

/// Your own curve: its tag, and its number after an event; NaN: no point.
template <class Event>
struct EventScalar {
  std::string tag;
  std::function<double(const Event&)> value;
};

/// A picture: its tag, and the bytes of a PNG file.
struct EventPicture {
  std::string tag, png;
};

struct TensorBoardOptions {
  std::size_t scalars_every_batches = 1;     ///< 0: curves by epoch alone
  std::size_t histograms_every_epochs = 1;   ///< of a network's parameters and gradients; 0: none
  std::size_t histograms_every_batches = 0;  ///< 0: none
  std::vector<EventScalar<BatchEvent>> batch_scalars = {};
  std::vector<EventScalar<EpochEvent>> epoch_scalars = {};
  std::function<std::vector<EventPicture>()> pictures = {};  ///< called before the first batch and after every epoch
  std::vector<HyperParameter> hyperparameters = {};          ///< shown as a table under TEXT, and under HPARAMS
};

/// Writes a training's events into a folder that is this training's alone, one run in TensorBoard:
///     io::TensorBoard board{"runs/b", network, {.hyperparameters = {{"learning_rate", 1e-3}, {"model", "b"}}}};
///     fit(network, adam, train, test, {.epochs = 10}, board);
///     $ tensorboard --logdir runs
/// The step of every point is the number of batches done, so that all curves share one axis. Tags:
///     loss/batch, accuracy/batch                          after every batch, as BatchEvent has them
///     loss/train, loss/test, accuracy/train, accuracy/test  after every epoch; "test" is FitOptions::test_name
///     speed/seconds, speed/samples_per_second             of an epoch
///     weights/<parameter>, gradients/<parameter>          histograms; the gradients are those of the last batch, clipped
///                                                         if the optimizer clips them
///     hyperparameters                                     a text
/// and your own scalars and pictures.
/// A number that does not exist, such as accuracy in a regression, has no point. Records are written as they come, so
/// that TensorBoard shows a training while it runs, and a kill loses none.
/// A training that starts from the beginning sets the event files of an earlier one aside (EventFolder::open). A resumed
/// one continues: points after its position are cut off the files, and TensorBoard, where it has read them already, is
/// told to forget them. Each step is there once.
/// Cost    a record of about 100 bytes per batch; histograms copy the parameters and gradients to the host
/// Errors  FileError: the folder can't be created or written (the constructor checks this already), or the disk is full
///         ArgumentError: a tag or text that is not UTF-8
class TensorBoard : public Callback {
 public:
  /// Without histograms.
  ODOT_COLD explicit TensorBoard(std::filesystem::path folder, TensorBoardOptions options = {})
      : folder_(std::move(folder)), options_(std::move(options)) {}

  /// With histograms of the network's parameters and gradients. The network must outlive it.
  template <DeviceType Device, class Scalar>
  ODOT_COLD TensorBoard(std::filesystem::path folder, const NetworkState<Device, Scalar>& network,
                        TensorBoardOptions options = {})
      : TensorBoard(std::move(folder), std::move(options)) {
    add_histograms_ = [&network](EventSummary& summary, bool gradients) {
      const auto add = [&](const char* prefix, std::span<const Scalar> block) {
        const auto host = on_host<Device>(block);
        const std::span<const Scalar> values = host;
        for (const nn::ParameterInfo& info : network.parameter_table())
          summary.add_histogram(prefix + info.name, EventHistogram(values.subspan(info.offset, info.size)));
      };
      add("weights/", network.parameters());
      if (gradients) add("gradients/", network.gradients());
    };
  }

  // ---- your own values; by default at the step where the training is. What is added before a resumed fit is set aside.

  void add_scalar(std::string_view tag, double value) { add_scalar(tag, value, step_); }
  ODOT_COLD void add_scalar(std::string_view tag, double value, std::size_t step) {
    EventSummary summary;
    summary.add_scalar(tag, value);
    write(summary, step);
  }

  /// A picture, the bytes of a PNG file. Errors  also ArgumentError: other bytes
  void add_png(std::string_view tag, std::string_view png) { add_png(tag, png, step_); }
  ODOT_COLD void add_png(std::string_view tag, std::string_view png, std::size_t step) {
    EventSummary summary;
    summary.add_png(tag, png);
    write(summary, step);
  }

  /// A text in Markdown.
  void add_text(std::string_view tag, std::string_view text) { add_text(tag, text, step_); }
  ODOT_COLD void add_text(std::string_view tag, std::string_view text, std::size_t step) {
    EventSummary summary;
    summary.add_text(tag, text);
    write(summary, step);
  }

  /// Numbers as a histogram.
  template <class Scalar>
  void add_histogram(std::string_view tag, std::span<const Scalar> values) {
    add_histogram(tag, values, step_);
  }
  template <class Scalar>
  ODOT_COLD void add_histogram(std::string_view tag, std::span<const Scalar> values, std::size_t step) {
    EventSummary summary;
    summary.add_histogram(tag, EventHistogram(values));
    write(summary, step);
  }

  // ---- what fit calls

  ODOT_COLD void on_begin(const TrainingPlan& plan) override;
  ODOT_COLD void on_batch(const BatchEvent& e) override;
  ODOT_COLD void on_epoch(const EpochEvent& e) override;
  /// A GPU is waited for where histograms of a batch are due: on_batch then finds the network as it is after that batch.
  bool wants_position(const StepEvent& at) override { return histograms_due(at.step); }

  ODOT_COLD Snapshot state() const override {
    Snapshot kept;
    kept.set_fact("callback", "TensorBoard");
    folder_.keep(kept);
    return kept;
  }
  ODOT_COLD void restore_state(const Snapshot& kept) override { folder_.restore(kept); }

 private:
  bool histograms_due(std::size_t step) const {
    return add_histograms_ && options_.histograms_every_batches > 0 && step % options_.histograms_every_batches == 0;
  }

  ODOT_COLD void add_settings(EventSummary& summary) const;
  ODOT_COLD void add_pictures(EventSummary& summary) const {
    if (!options_.pictures) return;
    for (const auto& [tag, png] : options_.pictures()) summary.add_png(tag, png);
  }
  ODOT_COLD EventFile& open();
  ODOT_COLD void write(const EventSummary& summary, std::size_t step) {
    if (summary.empty()) return;
    EventFile* const file = folder_.file();
    (file ? *file : open()).append(summary.event(wall_time(), step));
  }

  EventFolder folder_;
  TensorBoardOptions options_;
  std::function<void(EventSummary&, bool gradients)> add_histograms_;
  std::string test_name_ = "test";
  std::size_t batches_ = 0;           // of an epoch
  std::size_t begin_ = 0, step_ = 0;  // batches done when fit began, and now
  bool trained_ = false;              // whether the file has events of a training
};

namespace detail {

/// A text as a cell of a table in Markdown.
ODOT_COLD inline std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char letter : text) {
    if (letter == '|') cell += '\\';
    cell += letter == '\n' || letter == '\r' ? ' ' : letter;
  }
  return cell;
}

ODOT_COLD inline void add_point(EventSummary& summary, const std::string& tag, double value) {
  if (!std::isnan(value)) summary.add_scalar(tag, value);
}

}  // namespace detail

inline void TensorBoard::add_settings(EventSummary& summary) const {
  if (options_.hyperparameters.empty()) return;
  std::string table = "| name | value |\n|---|---|\n";
  for (const auto& [name, value] : options_.hyperparameters) {
    const auto* text = std::get_if<std::string>(&value);
    table += "| " + detail::markdown_cell(name) + " | " +
             detail::markdown_cell(text ? *text : number_text::shortest(std::get<double>(value))) + " |\n";
  }
  summary.add_text("hyperparameters", table);
  summary.add_hyperparameters(options_.hyperparameters, wall_time());
}

inline EventFile& TensorBoard::open() {
  EventFile& file = folder_.open();
  file.append(event_file_version(wall_time()));
  if (folder_.continued()) {
    file.append(event_session_start(wall_time(), begin_ + 1));
  } else {
    EventSummary settings;
    add_settings(settings);
    if (!settings.empty()) file.append(settings.event(wall_time(), 0));
  }
  return file;
}

inline void TensorBoard::on_begin(const TrainingPlan& plan) {
  test_name_ = plan.test_name;
  batches_ = plan.batches;
  begin_ = step_ = plan.steps_before;
  if (trained_) folder_.start_over();
  trained_ = true;
  if (step_ > 0) return;  // restore_state may follow
  if (!folder_.file()) open();
  EventSummary summary;
  if (add_histograms_ && options_.histograms_every_epochs + options_.histograms_every_batches > 0)
    add_histograms_(summary, false);
  add_pictures(summary);
  write(summary, 0);
}

inline void TensorBoard::on_batch(const BatchEvent& e) {
  step_ = e.step;
  EventSummary summary;
  if (options_.scalars_every_batches > 0 && step_ % options_.scalars_every_batches == 0) {
    detail::add_point(summary, "loss/batch", e.loss);
    detail::add_point(summary, "accuracy/batch", e.accuracy);
    for (const auto& [tag, value] : options_.batch_scalars) detail::add_point(summary, tag, value(e));
  }
  if (histograms_due(step_)) add_histograms_(summary, true);
  write(summary, step_);
}

inline void TensorBoard::on_epoch(const EpochEvent& e) {
  step_ = e.epoch * batches_;
  EventSummary summary;
  detail::add_point(summary, "loss/train", e.mean_loss);
  detail::add_point(summary, "accuracy/train", e.train_accuracy);
  detail::add_point(summary, "loss/" + test_name_, e.test_loss);
  detail::add_point(summary, "accuracy/" + test_name_, e.test_accuracy);
  detail::add_point(summary, "speed/seconds", e.seconds);
  detail::add_point(summary, "speed/samples_per_second", e.samples_per_second);
  for (const auto& [tag, value] : options_.epoch_scalars) detail::add_point(summary, tag, value(e));
  const std::size_t every = options_.histograms_every_epochs;
  if (add_histograms_ && every > 0 && e.epoch % every == 0 && !histograms_due(step_)) add_histograms_(summary, true);
  add_pictures(summary);
  write(summary, step_);
}

}  // namespace odot::io

#endif
