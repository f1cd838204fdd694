#pragma once
// SPDX-License-Identifier: MIT
// LineChart: curves as SVG, which any browser shows.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace odot::io {

/// Along a logarithmic axis, equal factors are equally far apart.
enum class Axis { linear, logarithmic };

/// One panel of curves with axes, ticks and a legend: in the title's line, or beside the curves if they are many.
class LineChart {
 public:
  LineChart(std::string title, std::string x_label, Axis x = Axis::linear, Axis y = Axis::linear)
      : title_(std::move(title)), x_label_(std::move(x_label)), x_axis_(x), y_axis_(y) {}

  /// Adds a curve; points that are not finite, or not positive on a logarithmic axis, are left out. `dots` marks each
  /// point.
  void add(std::string name, std::vector<std::pair<double, double>> points, bool dots = false) {
    std::erase_if(points,
                  [this](const auto& p) { return !has_place(p.first, x_axis_) || !has_place(p.second, y_axis_); });
    if (!points.empty()) curves_.push_back({std::move(name), std::move(points), dots});
  }

  static constexpr double width = 640, height = 300;  // of a panel, in SVG's units

  /// The panel as an SVG group whose top is at `top`; empty without curves.
  std::string group(double top) const {
    if (curves_.empty()) return "";
    const Scale x = scale(&std::pair<double, double>::first, x_axis_, 1);  // batches and epochs are whole numbers
    const Scale y = scale(&std::pair<double, double>::second, y_axis_, 0);
    const double end = plot_end();
    std::string svg = format("<g transform='translate(0 %g)'>\n", top);
    svg +=
        text(width / 2, 20, "middle", "#222", title_, 15) + text(width / 2, height - 6, "middle", "#555", x_label_, 12);
    for (const double t : y.ticks) {
      svg += line(left, at_y(y, t), end, at_y(y, t));
      svg += text(left - 6, at_y(y, t) + 4, "end", "#555", format("%g", t), 11);
    }
    for (const double t : x.ticks) svg += text(at_x(x, t), height - bottom + 16, "middle", "#555", format("%g", t), 11);
    svg += line(left, height - bottom, end, height - bottom);
    for (std::size_t c = 0; c < curves_.size(); ++c) svg += curve(c, x, y);
    return svg + "</g>\n";
  }

  /// A whole document: the panels one below the other.
  static std::string document(const std::vector<LineChart>& charts) {
    std::string body;
    std::size_t panels = 0;
    for (const LineChart& chart : charts)
      if (const std::string g = chart.group(static_cast<double>(panels) * height); !g.empty()) {
        body += g;
        ++panels;
      }
    return format("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %g %g' font-family='sans-serif'>\n", width,
                  height * static_cast<double>(std::max<std::size_t>(panels, 1))) +
           "<rect width='100%' height='100%' fill='white'/>\n" + body + "</svg>\n";
  }

 private:
  static constexpr double left = 70, right = 20, top_margin = 34, bottom = 44;
  static constexpr double legend_width = 190;  // beside the curves
  static constexpr std::size_t most_in_title = 4;
  static constexpr const char* colours[] = {"#1f6fb4", "#d1602b", "#3a8f4d", "#8a56ac",
                                            "#b8860b", "#c2559c", "#2a9d9d", "#666666"};

  struct Curve {
    std::string name;
    std::vector<std::pair<double, double>> points;
    bool dots;
  };
  struct Scale {
    double low, high;  // where the axis begins and ends, by `place`
    std::vector<double> ticks;
    Axis axis;
  };

  static bool has_place(double v, Axis axis) { return std::isfinite(v) && (axis == Axis::linear || v > 0); }
  static double place(double v, Axis axis) { return axis == Axis::linear ? v : std::log10(v); }

  template <class... Values>
  static std::string format(const char* pattern, Values... values) {
    char buffer[160];
    std::snprintf(buffer, sizeof buffer, pattern, values...);
    return buffer;
  }
  static std::string text(double x, double y, const char* anchor, const char* colour, const std::string& content,
                          int size) {
    return format("<text x='%.1f' y='%.1f' text-anchor='%s' fill='%s' font-size='%d'>", x, y, anchor, colour, size) +
           content + "</text>\n";
  }
  static std::string line(double x1, double y1, double x2, double y2) {
    return format("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='#ddd'/>\n", x1, y1, x2, y2);
  }

  /// Bounds of one axis over all curves, and round ticks, on a linear axis at least `least` apart.
  Scale scale(double std::pair<double, double>::* of, Axis axis, double least) const {
    double low = place(curves_[0].points[0].*of, axis), high = low;
    for (const Curve& c : curves_)
      for (const auto& p : c.points) {
        low = std::min(low, place(p.*of, axis));
        high = std::max(high, place(p.*of, axis));
      }
    if (high <= low) {
      const double margin = std::max(std::abs(low), 1e-12) * 0.5;
      low -= margin;
      high += margin;
    }
    return {low, high, axis == Axis::linear ? linear_ticks(low, high, least) : logarithmic_ticks(low, high), axis};
  }
  static std::vector<double> linear_ticks(double low, double high, double least) {
    const double rough = (high - low) / 5, power = std::pow(10.0, std::floor(std::log10(rough)));
    const double round = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
    const double step = std::max(round, least);
    std::vector<double> ticks;
    for (double k = std::ceil(low / step); k <= high / step + 1e-9; ++k) ticks.push_back(k * step);
    return ticks;
  }
  /// Powers of ten, and their doubles and fivefolds where the axis has few powers. low, high: logarithms.
  static std::vector<double> logarithmic_ticks(double low, double high) {
    std::vector<double> ticks;
    for (double power = std::floor(low); power <= high; ++power)
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double at = power + std::log10(factor);
        if ((factor == 1 || high - low < 3) && at >= low - 1e-9 && at <= high + 1e-9)
          ticks.push_back(factor * std::pow(10.0, power));
      }
    return ticks;
  }

  bool legend_beside() const { return curves_.size() > most_in_title; }
  double plot_end() const { return width - right - (legend_beside() ? legend_width : 0); }
  double at_x(const Scale& s, double v) const {
    return left + (place(v, s.axis) - s.low) / (s.high - s.low) * (plot_end() - left);
  }
  static double at_y(const Scale& s, double v) {
    return height - bottom - (place(v, s.axis) - s.low) / (s.high - s.low) * (height - bottom - top_margin);
  }
  std::string legend(std::size_t c, const char* colour) const {
    const auto number = static_cast<double>(c), after = static_cast<double>(curves_.size() - 1 - c);
    if (legend_beside())
      return text(plot_end() + 16, top_margin + 12 + 18 * number, "start", colour, curves_[c].name, 12);
    return text(width - right - 80 * after, 20, "end", colour, curves_[c].name, 12);
  }

  std::string curve(std::size_t c, const Scale& x, const Scale& y) const {
    const char* colour = colours[c % std::size(colours)];
    std::string svg = format("<polyline fill='none' stroke='%s' stroke-width='1.5' points='", colour), dots;
    for (const auto& [px, py] : curves_[c].points) {
      svg += format("%.1f,%.1f ", at_x(x, px), at_y(y, py));
      if (curves_[c].dots)
        dots += format("<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>\n", at_x(x, px), at_y(y, py), colour);
    }
    return svg + "'/>\n" + dots + legend(c, colour);
  }

  std::string title_, x_label_;
  Axis x_axis_, y_axis_;
  std::vector<Curve> curves_;
};

}  // namespace odot::io
