// SPDX-License-Identifier: MIT
// Writes what scripts/reproduce.sh has run: a page, and the tables and figures of the documentation.

#include "command_line.hpp"
#include "marked_text.hpp"
#include "paper_claims.hpp"
#include "paper_tables.hpp"

#include <odot/io/line_chart.hpp>
#include <odot/io/report.hpp>
#include <odot/io/write_file.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace odot;
using namespace reproduce;

namespace {

struct Options {
  std::string rows = {}, runs = {}, page = {}, docs = {}, version = {};
  bool is_short = false;
};

// ---- curves of Table 1's models

struct Curve {
  const char *title, *row;
};
constexpr std::array attention_models{Curve{"A", "a-1"}, Curve{"B", "b-1"}, Curve{"C", "c-1"}, Curve{"D", "d-1"},
                                      Curve{"E", "e-1"}, Curve{"F", "f-1"}, Curve{"G", "g-1"}, Curve{"H", "h-1"}};

io::LineChart chart(const Runs& runs, std::string title, const char* x_label, const char* file, const char* x,
                    const char* y, const auto& models) {
  io::LineChart all(std::move(title), x_label);
  for (const auto& [name, row] : models) {
    const data::Table table = runs.table(row, file);
    std::vector<std::pair<double, double>> points;
    for (std::size_t r = 0; r < table.rows(); ++r)
      points.emplace_back(table.row(r)[table.column(x)], table.row(r)[table.column(y)]);
    all.add(name, std::move(points), std::string(file) == "epochs.csv");
  }
  return all;
}

std::vector<io::LineChart> curves(const Runs& runs, const std::string& title, const auto& models) {
  return {chart(runs, title + ": loss", "iteration", "batches.csv", "step", "loss", models),
          chart(runs, title + ": gradient of the first layer, average", "iteration", "batches.csv", "step",
                "gradient_average", models),
          chart(runs, title + ": test accuracy, %", "epoch", "epochs.csv", "epoch", "test_accuracy", models)};
}

// ---- the page

io::ReportTable page_table(const Table& table) {
  io::ReportTable result{table.caption, table.columns, {}};
  for (const auto& row : table.rows) {
    auto& cells = result.rows.emplace_back();
    for (const std::string& text : row)
      cells.push_back(text == not_run ? io::ReportCell(text, io::Tone::open) : io::ReportCell(text));
  }
  return result;
}

io::ReportTable page_claims(const std::vector<Claim>& claims) {
  io::ReportTable result{"", {"the paper says", "here", "why", "the rule"}, {}};
  for (const Claim& c : claims)
    result.rows.push_back({c.claim,
                           io::ReportCell(name_of(c.verdict), c.verdict == Verdict::confirmed ? io::Tone::good
                                                              : c.verdict == Verdict::refuted ? io::Tone::bad
                                                                                              : io::Tone::open),
                           c.reason, c.rule});
  return result;
}

/// The pictures that draw_figures made of a row's model.
void add_figures(io::Report& report, const Runs& runs, const std::string& row, const std::string& title) {
  const std::filesystem::path folder = runs.folder() / row / "figures";
  std::vector<io::ReportPicture> pictures;
  for (const char* name : {"heads-1", "layers"})
    if (std::string png = text_of(folder / (std::string(name) + ".png")); !png.empty())
      pictures.push_back(
          {std::move(png), title + ", " + name, first_line(text_of(folder / (std::string(name) + ".txt")))});
  if (pictures.empty()) return;
  report.heading(title).pictures(pictures);
}

void write_page(const Options& options, const Runs& runs) {
  const std::size_t all = runs.rows().size();
  const std::string state = std::to_string(runs.done()) + " of " + std::to_string(all) + " rows have been run";
  io::Report report(
      "Three papers, trained again",
      options.is_short ? "This is the short form: most rows are trained for one epoch, or on few samples, to show that "
                         "everything works. Its numbers say nothing about the papers."
                       : "odot's results beside those of three papers on attention. " + state + ".");
  const auto images = image_claims(runs), series = series_claims(runs), transformers = transformer_claims(runs);
  if (!options.is_short) {
    std::array<std::size_t, 3> verdicts{};
    for (const auto* claims : {&images, &series, &transformers})
      for (const Claim& c : *claims) ++verdicts[static_cast<std::size_t>(c.verdict)];
    report.tiles({{"claims confirmed", {std::to_string(verdicts[0]), io::Tone::good}},
                  {"refuted", {std::to_string(verdicts[1]), io::Tone::bad}},
                  {"open", {std::to_string(verdicts[2]), io::Tone::open}},
                  {"rows run", std::to_string(runs.done()) + " of " + std::to_string(all)}});
    report.text(
        "A verdict follows from a rule, which stands beside it. \"Open\" means that the cases disagree, that the "
        "difference is noise, or that rows have not been run.");
  } else {
    report.notice(
        "Short form: the columns of the papers stand beside ours only to show where numbers go. Run "
        "scripts/reproduce.sh --full for results.");
  }
  const auto paper = [&](const char* title, const char* about, const std::vector<Claim>& claims,
                         const std::vector<Table>& tables) {
    report.section(title).text(about);
    if (!options.is_short) report.table(page_claims(claims));
    for (const Table& table : tables) report.table(page_table(table));
  };
  paper(
      "Element-Wise Attention Layers",
      "Bacochina, de Souza, 2023, arXiv:2302.05488: images are weighted element by element by learned relevance maps. "
      "\"Loss\" is the sum of the last epoch's batch losses, \"gradients average\" the mean of the first layer's last "
      "gradient; accuracies are those of the 10,000 test images.",
      images, image_tables(runs));
  report.heading("Curves of Table 1's models").charts(curves(runs, "Fashion-MNIST", attention_models));
  report.heading("What the layers do")
      .text(
          "The first test image (of Fashion-MNIST, an ankle boot) in the trained models. Red is positive, blue "
          "negative; "
          "where nothing is negative, dark is small and yellow large.");
  for (const auto& [title, row] : attention_models) add_figures(report, runs, row, std::string("model ") + title);
  for (const Curve& c :
       {Curve{"single head", "single-head-1"}, Curve{"no skip, split optimizers", "no-skip-split-2"},
        Curve{"control", "control-1"}, Curve{"CIFAR-10, attention", "cifar-attention-1"},
        Curve{"CIFAR-10, split optimizers", "cifar-split-1"}, Curve{"CIFAR-10, control", "cifar-control-1"}})
    add_figures(report, runs, c.row, c.title);
  paper("Element-wise Attention Is All You Need",
        "Feng, 2025, arXiv:2501.05730: attention between the tokens of a sequence, every channel by itself. EA-2 and "
        "EA-6 "
        "are its series of order 2 and 6. The results are medians over seeds.",
        series, series_tables(runs));
  paper(
      "Reducing the Transformer Architecture to a Minimum",
      "Bermeitinger and others, 2024, arXiv:2410.13732: vision transformers without MLP, with fewer matrices. The "
      "validation images are the test images, as in the paper. \"Of full\": parameters in those of the full model; Q: "
      "conditions on the parameters, training samples times 10 outputs, for each of them.",
      transformers, transformer_tables(runs));
  report.section("How to read and repeat this")
      .text(
          "Every number was printed by a program; \"not run\" stands where there is none. A row's folder has the "
          "command, the log, the curves and the weights.")
      .code("scripts/reproduce.sh --list          what there is\nscripts/reproduce.sh --full --only table1");
  report.footer("odot " + options.version + ", " + state);
  report.write(options.page);
}

// ---- the documentation

/// Figures of a row that the documentation shows.
struct Shown {
  const char *row, *figure, *name;
};
constexpr std::array shown{Shown{"a-1", "layers", "a-layers"},
                           Shown{"b-1", "heads-1", "b-heads-1"},
                           Shown{"b-1", "heads-2", "b-heads-2"},
                           Shown{"b-1", "layers", "b-layers"},
                           Shown{"c-1", "layers", "c-layers"},
                           Shown{"d-1", "layers", "d-layers"},
                           Shown{"e-1", "layers", "e-layers"},
                           Shown{"f-1", "layers", "f-layers"},
                           Shown{"g-1", "layers", "g-layers"},
                           Shown{"h-1", "layers", "h-layers"},
                           Shown{"single-head-1", "heads-1", "single-head-heads-1"},
                           Shown{"single-head-1", "layers", "single-head-layers"},
                           Shown{"no-skip-split-2", "layers", "no-skip-layers"},
                           Shown{"no-skip-split-2", "curves", "no-skip-curves"},
                           Shown{"control-1", "layers", "control-layers"},
                           Shown{"control-1", "curves", "control-curves"},
                           Shown{"cifar-attention-1", "layers", "cifar10-layers"},
                           Shown{"cifar-split-1", "layers", "cifar10-split-layers"}};

void write_docs(const std::filesystem::path& docs, const Runs& runs) {
  const auto write = [](const std::filesystem::path& path, const std::vector<Table>& tables) {
    std::string text = text_of(path);
    if (text.empty()) throw FileError(path.string(), "expected a page with marks");
    const std::string before = text;
    for (const Table& table : tables) {
      const std::string_view kept = marked(text, table.name);
      if (table.has_results()) text = with_marked(text, table.name, table.markdown());
      else if (kept.empty()) text = with_marked(text, table.name, "Not run yet.\n");
      // Else it stays: what was written by hand is all there is.
    }
    if (text != before) io::write_file(path, text);
  };
  auto images = image_tables(runs), sequences = series_tables(runs);
  images.push_back(table_of("claims-images", image_claims(runs)));
  sequences.push_back(table_of("claims-series", series_claims(runs)));
  for (Table& table : transformer_tables(runs)) sequences.push_back(std::move(table));
  sequences.push_back(table_of("claims-transformers", transformer_claims(runs)));
  write(docs / "paper.md", images);
  write(docs / "sequences.md", sequences);

  const std::filesystem::path figures = docs / "figures";
  io::create_folder(figures);
  for (const auto& [row, figure, name] : shown)
    if (const std::string svg = text_of(runs.folder() / row / "figures" / (std::string(figure) + ".svg")); !svg.empty())
      io::write_file(figures / (std::string(name) + ".svg"), svg);
  if (runs.find("b-1"))
    io::write_file(figures / "table1-curves.svg",
                   io::LineChart::document(curves(runs, "Fashion-MNIST", attention_models)));
  if (runs.find("cifar-attention-1"))
    io::write_file(figures / "cifar10-curves.svg",
                   io::LineChart::document(curves(
                       runs, "CIFAR-10",
                       std::array{Curve{"attention", "cifar-attention-1"}, Curve{"split optimizers", "cifar-split-1"},
                                  Curve{"control", "cifar-control-1"}})));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Writes what scripts/reproduce.sh has run: a page, and the tables and figures of the documentation");
  trainer::add_file(app, "--rows", options.rows, "scripts/reproduce_rows.txt")->required();
  trainer::add_folder(app, "--runs", options.runs, "The runs' folder: a folder for each row")->required();
  trainer::add_file(app, "--page", options.page, "The page to write")->required();
  trainer::add_folder(app, "--docs", options.docs,
                      "Folder of paper.md and sequences.md, whose tables are to be written");
  app.add_option("--version-of-runs", options.version, "Runs of another version of the programs don't count")
      ->default_str(ODOT_VERSION_STRING);
  app.add_flag("--short", options.is_short, "The runs are those of the short form");
  return trainer::run_program(app, argc, argv, [&] {
    if (options.version.empty()) options.version = ODOT_VERSION_STRING;
    if (options.is_short && !options.docs.empty())
      throw ArgumentError("--docs: expected none with --short, whose numbers say nothing");
    const Runs runs(options.rows, options.runs, options.version);
    write_page(options, runs);
    std::printf("wrote %s: %zu of %zu rows\n", options.page.c_str(), runs.done(), runs.rows().size());
    if (!options.docs.empty()) {
      write_docs(options.docs, runs);
      std::printf("wrote the tables of %s/paper.md and %s/sequences.md\n", options.docs.c_str(), options.docs.c_str());
    }
    return 0;
  });
}
