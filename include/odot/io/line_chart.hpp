#pragma once
// SPDX-License-Identifier: MIT
// LineChart: curves as SVG, for any browser.

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
#include "odot/io/chart_text.hpp"
#include "odot/io/xml_text.hpp"

namespace odot::io {

/// One panel of curves with axes, ticks and a legend: in the title's line, or next to the curves if it doesn't fit
/// there; it names 20 curves, or 19 and how many more there are. Titles and names may be any text; long ones are
/// written smaller.
class LineChart {
 public:
  LineChart(std::string title, std::string x_label, Axis x = Axis::linear, Axis y = Axis::linear)
      : title_(std::move(title)), x_label_(std::move(x_label)), x_axis_(x), y_axis_(y) {}

  /// Adds a curve; points that are not finite, or not positive on a logarithmic axis, are left out. `dots` marks each
  /// point.
  LineChart& add(std::string name, std::vector<std::pair<double, double>> points, bool dots = false) {
    std::erase_if(points,
                  [this](const auto& p) { return !has_place(p.first, x_axis_) || !has_place(p.second, y_axis_); });
    if (!points.empty()) curves_.push_back({std::move(name), std::move(points), dots});
    return *this;
  }

  static constexpr double width = 640, height = 300;  // of a panel, in SVG's units

  /// Gives the panel another size. The size of the letters stays as it is: in a smaller panel, which the page shows as
  /// wide, they are larger.
  LineChart& resize(double panel_width, double panel_height) {
    width_ = panel_width;
    height_ = panel_height;
    return *this;
  }
  double panel_width() const { return width_; }
  double panel_height() const { return height_; }

  /// Leaves at most about `most` points of each curve: of each stretch the lowest and the highest.
  LineChart& thin(std::size_t most) {
    for (Curve& curve : curves_) curve.points = thinned(curve.points, (std::max)(most / 2, std::size_t{1}));
    return *this;
  }

  /// Leaves title and legend to the page.
  LineChart& without_title() {
    titled_ = false;
    return *this;
  }
  const std::string& title() const { return title_; }
  const std::string& x_label() const { return x_label_; }

  /// A curve's name, and which of the colours it has.
  struct Entry {
    std::string name;
    std::size_t colour;
  };
  std::vector<Entry> entries() const {
    std::vector<Entry> all;
    for (std::size_t c = 0; c < curves_.size(); ++c) all.push_back({curves_[c].name, c % std::size(colours)});
    return all;
  }
  bool empty() const { return curves_.empty(); }

  static constexpr const char* colours[] = {"#1f6fb4", "#d1602b", "#3a8f4d", "#8a56ac",
                                            "#b8860b", "#c2559c", "#2a9d9d", "#666666"};

  /// The panel as an SVG group whose top is at `top`; empty without curves.
  std::string group(double top) const {
    if (curves_.empty()) return "";
    const ChartAxis x = axis(&Point::first, x_axis_), y = axis(&Point::second, y_axis_);
    const double left = plot_begin(y);
    const double end = plot_end(), middle = (left + end) / 2;
    std::string svg = "<g transform='translate(0 " + number_text::general(top, 6) + ")'>\n";
    if (titled_) svg += text(middle, 20, "middle", "#222", title_, title_size());
    svg += text(middle, height_ - 6, "middle", "#555", x_label_, fitting_size(x_label_, 12, 2 * (middle - margin)));
    for (const double t : y.ticks()) {
      svg += line(left, at_y(y, t), end, at_y(y, t));
      const std::string label = y.label(t);
      svg += text(left - 6, at_y(y, t) + 4, "end", "#555", label, fitting_size(label, 11, left - 6 - margin));
    }
    svg += x_labels(x, left);
    svg += line(left, height_ - bottom, end, height_ - bottom);
    for (std::size_t c = 0; c < curves_.size(); ++c) svg += curve(c, x, y, left);
    return svg + "</g>\n";
  }

  /// A whole document: the panels one below the other.
  static std::string document(const std::vector<LineChart>& charts) {
    std::string body;
    double widest = 0, whole = 0;
    for (const LineChart& chart : charts)
      if (const std::string g = chart.group(whole); !g.empty()) {
        body += g;
        whole += chart.height_;
        widest = (std::max)(widest, chart.width_);
      }
    if (body.empty()) {
      widest = width;
      whole = height;
    }
    return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " + number_text::general(widest, 6) + " " +
           number_text::general(whole, 6) +
           "' font-family='sans-serif'>\n<rect width='100%' height='100%' fill='white'/>\n" + body + "</svg>\n";
  }

 private:
  static constexpr double left_margin = 70, right = 20, top_margin = 34, untitled_margin = 12, bottom = 44;
  static constexpr double margin = 2, gap = 14;  // between text and the panel's edge, and between texts
  static constexpr double legend_width = 190;    // next to the curves
  static constexpr double first_beside = top_margin + 12;
  static constexpr int largest_title = 15, legend_size = 12;
  static constexpr std::size_t most_in_title = 4, most_beside = 20;  // lines of a legend

  using Point = std::pair<double, double>;

  struct Curve {
    std::string name;
    std::vector<Point> points;
    bool dots;
  };

  static std::vector<Point> thinned(const std::vector<Point>& points, std::size_t stretches) {
    if (points.size() <= 2 * stretches) return points;
    const auto lower = [](const Point& a, const Point& b) { return a.second < b.second; };
    std::vector<Point> kept;
    for (std::size_t s = 0; s < stretches; ++s) {
      const auto at = [&](std::size_t i) {
        return points.begin() + static_cast<std::ptrdiff_t>(i * points.size() / stretches);
      };
      auto [low, high] = std::minmax_element(at(s), at(s + 1), lower);
      kept.push_back((std::min)(low, high)[0]);
      kept.push_back((std::max)(low, high)[0]);
    }
    return kept;
  }

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

  /// The ticks' labels, as many as there is room for.
  std::string x_labels(const ChartAxis& axis, double left) const {
    constexpr int size = 11;
    std::string svg;
    double free = 0;  // to the right of the labels so far
    for (const double tick : axis.ticks()) {
      const std::string label = axis.label(tick);
      const double half = text_width(label, size) / 2, x = (std::min)(at_x(axis, tick, left), width_ - margin - half);
      if (x - half < free) continue;
      svg += text(x, height_ - bottom + 16, "middle", "#555", label, size);
      free = x + half + gap / 2;
    }
    return svg;
  }

  /// The width of the legend's names from the one numbered `first`, each with a gap before it.
  double legend_row(std::size_t first) const {
    double row = 0;
    for (std::size_t c = first; c < curves_.size(); ++c) row += gap + text_width(curves_[c].name, legend_size);
    return row;
  }
  bool legend_beside() const {
    const double room = (width_ - right - left_margin) / 2;  // from the middle of the title
    if (!titled_) return false;
    return curves_.size() > most_in_title || text_width(title_, largest_title) / 2 + legend_row(0) > room;
  }
  int title_size() const {
    const double middle = (left_margin + plot_end()) / 2;
    return fitting_size(title_, largest_title, 2 * ((std::min)(middle, width_ - middle) - margin));
  }
  double plot_end() const { return width_ - right - (legend_beside() ? legend_width : 0); }
  /// In a panel without a title, as far to the left as the ticks' labels allow.
  double plot_begin(const ChartAxis& y) const {
    if (titled_) return left_margin;
    double widest = 0;
    for (const double tick : y.ticks()) widest = (std::max)(widest, text_width(y.label(tick), 11));
    return (std::min)(left_margin, widest + 6 + margin);
  }
  double at_x(const ChartAxis& axis, double v, double begin) const { return begin + axis.at(v) * (plot_end() - begin); }
  double at_y(const ChartAxis& axis, double v) const {
    const double top = titled_ ? top_margin : untitled_margin;
    return height_ - bottom - axis.at(v) * (height_ - bottom - top);
  }
  std::string legend(std::size_t c, const char* colour) const {
    if (!titled_) return "";
    if (legend_beside()) {
      const auto number = static_cast<double>(c);
      const std::size_t all = curves_.size(), lines = (std::min)(all, most_beside);
      const double pitch =
          lines < 2 ? 0 : (std::min)(18.0, (height_ - 8 - first_beside) / static_cast<double>(lines - 1));
      const auto entry = [&](const char* in, std::string_view content) {
        const double x = plot_end() + 16;
        const int size = fitting_size(content, legend_size, width_ - margin - x);
        return text(x, first_beside + pitch * number, "start", in, content, size);
      };
      if (c + 1 < lines || all == lines) return entry(colour, curves_[c].name);
      return c + 1 == lines ? entry("#555", "and " + std::to_string(all - c) + " more") : "";
    }
    return text(width_ - right - legend_row(c + 1), 20, "end", colour, curves_[c].name, legend_size);
  }

  std::string curve(std::size_t c, const ChartAxis& x, const ChartAxis& y, double left) const {
    const std::string colour = colours[c % std::size(colours)];
    std::string svg = "<polyline fill='none' stroke='" + colour + "' stroke-width='1.5' points='", dots;
    for (const auto& [px, py] : curves_[c].points) {
      const std::string at = tenths(at_x(x, px, left)), height_at = tenths(at_y(y, py));
      svg += at + "," + height_at + " ";
      if (curves_[c].dots) dots += "<circle cx='" + at + "' cy='" + height_at + "' r='3' fill='" + colour + "'/>\n";
    }
    return svg + "'/>\n" + dots + legend(c, colour.c_str());
  }

  std::string title_, x_label_;
  Axis x_axis_, y_axis_;
  std::vector<Curve> curves_;
  double width_ = width, height_ = height;
  bool titled_ = true;
};

}  // namespace odot::io
