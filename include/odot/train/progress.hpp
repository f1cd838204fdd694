#pragma once
// SPDX-License-Identifier: MIT
// ProgressBar: a moving bar on a terminal, a line an epoch elsewhere.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include "odot/train/events.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace odot {

/// Shows a training run on a stream: a terminal gets a bar with rate and time left, anything else a line per epoch.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(std::FILE* stream = stderr) : stream_(stream), terminal_(is_terminal(stream)) {}

  void on_begin(const TrainingPlan& plan) override {
    plan_ = plan;
    start_ = drawn_ = Clock::now();
  }

  void on_batch(const BatchEvent& event) override {
    const auto now = Clock::now();
    if (!terminal_ || (now - drawn_ < std::chrono::milliseconds(100) && event.batch != plan_.batches)) return;
    drawn_ = now;
    const double done = static_cast<double>(event.step) / static_cast<double>(plan_.epochs * plan_.batches);
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    constexpr int width = 24;
    const int filled = static_cast<int>(width * static_cast<double>(event.batch) / static_cast<double>(plan_.batches));
    const std::string bar =
        std::string(static_cast<std::size_t>(filled), '#') + std::string(static_cast<std::size_t>(width - filled), '.');
    std::fprintf(stream_, "\r\033[Kepoch %zu/%zu [%s] loss %.4f  %.0f samples/s  %s left", event.epoch, plan_.epochs,
                 bar.c_str(), event.loss,
                 done * static_cast<double>(plan_.epochs * plan_.samples) / std::max(elapsed, 1e-9),
                 duration(elapsed * (1 - done) / std::max(done, 1e-9)).c_str());
    std::fflush(stream_);
  }

  void on_epoch(const EpochEvent& e) override {
    clear();
    std::fprintf(stream_, "epoch %zu/%zu  loss %.4f (mean %.4f)%s  gradient %.1e  %.0f samples/s  %.1f s\n", e.epoch,
                 plan_.epochs, e.loss, e.mean_loss, quality(e).c_str(), e.gradient_average, e.samples_per_second,
                 e.seconds);
    std::fflush(stream_);
  }

  void on_end(const TrainingReport& report) override {
    clear();
    if (report.interrupted)
      std::fprintf(stream_, "stopped after %zu of %zu epochs\n", report.epochs.size(), plan_.epochs);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static bool is_terminal([[maybe_unused]] std::FILE* stream) {
#if __has_include(<unistd.h>)
    return isatty(fileno(stream)) == 1;
#else
    return false;
#endif
  }

  /// Accuracies where there are any, else the second set's loss, if there is one.
  std::string quality(const EpochEvent& e) const {
    if (std::isnan(e.train_accuracy)) return part(plan_.test_name, " mean %.4f", e.test_loss);
    return part("train", " %.2f %%", e.train_accuracy) + part(plan_.test_name, " %.2f %%", e.test_accuracy);
  }
  static std::string part(const std::string& name, const char* format, double value) {
    if (std::isnan(value)) return {};
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return "  " + name + text;
  }

  /// "1:02:03", "2:03"
  static std::string duration(double seconds) {
    const long all = static_cast<long>(seconds + 0.5);
    char text[32];
    if (all >= 3600) std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", all / 3600, all / 60 % 60, all % 60);
    else std::snprintf(text, sizeof text, "%ld:%02ld", all / 60, all % 60);
    return text;
  }

  void clear() {
    if (terminal_) std::fprintf(stream_, "\r\033[K");
  }

  std::FILE* stream_;
  bool terminal_;
  TrainingPlan plan_;
  Clock::time_point start_, drawn_;
};

}  // namespace odot
