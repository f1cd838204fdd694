#pragma once
// SPDX-License-Identifier: MIT
// MapSheet: maps of numbers as coloured pictures in labelled rows and columns, one SVG file.

#include "layer_steps.hpp"

#include <odot/core/number_text.hpp>
#include <odot/io/chart_text.hpp>
#include <odot/io/colour_map.hpp>
#include <odot/io/png.hpp>
#include <odot/io/xml_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace figures {

/// How a cell's numbers are coloured: from its least to its largest number; where there are negative ones, blue below
/// zero, white at zero, red above, with the same range on both sides.
struct Range {
  float least = 0, most = 0;

  static Range of(const Maps& maps) {
    const auto [least, most] = std::minmax_element(maps.values.begin(), maps.values.end());
    return {*least, *most};
  }
  odot::io::ColourMap colours() const {
    return least < 0 ? odot::io::ColourMap::diverging : odot::io::ColourMap::sequential;
  }
  /// Where a number lies in the colour map, in a few steps, so that files stay small.
  double place(float value) const {
    constexpr double steps = 40;
    const double largest = (std::max)(std::abs(least), std::abs(most));
    const double t = least < 0      ? (largest > 0 ? (value / largest + 1) / 2 : 0.5)
                     : most > least ? (value - least) / (most - least)
                                    : 0;
    return std::round(t * steps) / steps;
  }
  std::string text() const {
    const auto number = [](float value) { return odot::number_text::general(value, 2); };
    return number(least) + " … " + number(most);
  }
};

/// A table of pictures with its labels.
class MapSheet {
 public:
  MapSheet(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

  void begin_row(std::string label) { rows_.push_back({std::move(label), {}}); }

  /// A cell at the end of the last row: the maps side by side, in `columns` columns, under a caption.
  void add(std::string caption, const Maps& maps, std::size_t columns) {
    const Range range = Range::of(maps);
    std::vector<odot::io::Picture> tiles;
    for (std::size_t m = 0; m < maps.count; ++m) {
      odot::io::Picture tile = odot::io::Picture::filled(maps.width, maps.height, 3);
      const std::span<const float> values = maps.map(m);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const odot::io::Colour colour = odot::io::colour_at(range.colours(), range.place(values[i]));
        std::copy(colour.begin(), colour.end(), tile.bytes.begin() + static_cast<std::ptrdiff_t>(3 * i));
      }
      tiles.push_back(std::move(tile));
    }
    rows_.back().cells.push_back(
        {std::move(caption), range.text(), odot::io::grid(tiles, {.columns = columns, .gap = 1})});
  }

  std::string document() const {
    std::string body;
    double y = 64, width = 0;
    for (const Row& row : rows_) {
      double x = label_width, height = 0;
      for (const Cell& cell : row.cells) {
        // A picture's pixel is a whole number of units, the more the smaller the picture.
        const std::size_t side = (std::max)(cell.picture.width, cell.picture.height);
        const double unit = side <= 40 ? 3 : side <= 120 ? 2 : 1;
        const double w = unit * static_cast<double>(cell.picture.width),
                     h = unit * static_cast<double>(cell.picture.height), column = (std::max)(w, least_column);
        body += text(x + column / 2, y, 12, "middle", "#222", cell.caption, column) + "<image x='" +
                number(x + (column - w) / 2) + "' y='" + number(y + 6) + "' width='" + number(w) + "' height='" +
                number(h) + "' style='image-rendering:pixelated' href='" + odot::io::png_address(cell.picture) +
                "'/>\n" + "<rect x='" + number(x + (column - w) / 2 - 0.5) + "' y='" + number(y + 5.5) + "' width='" +
                number(w + 1) + "' height='" + number(h + 1) + "' fill='none' stroke='#bbb'/>\n" +
                text(x + column / 2, y + h + 19, 10, "middle", "#666", cell.range, column);
        x += column + gap;
        height = (std::max)(height, h);
      }
      body += text(8, y + height / 2 + 10, 13, "start", "#222", row.label, label_width - 12);
      width = (std::max)(width, x);
      y += height + 46;
    }
    const double whole = (std::max)({width + 8 - gap, 420.0});
    return "<svg xmlns='http://www.w3.org/2000/svg' width='" + number(whole) + "' height='" + number(y - 22) +
           "' viewBox='0 0 " + number(whole) + " " + number(y - 22) +
           "' font-family='sans-serif'>\n<rect width='100%' height='100%' fill='white'/>\n" +
           text(8, 20, 15, "start", "#222", title_, whole - 16) +
           text(8, 38, 11, "start", "#666", subtitle_, whole - 16) + body + "</svg>\n";
  }

  /// The cells of all rows with more than one, without labels: `legend` says what they are.
  odot::io::Picture picture() const {
    std::vector<odot::io::Picture> cells;
    std::size_t columns = 0;
    for (const Row& row : rows_) {
      if (row.cells.size() < 2) continue;
      columns = row.cells.size();
      for (const Cell& cell : row.cells) cells.push_back(cell.picture);
    }
    return odot::io::grid(cells, {.columns = columns, .gap = 4});
  }
  std::string legend() const {
    std::string text;
    for (const Row& row : rows_) {
      if (row.cells.size() < 2) continue;
      text += text.empty() ? "from left to right: " : "";
      if (text.size() > 20) continue;
      for (const Cell& cell : row.cells) text += (&cell == row.cells.data() ? "" : "; ") + cell.caption;
      text += "; a row for each " + row.label.substr(0, row.label.find(' '));
    }
    return text;
  }

 private:
  struct Cell {
    std::string caption, range;
    odot::io::Picture picture;
  };
  struct Row {
    std::string label;
    std::vector<Cell> cells;
  };

  static constexpr double label_width = 70, least_column = 92, gap = 12;

  static std::string number(double value) { return odot::number_text::general(value, 6); }
  /// Text in at most `room` units.
  static std::string text(double x, double y, int size, const char* anchor, const char* colour,
                          std::string_view content, double room) {
    return "<text x='" + number(x) + "' y='" + number(y) + "' font-size='" +
           std::to_string(odot::io::fitting_size(content, size, room)) + "' text-anchor='" + anchor + "' fill='" +
           colour + "'>" + odot::io::xml_text(content) + "</text>\n";
  }

  std::string title_, subtitle_;
  std::vector<Row> rows_;
};

}  // namespace figures
