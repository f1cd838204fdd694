#pragma once
// SPDX-License-Identifier: MIT
// Report: a page of text, tables, charts and pictures, in one HTML file that needs nothing else.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/number_text.hpp"
#include "odot/io/base64.hpp"
#include "odot/io/line_chart.hpp"
#include "odot/io/report_style.hpp"
#include "odot/io/write_file.hpp"
#include "odot/io/xml_text.hpp"

namespace odot::io {

/// How a text is meant: what it says is as expected, is not, or is not known.
enum class Tone { plain, good, bad, open };

/// A relative link to a file or folder beside the page, whatever characters its name has.
ODOT_COLD ODOT_FUNCTION std::string link_to(std::string_view file);

/// A cell of a table, or the value of a fact. `link`: of link_to, "#section-2", or https://…; one that would run a script
/// is left out.
struct ReportCell {
  ReportCell() = default;
  ReportCell(std::string content) : text(std::move(content)) {}
  ReportCell(const char* content) : text(content) {}
  ReportCell(std::string content, Tone meant, std::string to = {})
      : text(std::move(content)), link(std::move(to)), tone(meant) {}

  std::string text, link;
  Tone tone = Tone::plain;
};

/// Columns that hold only numbers are aligned to the right.
struct ReportTable {
  std::string caption = {};
  std::vector<std::string> columns = {};
  std::vector<std::vector<ReportCell>> rows = {};
};

/// Counts by row and column. Cells are shaded by their share of the row; those on the diagonal, where the names of row
/// and column are the same, in another colour.
struct ReportMatrix {
  std::string caption = {};
  std::vector<std::string> rows = {}, columns = {};
  std::vector<std::uint64_t> counts = {};  ///< [row, column]
};

/// A picture: the bytes of a PNG file, what it shows, for whoever can't see it, and the text below.
struct ReportPicture {
  std::string png, description, caption = {};
};

using ReportFacts = std::vector<std::pair<ReportCell, ReportCell>>;  ///< names and values

/// A self-contained page in HTML 5: no scripts, no other files, no network. It is light or dark as its reader's system
/// is, and fits a phone. What is added comes after what was added before; `section` begins the next section. All texts
/// may be any texts.
///     io::Report report("Model B on Fashion-MNIST", "81.46 % of 10,000 test images after 10 epochs");
///     report.tiles({{"accuracy", "81.46 %"}}).section("Curves").charts({loss, accuracy});
///     report.write("runs/b/report.html");
class Report {
 public:
  ODOT_COLD ODOT_FUNCTION explicit Report(std::string title, std::string_view lead = {});

  /// Begins a section. Its heading is in the list at the top of the page.
  ODOT_COLD ODOT_FUNCTION Report& section(std::string_view heading);
  ODOT_COLD ODOT_FUNCTION Report& heading(std::string_view text);  ///< within a section

  ODOT_COLD ODOT_FUNCTION Report& text(std::string_view paragraph);
  ODOT_COLD ODOT_FUNCTION Report& notice(std::string_view paragraph);  ///< that must not be missed
  ODOT_COLD ODOT_FUNCTION Report& code(std::string_view lines, bool wrap = false);

  /// A few numbers that matter most, large.
  ODOT_COLD ODOT_FUNCTION Report& tiles(const ReportFacts& facts);
  ODOT_COLD ODOT_FUNCTION Report& facts(const ReportFacts& facts);
  ODOT_COLD ODOT_FUNCTION Report& table(const ReportTable& table);
  ODOT_COLD ODOT_FUNCTION Report& matrix(const ReportMatrix& matrix);

  /// Charts side by side where there is room. Title and legend are of the page; charts without curves are left out.
  /// `layout`: "wide", one below the other; "small", as many as fit; empty, side by side.
  ODOT_COLD ODOT_FUNCTION Report& charts(std::vector<LineChart> charts, std::string_view layout = {});

  /// Pictures side by side. `pixels`: an enlarged picture shows its pixels as squares.
  ODOT_COLD ODOT_FUNCTION Report& pictures(const std::vector<ReportPicture>& pictures, bool pixels = true);

  /// What each of these adds, side by side where there is room.
  ODOT_COLD ODOT_FUNCTION Report& columns(const std::vector<std::function<void(Report&)>>& parts);

  /// What `content` adds, hidden until the reader opens it.
  ODOT_COLD ODOT_FUNCTION Report& folded(std::string_view summary, const std::function<void(Report&)>& content);

  /// The page's last line.
  ODOT_COLD ODOT_FUNCTION Report& footer(std::string_view text);

  ODOT_COLD ODOT_FUNCTION std::string html() const;

  /// Errors  FileError, as write_file
  ODOT_COLD void write(const std::filesystem::path& path) const { write_file(path, html()); }

 private:
  ODOT_COLD ODOT_FUNCTION static bool may_be_linked(std::string_view link);
  ODOT_COLD ODOT_FUNCTION static std::string cell(const ReportCell& content);
  ODOT_COLD ODOT_FUNCTION static std::string scrolled(std::string_view caption);
  ODOT_COLD ODOT_FUNCTION static bool is_number(std::string_view text);
  Report& append(const std::string& html) {
    body_ += html;
    return *this;
  }

  std::string title_, lead_, body_, footer_;
  std::vector<std::string> sections_;
};

#if ODOT_DEFINITIONS

std::string link_to(std::string_view file) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string link;
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-._~/").find(c) != std::string_view::npos)
      link += c;
    else link += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return link;
}

Report::Report(std::string title, std::string_view lead) : title_(std::move(title)), lead_(lead) {}

Report& Report::section(std::string_view heading) {
  if (!sections_.empty()) body_ += "</section>\n";
  sections_.emplace_back(heading);
  return append("<section id=\"section-" + std::to_string(sections_.size()) + "\">\n<h2>" + xml_text(heading) +
                "</h2>\n");
}
Report& Report::heading(std::string_view text) { return append("<h3>" + xml_text(text) + "</h3>\n"); }
Report& Report::text(std::string_view paragraph) { return append("<p>" + xml_text(paragraph) + "</p>\n"); }
Report& Report::notice(std::string_view paragraph) {
  return append("<p class=\"notice\">" + xml_text(paragraph) + "</p>\n");
}
Report& Report::code(std::string_view lines, bool wrap) {
  std::string text;  // xml_text turns line breaks into blanks
  for (std::size_t at = 0; at <= lines.size();) {
    const std::size_t end = (std::min)(lines.find('\n', at), lines.size());
    text += (at > 0 ? "\n" : "") + xml_text(lines.substr(at, end - at));
    at = end + 1;
  }
  return append(std::string("<pre tabindex=\"0\"") + (wrap ? " class=\"wrap\"" : "") + "><code>" + text +
                "</code></pre>\n");
}

/// Whether a link leads to a page or file: it has no scheme, or that of a page.
bool Report::may_be_linked(std::string_view link) {
  for (const char c : link)
    if (static_cast<unsigned char>(c) <= ' ' && c != ' ') return false;
  const std::string_view start = link.substr(0, link.find_first_of("/?#"));
  return !link.empty() && (start.find(':') == start.npos || start == "https:" || start == "http:");
}

std::string Report::cell(const ReportCell& content) {
  static constexpr const char* tones[] = {"", "good", "bad", "open"};
  std::string html = xml_text(content.text);
  if (may_be_linked(content.link)) html = "<a href=\"" + xml_text(content.link) + "\">" + html + "</a>";
  if (content.tone == Tone::plain) return html;
  return std::string("<span class=\"") + tones[static_cast<std::size_t>(content.tone)] + "\">" + html + "</span>";
}

/// A caption, which the page breaks, and the beginning of a box that its reader can scroll.
std::string Report::scrolled(std::string_view caption) {
  const std::string text = xml_text(caption);
  if (text.empty()) return "<div class=\"scroll\" tabindex=\"0\">";
  return "<p class=\"caption\">" + text + "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
         text + "\">";
}

/// "12", "-0.5", "1,234", "81.46 %", "3.1 s", and what stands where there is no number.
bool Report::is_number(std::string_view text) {
  if (text.empty() || text == "-" || text == "\xE2\x80\x93") return true;  // –
  std::string digits(text.substr(0, text.find(' ')));
  std::erase(digits, ',');
  return number_text::read(digits).has_value() && text.size() < digits.size() + 12;
}

Report& Report::tiles(const ReportFacts& facts) {
  std::string html = "<dl class=\"tiles\">\n";
  for (const auto& [name, value] : facts)
    html += "<div><dt>" + cell(name) + "</dt><dd>" + cell(value) + "</dd></div>\n";
  return append(facts.empty() ? "" : html + "</dl>\n");
}

Report& Report::facts(const ReportFacts& facts) {
  std::string html = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : facts) html += "<dt>" + cell(name) + "</dt><dd>" + cell(value) + "</dd>\n";
  return append(facts.empty() ? "" : html + "</dl>\n");
}

Report& Report::table(const ReportTable& table) {
  std::vector<bool> numbers(table.columns.size(), !table.rows.empty());
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < (std::min)(row.size(), numbers.size()); ++c)
      numbers[c] = numbers[c] && is_number(row[c].text);
  const auto tag = [&](const char* name, std::size_t c) {
    return std::string("<") + name + (c < numbers.size() && numbers[c] ? " class=\"n\"" : "");
  };
  std::string html = scrolled(table.caption) + "<table>\n<thead><tr>";
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    html += tag("th", c) + " scope=\"col\">" + xml_text(table.columns[c]) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) html += tag("td", c) + ">" + cell(row[c]) + "</td>";
    html += "</tr>\n";
  }
  return append(html + "</tbody></table></div>\n");
}

Report& Report::matrix(const ReportMatrix& matrix) {
  const std::size_t columns = matrix.columns.size();
  std::string html = scrolled(matrix.caption) + "<table class=\"matrix\">\n<thead><tr><td></td>";
  for (const std::string& name : matrix.columns) html += "<th scope=\"col\">" + xml_text(name) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < matrix.rows.size(); ++r) {
    html += "<tr><th scope=\"row\">" + xml_text(matrix.rows[r]) + "</th>";
    std::uint64_t sum = 0;
    for (std::size_t c = 0; c < columns; ++c) sum += matrix.counts.at(r * columns + c);
    for (std::size_t c = 0; c < columns; ++c) {
      const std::uint64_t count = matrix.counts.at(r * columns + c);
      const double share = sum > 0 ? static_cast<double>(count) / static_cast<double>(sum) : 0;
      const bool hit = matrix.rows[r] == matrix.columns[c];
      // A few mistakes are to be seen too: they are shaded from a fifth of the whole colour on.
      const double shade = hit ? share : (std::min)(1.0, 0.2 + 1.6 * share);
      if (count == 0) html += "<td class=\"z\">0</td>";
      else
        html += std::string("<td class=\"") + (hit ? "h" : "m") + (shade > 0.6 ? " on" : "") +
                "\" style=\"--s:" + number_text::fixed(shade, 2) + "\">" + std::to_string(count) + "</td>";
    }
    html += "</tr>\n";
  }
  return append(html + "</tbody></table></div>\n");
}

Report& Report::charts(std::vector<LineChart> charts, std::string_view layout) {
  std::string html;
  for (LineChart& chart : charts) {
    if (chart.empty()) continue;
    chart.without_title();
    const auto entries = chart.entries();
    html += "<figure><figcaption>" + xml_text(chart.title());
    if (entries.size() > 1 && !entries.front().name.empty()) {
      html += " <span class=\"key\">";
      for (const LineChart::Entry& entry : entries)
        html += "<span><i class=\"k" + std::to_string(entry.colour) + "\"></i>" + xml_text(entry.name) + "</span> ";
      html += "</span>";
    }
    html += "</figcaption>\n<svg class=\"chart\" role=\"img\" aria-label=\"" +
            xml_text(chart.title() + ", by " + chart.x_label()) + "\" viewBox=\"0 0 " +
            number_text::general(chart.panel_width(), 6) + " " + number_text::general(chart.panel_height(), 6) +
            "\">\n" + chart.group(0) + "</svg></figure>\n";
  }
  if (html.empty()) return *this;
  return append("<div class=\"charts" + (layout.empty() ? "" : " " + xml_text(layout)) + "\">\n" + html + "</div>\n");
}

Report& Report::pictures(const std::vector<ReportPicture>& pictures, bool pixels) {
  if (pictures.empty()) return *this;
  std::string html = pixels ? "<div class=\"pictures\">\n" : "<div class=\"pictures plain\">\n";
  for (const ReportPicture& p : pictures) {
    html += "<figure><img alt=\"" + xml_text(p.description) + "\" src=\"data:image/png;base64," + base64(p.png) + "\">";
    if (!p.caption.empty()) {
      html += "<figcaption>";
      for (std::size_t at = 0; at <= p.caption.size();) {  // lines
        const std::size_t end = (std::min)(p.caption.find('\n', at), p.caption.size());
        html += (at > 0 ? "<br>" : "") + xml_text(std::string_view(p.caption).substr(at, end - at));
        at = end + 1;
      }
      html += "</figcaption>";
    }
    html += "</figure>\n";
  }
  return append(html + "</div>\n");
}

Report& Report::columns(const std::vector<std::function<void(Report&)>>& parts) {
  append("<div class=\"columns\">\n");
  for (const auto& part : parts) {
    append("<div>\n");
    part(*this);
    append("</div>\n");
  }
  return append("</div>\n");
}

Report& Report::folded(std::string_view summary, const std::function<void(Report&)>& content) {
  append("<details><summary>" + xml_text(summary) + "</summary>\n");
  content(*this);
  return append("</details>\n");
}

Report& Report::footer(std::string_view text) {
  footer_ = text;
  return *this;
}

std::string Report::html() const {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
      xml_text(title_) + "</title>\n<style>" + detail::report_style +
      "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>" + xml_text(title_) + "</h1>\n";
  if (!lead_.empty()) html += "<p class=\"lead\">" + xml_text(lead_) + "</p>\n";
  html += "</header>\n";
  if (sections_.size() > 1) {
    html += "<nav aria-label=\"Sections\">";
    for (std::size_t i = 0; i < sections_.size(); ++i)
      html += "<a href=\"#section-" + std::to_string(i + 1) + "\">" + xml_text(sections_[i]) + "</a> ";
    html += "</nav>\n";
  }
  html += body_ + (sections_.empty() ? "" : "</section>\n");
  if (!footer_.empty()) html += "<footer>" + xml_text(footer_) + "</footer>\n";
  return html + "</main>\n</body>\n</html>\n";
}

#endif

}  // namespace odot::io
