#pragma once
// SPDX-License-Identifier: MIT
// ProgressBar: a moving bar on a terminal, one line per epoch elsewhere.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/events/callback.hpp"
#include "odot/train/terminal.hpp"

namespace odot {

/// Shows a training run on a stream: a terminal gets a bar with rate and time left, any other stream one line per
/// epoch. The bar is always one line and adapts to the terminal's width; the epochs' lines are broken between their
/// parts there.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(std::FILE* stream = stderr) : stream_(stream), terminal_(stream) {}
  ProgressBar(const ProgressBar&) = default;
  ProgressBar& operator=(const ProgressBar&) = default;
  /// Removes the bar from the screen if an exception ended the training.
  ODOT_COLD ~ProgressBar() override { write(cleared()); }

  ODOT_COLD void on_begin(const TrainingPlan& plan) override {
    plan_ = plan;
    start_ = drawn_ = Clock::now();
  }

  ODOT_COLD ODOT_FUNCTION void on_batch(const BatchEvent& event) override;

  ODOT_COLD ODOT_FUNCTION void on_epoch(const EpochEvent& e) override;

  ODOT_COLD ODOT_FUNCTION void on_end(const TrainingReport& report) override;

 protected:
  /// The parts of an epoch's line: the epoch, the loss, the accuracy in training, the second set's accuracy or loss,
  /// the rate and the time. A part that does not exist is empty. Override it to show something else, or more.
  ODOT_COLD ODOT_FUNCTION virtual std::vector<std::string> parts(const EpochEvent& e) const;

  /// A number of any size in few columns.
  ODOT_COLD static std::string fixed(double value, int decimals) {
    return std::abs(value) < 1e9 ? number_text::fixed(value, decimals) : number_text::scientific(value, 4);
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// The bar's line in at most `room` columns; where room is short, the less important parts are omitted first.
  ODOT_COLD ODOT_FUNCTION std::string bar(const BatchEvent& event, double elapsed, std::size_t room) const;

  ODOT_COLD std::string of_epochs(std::size_t epoch) const {
    return std::to_string(epoch) + "/" + std::to_string(plan_.epochs);
  }

  /// The second set's accuracy, or its loss if there is no accuracy; empty if there is no second set.
  ODOT_COLD ODOT_FUNCTION std::string tested(const EpochEvent& e) const;

  /// "1:02:03", "2:03"
  ODOT_COLD ODOT_FUNCTION static std::string duration(double seconds);

  /// The number of characters of a text in UTF-8.
  ODOT_COLD ODOT_FUNCTION static std::size_t width(std::string_view text);

  /// The text that removes the bar from the screen.
  const char* cleared() {
    const bool was_shown = shown_;
    shown_ = false;
    return was_shown ? "\r\033[K" : "";
  }

  ODOT_COLD ODOT_FUNCTION void write(const std::string& text);

  std::FILE* stream_;
  detail::Terminal terminal_;
  TrainingPlan plan_;
  Clock::time_point start_, drawn_;
  bool shown_ = false;  // whether there is a bar on the screen
};

#if ODOT_DEFINITIONS

void ProgressBar::on_batch(const BatchEvent& event) {
  const auto now = Clock::now();
  if (!terminal_.overwrites() || (now - drawn_ < std::chrono::milliseconds(100) && event.batch != plan_.batches))
    return;
  drawn_ = now;
  // The last column stays free: a character there may break the line.
  write("\r\033[K" + bar(event, std::chrono::duration<double>(now - start_).count(), terminal_.columns() - 1));
  shown_ = true;
}

void ProgressBar::on_epoch(const EpochEvent& e) {
  const std::size_t room = terminal_.overwrites() ? terminal_.columns() - 1 : std::string::npos;
  std::string text = cleared();
  std::size_t used = 0;
  bool first = true;
  for (const std::string& part : parts(e)) {
    if (part.empty()) continue;
    if (used > 0 && used + 2 + width(part) > room) {
      text += '\n';
      used = 0;
    }
    text += (first ? "" : "  ") + part;
    used += (first ? 0 : 2) + width(part);
    first = false;
  }
  write(text + '\n');
}

std::vector<std::string> ProgressBar::parts(const EpochEvent& e) const {
  return {"epoch " + of_epochs(e.epoch),
          "loss " + fixed(e.mean_loss, 4),
          std::isnan(e.train_accuracy) ? "" : "train " + fixed(e.train_accuracy, 2) + " %",
          tested(e),
          fixed(e.samples_per_second, 0) + " samples/s",
          fixed(e.seconds, 1) + " s"};
}

void ProgressBar::on_end(const TrainingReport& report) {
  std::string text = cleared();
  if (report.interrupted)
    text +=
        "stopped after " + std::to_string(report.epochs.size()) + " of " + std::to_string(plan_.epochs) + " epochs\n";
  write(text);
}

std::string ProgressBar::bar(const BatchEvent& event, double elapsed, std::size_t room) const {
  // Of what this run has to do: a training that is resumed has done a part before.
  const double all = static_cast<double>(plan_.epochs * plan_.batches) - static_cast<double>(plan_.steps_before);
  const double steps = static_cast<double>(event.step) - static_cast<double>(plan_.steps_before);
  const double done = steps / (std::max)(all, 1.0);
  const double samples = steps / static_cast<double>(plan_.batches) * static_cast<double>(plan_.samples);
  const std::string epochs = of_epochs(event.epoch), epoch = "epoch " + epochs, loss = "loss " + fixed(event.loss, 4),
                    rate = fixed(samples / (std::max)(elapsed, 1e-9), 0) + " samples/s",
                    left = duration(elapsed * (1 - done) / (std::max)(done, 1e-9)) + " left";
  for (const std::string& rest : {loss + "  " + rate + "  " + left, loss + "  " + left, left})
    if (constexpr std::size_t least = 8, most = 24; epoch.size() + least + rest.size() + 4 <= room) {
      const std::size_t length = (std::min)(most, room - epoch.size() - rest.size() - 4);
      const std::size_t filled = length * event.batch / plan_.batches;
      return epoch + " [" + std::string(filled, '#') + std::string(length - filled, '.') + "] " + rest;
    }
  for (const std::string& text : {epoch + "  " + left, epoch, epochs})
    if (text.size() <= room) return text;
  return epochs.substr(0, room);
}

std::string ProgressBar::tested(const EpochEvent& e) const {
  const bool labelled = !std::isnan(e.train_accuracy);
  if (std::isnan(labelled ? e.test_accuracy : e.test_loss)) return {};
  if (labelled) return plan_.test_name + ' ' + fixed(e.test_accuracy, 2) + " %";
  return plan_.test_name + " mean " + fixed(e.test_loss, 4);
}

std::string ProgressBar::duration(double seconds) {
  const auto all = seconds < 1e12 ? static_cast<long long>(seconds + 0.5) : 0;
  const auto two_digits = [](long long n) { return (n < 10 ? ":0" : ":") + std::to_string(n); };
  if (all < 3600) return std::to_string(all / 60) + two_digits(all % 60);
  return std::to_string(all / 3600) + two_digits(all / 60 % 60) + two_digits(all % 60);
}

std::size_t ProgressBar::width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void ProgressBar::write(const std::string& text) {
  if (text.empty()) return;
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
}

#endif

}  // namespace odot
