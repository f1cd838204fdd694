// SPDX-License-Identifier: MIT
#include "odot/io/line_chart.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using io::LineChart;
using odot::test::says;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the ends of a curve lie at the ends of the axes") {
  LineChart chart("title", "epoch");
  chart.add("training", {{0, 10}, {5, 20}, {10, 30}}, true);
  const std::string svg = chart.group(0);
  // The panel is 640 × 300; the axes run from 70 to 620 and from 256 up to 34.
  CHECK(says(svg, "points='70.0,256.0 345.0,145.0 620.0,34.0 '", "title", "epoch", "training"));
  CHECK(count(svg, "<circle") == 3);
  CHECK(says(svg, ">10</text>", ">15</text>", ">20</text>", ">30</text>"));  // round ticks
}

TEST_CASE("points that are not finite are left out, and a curve of nothing else too") {
  LineChart chart("title", "epoch");
  chart.add("nothing", {{1, not_a_number}, {2, std::numeric_limits<double>::infinity()}});
  CHECK(chart.group(0).empty());
  chart.add("something", {{1, 1}, {2, not_a_number}, {3, 2}}, true);
  CHECK(count(chart.group(0), "<polyline") == 1);
  CHECK(count(chart.group(0), "<circle") == 2);
  CHECK(chart.group(0).find("nan") == std::string::npos);
}

TEST_CASE("a curve of one point, or of equal values, has axes") {
  for (const double y : {0.0, 3.0, -1e-9}) {
    LineChart chart("title", "epoch");
    chart.add("point", {{1, y}});
    CHECK(count(chart.group(0), "<polyline") == 1);
    CHECK(chart.group(0).find("nan") == std::string::npos);
    CHECK(chart.group(0).find("inf") == std::string::npos);
  }
}

TEST_CASE("on logarithmic axes equal factors are equally far apart") {
  LineChart chart("title", "tokens", io::Axis::logarithmic, io::Axis::logarithmic);
  chart.add("cost", {{1, 0.1}, {100, 10}, {10000, 1000}});
  const std::string svg = chart.group(0);
  CHECK(says(svg, "points='70.0,256.0 345.0,145.0 620.0,34.0 '"));
  for (const char* tick : {">0.1</text>", ">1</text>", ">10</text>", ">100</text>", ">1000</text>", ">10000</text>"})
    CHECK(says(svg, tick));
  CHECK_FALSE(says(svg, ">20</text>"));
}

TEST_CASE("a short logarithmic axis has ticks between the powers of ten") {
  LineChart chart("title", "tokens", io::Axis::logarithmic);
  chart.add("cost", {{256, 1}, {16384, 2}});
  const std::string svg = chart.group(0);
  for (const char* tick : {">500</text>", ">1000</text>", ">2000</text>", ">5000</text>", ">10000</text>"})
    CHECK(says(svg, tick));
  CHECK_FALSE(says(svg, ">200</text>"));
  CHECK_FALSE(says(svg, ">20000</text>"));
}

TEST_CASE("points that are not positive are left out of a logarithmic axis") {
  LineChart chart("title", "tokens", io::Axis::linear, io::Axis::logarithmic);
  chart.add("nothing", {{1, 0}, {2, -1}});
  CHECK(chart.group(0).empty());
  chart.add("something", {{-1, 1}, {2, 0}, {3, 2}}, true);
  CHECK(count(chart.group(0), "<circle") == 2);
  CHECK(chart.group(0).find("nan") == std::string::npos);
}

TEST_CASE("the legend of many curves stands beside them") {
  LineChart chart("title", "x");
  for (const char* name : {"a", "b", "c", "d", "e"}) chart.add(name, {{0, 0}, {10, 1}});
  const std::string svg = chart.group(0);
  CHECK(says(svg, "points='70.0,256.0 430.0,34.0 '"));  // the axes end 190 earlier
  CHECK(says(svg, "<text x='446.0' y='46.0' text-anchor='start' fill='#1f6fb4' font-size='12'>a</text>"));
  CHECK(says(svg, "<text x='446.0' y='118.0' text-anchor='start' fill='#b8860b' font-size='12'>e</text>"));
}

TEST_CASE("a legend of any length stays in its panel, and says how many curves it does not name") {
  for (const std::size_t curves : {5, 13, 14, 15, 20, 21, 100}) {
    CAPTURE(curves);
    LineChart chart("title", "x");
    for (std::size_t c = 0; c < curves; ++c) chart.add("curve " + std::to_string(c), {{0, 0}, {10, 1}});
    const std::string svg = chart.group(0);
    CHECK(count(svg, "<polyline") == curves);
    CHECK(count(svg, ">curve ") == (curves <= 20 ? curves : 19));
    CHECK(says(svg, "and " + std::to_string(curves - 19) + " more") == (curves > 20));
    double above = 0;
    std::size_t entries = 0;
    for (std::size_t at = svg.find("<text x='446.0' y='"); at != std::string::npos;
         at = svg.find("<text x='446.0' y='", at + 1)) {
      const double y = std::stod(svg.substr(at + 19, 6));
      CHECK(y >= above + 11);  // the letters are 12 high
      CHECK(y <= LineChart::height - 8);
      above = y;
      ++entries;
    }
    CHECK(entries == (std::min)(curves, std::size_t{20}));
  }
}

TEST_CASE("no text of a chart overlaps another in its line or leaves the panel, whatever its length") {
  struct Text {
    double left, right, y;
    std::string content;
  };
  const auto attribute = [](const std::string& tag, const std::string& name) {
    const std::size_t at = tag.find(" " + name + "='") + name.size() + 3;
    return tag.substr(at, tag.find('\'', at) - at);
  };
  const auto texts = [&](const std::string& svg) {
    std::vector<Text> all;
    for (std::size_t at = svg.find("<text "); at != std::string::npos; at = svg.find("<text ", at + 1)) {
      const std::size_t open = svg.find('>', at);
      const std::string tag = svg.substr(at, open - at), anchor = attribute(tag, "text-anchor");
      const std::string content = svg.substr(open + 1, svg.find('<', open) - open - 1);
      const double x = std::stod(attribute(tag, "x")),
                   wide = io::text_width(content, std::stod(attribute(tag, "font-size")));
      const double left = anchor == "start" ? x : anchor == "end" ? x - wide : x - wide / 2;
      all.push_back({left, left + wide, std::stod(attribute(tag, "y")), content});
    }
    return all;
  };
  for (const std::string& title : {std::string("loss"), std::string("average gradient of the first layer"),
                                   std::string("a title of a length that nobody would think of for a chart so small")})
    for (const std::string& name : {std::string("a"), std::string("test"), std::string("the validation set of 2026")})
      for (const std::size_t curves : {1, 2, 3, 4, 5})
        for (const double largest : {1.0, 3e6, 123456789.0, 1e11, 1e300}) {
          CAPTURE(title);
          CAPTURE(name);
          CAPTURE(curves);
          CAPTURE(largest);
          LineChart chart(title, "batch");
          for (std::size_t c = 0; c < curves; ++c) chart.add(name, {{1, -largest}, {largest, 1.25 * largest}});
          const auto all = texts(chart.group(0));
          CHECK(all.size() >= 4 + curves);
          for (std::size_t i = 0; i < all.size(); ++i) {
            CAPTURE(all[i].content);
            CHECK(all[i].left >= 0);
            CHECK(all[i].right <= LineChart::width);
            for (std::size_t j = 0; j < i; ++j)
              if (all[i].y == all[j].y) CHECK((all[i].left >= all[j].right || all[i].right <= all[j].left));
          }
        }
}

TEST_CASE("the title and the axis's label are in the middle of the curves") {
  LineChart few("title", "x"), many("title", "x");
  few.add("a", {{0, 0}, {10, 1}});
  for (const char* name : {"a", "b", "c", "d", "e"}) many.add(name, {{0, 0}, {10, 1}});
  CHECK(count(few.group(0), "<text x='345.0' y='20.0' text-anchor='middle'") == 1);
  CHECK(count(few.group(0), "<text x='345.0' y='294.0' text-anchor='middle'") == 1);
  CHECK(count(many.group(0), "<text x='250.0' y='20.0' text-anchor='middle'") == 1);
  CHECK(count(many.group(0), "<text x='250.0' y='294.0' text-anchor='middle'") == 1);
}

TEST_CASE("a document stacks its panels and leaves empty ones out") {
  LineChart first("first", "x"), empty("empty", "x"), second("second", "x");
  first.add("a", {{0, 0}, {1, 1}});
  second.add("b", {{0, 0}, {1, 1}});
  const std::string svg = LineChart::document({first, empty, second});
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(says(svg, "viewBox='0 0 640 600'", "translate(0 0)", "translate(0 300)"));
  CHECK(svg.find("empty") == std::string::npos);
  CHECK(count(svg, "<g ") == count(svg, "</g>"));
}

TEST_CASE("points one unit in the last place apart make a chart like any other") {
  LineChart chart("loss", "batch");
  chart.add("training", {{1, 0.1 + 0.2}, {2, 0.3}});
  const std::string svg = chart.group(0);
  CHECK(svg.size() < 5'000);
  CHECK(says(svg, "points='70.0,145.0 620.0,145.0 '", ">0.2</text>", ">0.4</text>"));
}

TEST_CASE("points at the ends of what a double holds have their places") {
  LineChart chart("loss", "batch");
  chart.add("training", {{-1e308, -1.7e308}, {0, 0}, {1e308, 1.7e308}});
  CHECK(says(chart.group(0), "points='70.0,256.0 345.0,145.0 620.0,34.0 '", ">0</text>", ">1.0e+308</text>"));
  LineChart small("loss", "batch");
  small.add("training", {{0, 0}, {5e-324, 5e-324}});
  CHECK(says(small.group(0), "points='345.0,145.0 345.0,145.0 '"));
}

TEST_CASE("an axis of numbers that are not whole has ticks between whole numbers") {
  LineChart chart("loss", "seconds");
  chart.add("training", {{0.2, 1}, {0.4, 2}});
  CHECK(says(chart.group(0), ">0.25</text>", ">0.3</text>"));
}

TEST_CASE("titles, labels and names may be any text") {
  LineChart chart("loss & \"accuracy\"", "<batch>\n");
  for (const char* name : {"R&D", "a<b", "c>d", "e'f",
                           "Gr\xf6\xdf"
                           "e"})
    chart.add(name, {{0, 0}, {1, 1}});
  const std::string svg = LineChart::document({chart});
  CHECK(says(svg, ">loss &amp; &quot;accuracy&quot;<", ">&lt;batch&gt; <", ">R&amp;D<", ">a&lt;b<", ">c&gt;d<",
             ">e&#39;f<"));
  CHECK_FALSE(says(svg, "\xf6"));
}

TEST_CASE("a panel of another size is drawn in it, and leaves title and legend to its page") {
  LineChart chart("title", "epoch");
  chart.add("training", {{0, 10}, {10, 30}}).add("test", {{0, 20}, {10, 20}});
  chart.resize(400, 250);
  // From 70 to 380 and from 206 up to 34.
  CHECK(says(chart.group(0), "points='70.0,206.0 380.0,34.0 '", ">title</text>", ">training</text>"));
  CHECK(says(LineChart::document({chart, chart}), "viewBox='0 0 400 500'", "translate(0 250)"));
  const std::string bare = chart.without_title().group(0);
  CHECK(says(bare, ",206.0 380.0,12.0 '", ">epoch</text>"));
  for (const char* left_out : {">title</text>", ">training</text>", "points='70.0"}) CHECK_FALSE(says(bare, left_out));
  const auto entries = chart.entries();
  REQUIRE(entries.size() == 2);
  CHECK(entries[1].name == "test");
  CHECK(entries[1].colour == 1);
}

TEST_CASE("a thinned curve keeps the lowest and the highest of each stretch") {
  std::vector<std::pair<double, double>> points;
  for (int i = 0; i < 10'000; ++i) points.emplace_back(i, i % 100);
  points[4'321].second = 1'000;
  points[8'765].second = -1'000;
  LineChart thin("title", "batch"), few("title", "batch");
  thin.add("training", points).thin(200);
  CHECK(thin.group(0).size() < 6'000);
  CHECK(says(thin.group(0), ",34.0 ", ",256.0 ", ">1000</text>"));
  few.add("training", {{1, 1}, {2, 2}, {3, 1}});
  const std::string whole = few.group(0);
  CHECK(few.thin(10).group(0) == whole);
}

TEST_CASE("under a locale with commas in numbers a chart is the same") {
  LineChart chart("title", "tokens", io::Axis::logarithmic);
  chart.add("cost", {{256, 1234.5}, {16384, 20000.25}}, true);
  const std::string plain = LineChart::document({chart, chart, chart, chart});
  const odot::test::CommaLocale comma;
  CHECK(LineChart::document({chart, chart, chart, chart}) == plain);
}
