#pragma once
// SPDX-License-Identifier: MIT
// ChartAxis: where numbers lie on an axis of a chart, and its ticks.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "odot/core/number_text.hpp"

namespace odot::io {

/// Along a logarithmic axis, equal factors are equally far apart.
enum class Axis { linear, logarithmic };

/// Whether a number has a place on an axis: it is finite, and positive on a logarithmic one. (By its bits: of compilers
/// that were told that all numbers are finite, std::isfinite is always true.)
inline bool has_place(double value, Axis axis) {
  const bool finite = (std::bit_cast<std::uint64_t>(value) >> 52 & 0x7FF) != 0x7FF;
  return finite && (axis == Axis::linear || value > 0);
}

/// An axis from the least of some numbers to the greatest, of any size; numbers that differ by less than a float can
/// tell count as one, in the middle. Ticks are round numbers, at most 20 and usually about 5, counted by whole numbers.
class ChartAxis {
 public:
  /// `least` and `greatest` have a place on the axis; `whole`: ticks are whole numbers (on a linear axis).
  ChartAxis(double least, double greatest, Axis axis, bool whole = false) : axis_(axis) {
    low_ = place(least), high_ = place(greatest);
    widen();
    if (axis_ == Axis::linear) linear_ticks(low_, high_, whole);
    else logarithmic_ticks();
  }

  /// How far along the axis a number lies: 0 at its low end, 1 at its high one.
  double at(double value) const {
    return (place(value) / 2 - low_ / 2) / (high_ / 2 - low_ / 2);  // halves: the whole length may be infinite
  }

  const std::vector<double>& ticks() const { return ticks_; }

  /// A tick's text, with as many digits as tell it from its neighbours. Numbers up to 1e12 are written out; on an axis
  /// of larger ones all ticks but 0 have the same number of digits.
  std::string label(double tick) const {
    if (decimals_ && tick != 0) return number_text::scientific(tick, *decimals_);
    return number_text::general(tick, digits_);
  }

 private:
  static constexpr double largest = (std::numeric_limits<double>::max)();
  static constexpr double rounding = 1e-9;          // of a tick's count
  static constexpr double most_written_out = 1e12;  // the greatest number that a label writes without an exponent

  /// On a logarithmic axis a subnormal number lies where the smallest normal one does.
  double place(double value) const {
    return axis_ == Axis::linear ? value : std::log10((std::max)(value, (std::numeric_limits<double>::min)()));
  }

  /// Makes room around a range that is one number, or almost one.
  void widen() {
    const bool linear = axis_ == Axis::linear;
    const double size = (std::max)(std::abs(low_), std::abs(high_));
    const double least_length = linear ? (std::max)(1e-7 * size, 1e-300) : 1e-7;
    if (high_ / 2 - low_ / 2 > least_length / 2) return;
    const double margin = linear && size > 0 ? (std::max)(size / 2, 1e-300) : 0.5;
    low_ = (std::max)(low_ - margin, -largest);
    high_ = (std::min)(high_ + margin, linear ? largest : std::log10(largest));
  }

  void linear_ticks(double low, double high, bool whole) {
    const double rough = (high / 2 - low / 2) / 2.5, power = std::pow(10.0, std::floor(std::log10(rough)));
    const double round = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
    const double step = whole ? (std::max)(round, 1.0) : round;
    const auto first = count(std::ceil(low / step - rounding)), last = count(std::floor(high / step + rounding));
    for (std::int64_t k = first; k <= last && k - first < 20; ++k)
      if (const double tick = static_cast<double>(k) * step; has_place(tick, axis_)) ticks_.push_back(tick);
    const double most = (std::max)(std::abs(low / step), std::abs(high / step));
    digits_ = (std::max)(6, 2 + static_cast<int>(std::log10(std::clamp(most, 1.0, 1e12))));
    const double greatest = (std::max)(std::abs(low), std::abs(high));
    if (greatest < most_written_out)
      digits_ = (std::max)(digits_, 1 + static_cast<int>(std::log10((std::max)(greatest, 1.0))));
    else decimals_ = decimals_of_ticks(step);
  }

  /// The fewest decimals with which every tick is written exactly, apart from a remainder that is small compared with a
  /// step.
  int decimals_of_ticks(double step) const {
    const auto is_exact = [step](double tick, int decimals) {
      const double written = number_text::read(number_text::scientific(tick, decimals)).value_or(tick);
      return std::abs(written - tick) < 1e-3 * step;
    };
    int decimals = 0;
    for (const double tick : ticks_)
      while (decimals < 15 && !is_exact(tick, decimals)) ++decimals;
    return decimals;
  }

  /// Powers of ten, and their doubles and fivefolds where the axis has few powers. A shorter axis has linear ticks.
  void logarithmic_ticks() {
    const std::int64_t first = count(std::floor(low_)), last = count(std::floor(high_ + rounding));
    const std::int64_t every = 1 + (last - first) / 10;
    for (std::int64_t power = first; power <= last; ++power)
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double at = static_cast<double>(power) + std::log10(factor);
        const bool wanted = factor == 1 ? power % every == 0 : high_ - low_ < 3;
        const double tick = factor * std::pow(10.0, static_cast<double>(power));
        if (wanted && at >= low_ - rounding && at <= high_ + rounding && has_place(tick, axis_)) ticks_.push_back(tick);
      }
    if (ticks_.size() >= 2) return;
    ticks_.clear();
    linear_ticks(std::pow(10.0, low_), (std::min)(std::pow(10.0, high_), largest), false);
  }

  /// A count of steps, which is small for every finite axis.
  static std::int64_t count(double steps) { return static_cast<std::int64_t>(std::clamp(steps, -1e12, 1e12)); }

  Axis axis_;
  double low_, high_;  ///< where the axis begins and ends, by place()
  std::vector<double> ticks_;
  int digits_ = 6;
  std::optional<int> decimals_;  ///< of labels with an exponent
};

}  // namespace odot::io
