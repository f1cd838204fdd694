// SPDX-License-Identifier: MIT
// Curves on logarithmic axes as SVG: the panels in the order of their first points, one below the other.
//
// usage: plot X_LABEL FILE.svg        standard input: a line a point, PANEL <tab> CURVE <tab> X <tab> Y

#include <odot/io/line_chart.hpp>
#include <odot/io/write_file.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

template <class Value>
using Named = std::vector<std::pair<std::string, Value>>;
using Points = std::vector<std::pair<double, double>>;

/// The value of that name, made where there is none.
template <class Value>
Value& at(Named<Value>& values, const std::string& name) {
  const auto found = std::ranges::find(values, name, &std::pair<std::string, Value>::first);
  return found != values.end() ? found->second : values.emplace_back(name, Value()).second;
}

/// Whether the line was a point.
bool read_point(const std::string& line, Named<Named<Points>>& panels) {
  std::istringstream fields(line);
  std::string panel, curve;
  double x = 0, y = 0;
  if (!std::getline(fields, panel, '\t') || !std::getline(fields, curve, '\t') || !(fields >> x >> y)) return false;
  at(at(panels, panel), curve).emplace_back(x, y);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: plot X_LABEL FILE.svg\n");
    return 2;
  }
  Named<Named<Points>> panels;
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line);)
    if (++number; !read_point(line, panels)) {
      std::fprintf(stderr, "plot: line %zu is no point: panel, curve, x, y with tabs between them\n", number);
      return 1;
    }
  using odot::io::Axis, odot::io::LineChart;
  std::vector<LineChart> charts;
  for (auto& [title, curves] : panels) {
    LineChart& chart = charts.emplace_back(title, argv[1], Axis::logarithmic, Axis::logarithmic);
    for (auto& [name, points] : curves) chart.add(name, points, true);
  }
  try {
    odot::io::write_file(argv[2], LineChart::document(charts));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plot: %s\n", error.what());
    return 1;
  }
  return 0;
}
