// SPDX-License-Identifier: MIT
#include "odot/io/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/temporary_folder.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using io::LineChart;
using io::Report;
using io::Tone;
using odot::test::says;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

LineChart chart(const std::string& title) {
  LineChart made(title, "epoch");
  made.add("training", {{1, 10}, {2, 20}}, true);
  return made;
}

/// A page with one of everything, every text of it `text`.
Report full(const std::string& text) {
  LineChart two(text, text);
  two.add(text, {{1, 1}, {2, 2}});
  two.add(text, {{1, 2}, {2, 1}});
  Report report(text, text);
  report.tiles({{text, text}}).section(text).heading(text).text(text).notice(text).code(text).charts({two});
  report.section(text).facts({{text, {text, Tone::bad, text}}}).table({text, {text, text}, {{text, text}}});
  report.matrix({text, {text}, {text}, {3}}).pictures({{"png", text, text}}).footer(text);
  const auto add = [&](Report& part) { part.heading(text).text(text); };
  report.columns({add, add}).folded(text, add);
  return report;
}

/// The names of the tags that are open at the end, or the first that is closed in the wrong place.
std::vector<std::string> unbalanced(std::string_view html) {
  static constexpr std::array<std::string_view, 6> void_tags{"meta", "img", "br", "!DOCTYPE", "line", "circle"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    std::string_view tag = html.substr(at + 1, end - at - 1);
    const bool closes = tag.starts_with('/'), empty = tag.ends_with('/');
    if (closes) tag.remove_prefix(1);
    const std::string name(tag.substr(0, tag.find_first_of(" /\n")));
    if (empty || std::ranges::find(void_tags, name) != void_tags.end()) continue;
    if (!closes) open.push_back(name);
    else if (open.empty() || open.back() != name) return {"unexpected /" + name};
    else open.pop_back();
  }
  return open;
}

}  // namespace

TEST_CASE("base64 is as in the standard's examples") {
  const std::vector<std::pair<std::string, std::string>> examples{
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) CHECK(io::base64(bytes) == text);
  CHECK(io::base64(std::string("\xFF\xFE\x00\x80", 4)) == "//4AgA==");
}

TEST_CASE("a page has its parts in order, and a list of its sections") {
  Report report("Model B", "81.46 %");
  report.tiles({{"accuracy", "81.46 %"}}).section("Curves").charts({chart("loss")}).section("Files").text("none");
  const std::string html = report.html();
  CHECK(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  CHECK(html.ends_with("</html>\n"));
  std::size_t at = 0;
  for (const char* part : {"<title>Model B</title>", "<h1>Model B</h1>", "<p class=\"lead\">81.46 %</p>", "<nav",
                           "<a href=\"#section-1\">Curves</a>", "<a href=\"#section-2\">Files</a>",
                           "<dt>accuracy</dt><dd>81.46 %</dd>", "<section id=\"section-1\">\n<h2>Curves</h2>",
                           "<svg class=\"chart\"", "</section>", "<h2>Files</h2>", "<p>none</p>", "</section>"}) {
    CAPTURE(part);
    at = html.find(part, at);
    CHECK(at != std::string::npos);
  }
  CHECK(unbalanced(html).empty());
}

TEST_CASE("any text stays text") {
  for (const std::string text : {"<b>&\"'</b>", "</style></script>", "]]>-->", "--s:1\"><img src=x>",
                                 "\xFF\x01 \xC3\xA4", "", "a\nb", "javascript:alert(1)"}) {
    CAPTURE(text);
    const std::string html = full(text).html();
    CHECK(unbalanced(html).empty());
    CHECK(count(html, "<b>") == 0);
    CHECK(count(html, "<img ") == 1);
    CHECK(count(html, "</style>") == 1);
    CHECK(html.find('\x01') == std::string::npos);
  }
  CHECK(says(full("<b>&\"'").html(), "&lt;b&gt;&amp;&quot;&#39;"));
  CHECK(says(Report("x").code("a < b\n  c").html(), "<code>a &lt; b\n  c</code>"));
}

TEST_CASE("a page needs nothing but itself") {
  const std::string html = full("text").html();
  for (const char* word : {"http:", "https:", "//", "<script", "<link", "@import", "url("}) {
    CAPTURE(word);
    CHECK(count(html, word) == 0);
  }
  CHECK(count(html, "src=") == count(html, "src=\"data:image/png;base64,"));
  CHECK(says(html, "src=\"data:image/png;base64,cG5n\"", "prefers-color-scheme:dark", "width=device-width"));
  CHECK(html.size() < 16'000);
}

TEST_CASE("a link that would run a script is none") {
  const auto linked = [](const char* to) { return Report("x").facts({{"file", {"name", Tone::plain, to}}}).html(); };
  for (const char* to : {"javascript:alert(1)", "JavaScript:x", "data:text/html,x", "\tjavascript:x", "java\nscript:x"})
    CHECK(count(linked(to), "<a ") == 0);
  for (const char* to : {"a.csv", "seed-1/report.html", "#section-1", "https://example.org/x", "./a:b"})
    CHECK(count(linked(to), "<a href=") == 1);
  CHECK(says(linked("a&b.csv"), "href=\"a&amp;b.csv\""));
  CHECK(io::link_to("50 %/a#b?c:\xC3\xA4.csv") == "50%20%25/a%23b%3Fc%3A%C3%A4.csv");
}

TEST_CASE("columns of numbers are aligned to the right, others to the left") {
  const std::string html = Report("x")
                               .table({"",
                                       {"class", "share", "mixed"},
                                       {{"coat", "81.46 %", "1"}, {"7", "-0.5", "one"}, {"2", "\xE2\x80\x93", ""}}})
                               .html();
  CHECK(says(html, "<th class=\"n\" scope=\"col\">share</th>", "<th scope=\"col\">class</th>",
             "<th scope=\"col\">mixed</th>", "<td class=\"n\">81.46 %</td>", "<td>7</td>"));
}

TEST_CASE("a matrix shades counts by their share of the row, hits apart from mistakes") {
  const std::string html = Report("x").matrix({"", {"a", "b"}, {"a", "b"}, {80, 20, 0, 0}}).html();
  CHECK(says(html, "<td class=\"h on\" style=\"--s:0.80\">80</td>", "<td class=\"m\" style=\"--s:0.52\">20</td>",
             "<tr><th scope=\"row\">b</th><td class=\"z\">0</td><td class=\"z\">0</td></tr>"));
}

TEST_CASE("charts have their titles and names on the page, and those without curves are left out") {
  LineChart two("accuracy, %", "epoch"), none("nothing", "epoch");
  two.add("training", {{1, 50}, {2, 60}}).add("test & more", {{1, 40}, {2, 50}});
  const std::string html = Report("x").charts({two, none, chart("loss")}).html();
  CHECK(count(html, "<svg ") == 2);
  CHECK(count(html, "<h2>") == 0);
  CHECK(says(html, "<figcaption>accuracy, % ", "<i class=\"k1\"></i>test &amp; more</span>",
             "<figcaption>loss</figcaption>", "aria-label=\"accuracy, %, by epoch\""));
  CHECK(count(html, "nothing") == 0);
  CHECK(count(html, ">training</text>") == 0);  // not in the picture too
  CHECK(count(Report("x").charts({none}).html(), "<div class=\"charts") == 0);
}

TEST_CASE("parts stand side by side, or are folded, with what they add") {
  const auto a = [](Report& part) { part.text("a"); };
  const std::string html = Report("x").columns({a, a}).folded("more & more", a).html();
  CHECK(says(html,
             "<div class=\"columns\">\n<div>\n<p>a</p>\n</div>\n<div>\n<p>a</p>\n</div>\n</div>\n"
             "<details><summary>more &amp; more</summary>\n<p>a</p>\n</details>\n"));
}

TEST_CASE("a page is the same in a locale with decimal commas") {
  const std::string plain = full("text").html();
  const test::CommaLocale locale;
  CHECK(full("text").html() == plain);
}

TEST_CASE("a page is written whole, or the error says why not") {
  const test::TemporaryFolder folder;
  full("text").write(folder.path() / "report.html");
  CHECK(std::filesystem::file_size(folder.path() / "report.html") == full("text").html().size());
  CHECK_THROWS_AS(full("text").write(folder.path() / "none" / "report.html"), FileError);
}
