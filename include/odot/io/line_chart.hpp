#pragma once
// SPDX-License-Identifier: MIT
// LineChart: curves as SVG, which any browser shows.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/io/chart_axis.hpp"
#include "odot/io/xml_text.hpp"

namespace odot::io {

/// One panel of curves with axes, ticks and a legend: in the title's line, or beside the curves if they are many; it
/// names 20 curves, or 19 and how many more there are. Titles and names may be any text.
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
    const ChartAxis x = axis(&Point::first, x_axis_), y = axis(&Point::second, y_axis_);
    const double end = plot_end();
    std::string svg = "<g transform='translate(0 " + number_text::general(top, 6) + ")'>\n";
    svg +=
        text(width / 2, 20, "middle", "#222", title_, 15) + text(width / 2, height - 6, "middle", "#555", x_label_, 12);
    for (const double t : y.ticks()) {
      svg += line(left, at_y(y, t), end, at_y(y, t));
      const std::string label = y.label(t);
      svg += text(left - 6, at_y(y, t) + 4, "end", "#555", label, label.size() > 10 ? 8 : 11);  // beside the axis
    }
    for (const double t : x.ticks()) svg += text(at_x(x, t), height - bottom + 16, "middle", "#555", x.label(t), 11);
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
    const double whole = height * static_cast<double>(std::max<std::size_t>(panels, 1));
    return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " + number_text::general(width, 6) + " " +
           number_text::general(whole, 6) +
           "' font-family='sans-serif'>\n<rect width='100%' height='100%' fill='white'/>\n" + body + "</svg>\n";
  }

 private:
  static constexpr double left = 70, right = 20, top_margin = 34, bottom = 44;
  static constexpr double legend_width = 190;  // beside the curves
  static constexpr double first_beside = top_margin + 12;
  static constexpr std::size_t most_in_title = 4, most_beside = 20;  // lines of a legend
  static constexpr const char* colours[] = {"#1f6fb4", "#d1602b", "#3a8f4d", "#8a56ac",
                                            "#b8860b", "#c2559c", "#2a9d9d", "#666666"};

  using Point = std::pair<double, double>;

  struct Curve {
    std::string name;
    std::vector<Point> points;
    bool dots;
  };

  /// A coordinate in the picture.
  static std::string tenths(double value) { return number_text::fixed(value, 1); }
  static std::string text(double x, double y, const char* anchor, const char* colour, std::string_view content,
                          int size) {
    return "<text x='" + tenths(x) + "' y='" + tenths(y) + "' text-anchor='" + anchor + "' fill='" + colour +
           "' font-size='" + std::to_string(size) + "'>" + xml_text(content) + "</text>\n";
  }
  static std::string line(double x1, double y1, double x2, double y2) {
    return "<line x1='" + tenths(x1) + "' y1='" + tenths(y1) + "' x2='" + tenths(x2) + "' y2='" + tenths(y2) +
           "' stroke='#ddd'/>\n";
  }

  /// One axis over all curves. Of whole numbers, as batches and epochs are, the ticks are whole too.
  ChartAxis axis(double Point::* of, Axis kind) const {
    double low = curves_[0].points[0].*of, high = low;
    bool whole = true;
    for (const Curve& c : curves_)
      for (const Point& p : c.points) {
        low = (std::min)(low, p.*of);
        high = (std::max)(high, p.*of);
        whole = whole && p.*of == std::floor(p.*of);
      }
    return {low, high, kind, whole && of == &Point::first};
  }

  bool legend_beside() const { return curves_.size() > most_in_title; }
  double plot_end() const { return width - right - (legend_beside() ? legend_width : 0); }
  double at_x(const ChartAxis& axis, double v) const { return left + axis.at(v) * (plot_end() - left); }
  static double at_y(const ChartAxis& axis, double v) {
    return height - bottom - axis.at(v) * (height - bottom - top_margin);
  }
  std::string legend(std::size_t c, const char* colour) const {
    const auto number = static_cast<double>(c), after = static_cast<double>(curves_.size() - 1 - c);
    if (legend_beside()) {
      const std::size_t all = curves_.size(), lines = (std::min)(all, most_beside);
      const double pitch = (std::min)(18.0, (height - 8 - first_beside) / static_cast<double>(lines - 1));
      const auto entry = [&](const char* in, std::string_view content) {
        return text(plot_end() + 16, first_beside + pitch * number, "start", in, content, 12);
      };
      if (c + 1 < lines || all == lines) return entry(colour, curves_[c].name);
      return c + 1 == lines ? entry("#555", "and " + std::to_string(all - c) + " more") : "";
    }
    return text(width - right - 80 * after, 20, "end", colour, curves_[c].name, 12);
  }

  std::string curve(std::size_t c, const ChartAxis& x, const ChartAxis& y) const {
    const std::string colour = colours[c % std::size(colours)];
    std::string svg = "<polyline fill='none' stroke='" + colour + "' stroke-width='1.5' points='", dots;
    for (const auto& [px, py] : curves_[c].points) {
      const std::string at = tenths(at_x(x, px)), height_at = tenths(at_y(y, py));
      svg += at + "," + height_at + " ";
      if (curves_[c].dots) dots += "<circle cx='" + at + "' cy='" + height_at + "' r='3' fill='" + colour + "'/>\n";
    }
    return svg + "'/>\n" + dots + legend(c, colour.c_str());
  }

  std::string title_, x_label_;
  Axis x_axis_, y_axis_;
  std::vector<Curve> curves_;
};

}  // namespace odot::io
