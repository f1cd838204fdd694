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

/// One panel of curves with axes, ticks and a legend.
class LineChart {
 public:
  LineChart(std::string title, std::string x_label) : title_(std::move(title)), x_label_(std::move(x_label)) {}

  /// Adds a curve; points whose y is not finite are left out. `dots` marks each point.
  void add(std::string name, std::vector<std::pair<double, double>> points, bool dots = false) {
    std::erase_if(points, [](const auto& p) { return !std::isfinite(p.first) || !std::isfinite(p.second); });
    if (!points.empty()) curves_.push_back({std::move(name), std::move(points), dots});
  }

  static constexpr double width = 640, height = 300;  // of a panel, in SVG's units

  /// The panel as an SVG group whose top is at `top`; empty without curves.
  std::string group(double top) const {
    if (curves_.empty()) return "";
    const Scale x = scale(&std::pair<double, double>::first, 1);  // batches and epochs are whole numbers
    const Scale y = scale(&std::pair<double, double>::second, 0);
    std::string svg = format("<g transform='translate(0 %g)'>\n", top);
    svg +=
        text(width / 2, 20, "middle", "#222", title_, 15) + text(width / 2, height - 6, "middle", "#555", x_label_, 12);
    for (const double t : y.ticks) {
      svg += line(left, at_y(y, t), width - right, at_y(y, t));
      svg += text(left - 6, at_y(y, t) + 4, "end", "#555", format("%g", t), 11);
    }
    for (const double t : x.ticks) svg += text(at_x(x, t), height - bottom + 16, "middle", "#555", format("%g", t), 11);
    svg += line(left, height - bottom, width - right, height - bottom);
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
  static constexpr const char* colours[] = {"#1f6fb4", "#d1602b", "#3a8f4d", "#8a56ac"};

  struct Curve {
    std::string name;
    std::vector<std::pair<double, double>> points;
    bool dots;
  };
  struct Scale {
    double low, high;
    std::vector<double> ticks;
  };

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

  /// Bounds of one axis over all curves, and round ticks at least `least` apart.
  Scale scale(double std::pair<double, double>::* axis, double least) const {
    double low = curves_[0].points[0].*axis, high = low;
    for (const Curve& c : curves_)
      for (const auto& p : c.points) {
        low = std::min(low, p.*axis);
        high = std::max(high, p.*axis);
      }
    if (high <= low) {
      const double margin = std::max(std::abs(low), 1e-12) * 0.5;
      low -= margin;
      high += margin;
    }
    const double rough = (high - low) / 5, power = std::pow(10.0, std::floor(std::log10(rough)));
    const double round = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
    const double step = std::max(round, least);
    Scale s{low, high, {}};
    for (double k = std::ceil(low / step); k <= high / step + 1e-9; ++k) s.ticks.push_back(k * step);
    return s;
  }
  static double at_x(const Scale& s, double v) {
    return left + (v - s.low) / (s.high - s.low) * (width - left - right);
  }
  static double at_y(const Scale& s, double v) {
    return height - bottom - (v - s.low) / (s.high - s.low) * (height - bottom - top_margin);
  }

  std::string curve(std::size_t c, const Scale& x, const Scale& y) const {
    const char* colour = colours[c % std::size(colours)];
    std::string svg = format("<polyline fill='none' stroke='%s' stroke-width='1.5' points='", colour), dots;
    for (const auto& [px, py] : curves_[c].points) {
      svg += format("%.1f,%.1f ", at_x(x, px), at_y(y, py));
      if (curves_[c].dots)
        dots += format("<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>\n", at_x(x, px), at_y(y, py), colour);
    }
    const double legend = width - right - 80 * static_cast<double>(curves_.size() - 1 - c);  // in the title's line
    return svg + "'/>\n" + dots + text(legend, 20, "end", colour, curves_[c].name, 12);
  }

  std::string title_, x_label_;
  std::vector<Curve> curves_;
};

}  // namespace odot::io
