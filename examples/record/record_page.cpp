// SPDX-License-Identifier: MIT
// The page of a run.

#include "record_state.hpp"

#include <odot/core/config.hpp>
#include <odot/core/number_text.hpp>
#include <odot/train/mistake_pictures.hpp>
#include <odot/train/report_sections.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <system_error>

namespace trainer {

namespace {

using odot::number_text::fixed;

/// 60,000
std::string grouped(long long number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3 + (number < 0 ? 1U : 0U); at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "";
  const auto all = static_cast<long long>(seconds + 0.5);
  if (all < 60) return fixed(seconds, 1) + " s";
  if (all < 3600) return std::to_string(all / 60) + " min " + std::to_string(all % 60) + " s";
  return std::to_string(all / 3600) + " h " + std::to_string(all / 60 % 60) + " min";
}

std::string shown(const Value& value) {
  struct Show {
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(double v) const { return std::isfinite(v) ? odot::number_text::general(v, 6) : "none"; }
    std::string operator()(long long v) const { return grouped(v); }
    std::string operator()(bool v) const { return v ? "yes" : "no"; }
  };
  return std::visit(Show{}, value);
}

/// A number that is a name: no groups.
std::string digits(const Value& value) {
  const auto* const number = std::get_if<long long>(&value);
  return number ? std::to_string(*number) : shown(value);
}

std::string readable(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

odot::io::ReportFacts shown(const Facts& facts) {
  odot::io::ReportFacts all;
  for (const auto& [name, value] : facts) {
    std::string text = name.ends_with("seed") ? digits(value) : shown(value);
    all.emplace_back(readable(name),
                     text.empty() ? odot::io::ReportCell("none", odot::io::Tone::open) : std::move(text));
  }
  return all;
}

std::string epochs_of(const RunRecord::State& run) {
  return std::to_string(run.epochs_done) + " of " + std::to_string(run.plan.epochs) + " epochs";
}

/// What has become of the run, in a sentence; empty where all is as planned.
std::string notice(const RunRecord::State& run) {
  switch (run.status) {
    case RunStatus::running:
      return "The training has not ended: " + epochs_of(run) +
             " are done. This page is written again after each epoch; if no program is training any more, the run was "
             "killed, and continues with --resume.";
    case RunStatus::interrupted:
      return run.plan.epochs == 0
                 ? "The run was interrupted before its end; it continues with --resume."
                 : "The training was interrupted: " + epochs_of(run) +
                       " are done. It continues with --resume; figures and mistakes are of the network "
                       "as it was left.";
    case RunStatus::stopped_early:
      return "The training stopped early, as asked, after " + epochs_of(run) + ".";
    case RunStatus::failed:
      return "The training ended with an error" + (run.plan.epochs > 0 ? " after " + epochs_of(run) : "") + ": " +
             run.failure;
    case RunStatus::complete:
      break;
  }
  return "";
}

odot::io::ReportFacts tiles(const RunRecord::State& run) {
  odot::io::ReportFacts all;
  for (const auto& [name, value] : run.figures) all.emplace_back(readable(name), value);
  const std::string& test = run.subject.test_name;
  const auto add = [&](const std::string& name, double value, int digits, const char* unit) {
    if (std::isfinite(value)) all.emplace_back(name, fixed(value, digits) + unit);
  };
  const bool plain = run.figures.empty();
  if (run.report) {
    if (plain) add(test + " accuracy", run.report->accuracy, 2, " %");
    if (plain) add("mean " + test + " loss", run.report->test_loss, 4, "");
    all.emplace_back("epochs", std::to_string(run.epochs_done) + " of " + std::to_string(run.plan.epochs));
    all.emplace_back("time to train", duration(run.report->seconds));
  } else if (run.last) {
    add(test + " accuracy", run.last->test_accuracy, 2, " %");
    add("mean " + test + " loss", run.last->test_loss, 4, "");
    add("mean training loss", run.last->mean_loss, 4, "");
  }
  for (const auto& [name, value] : run.subject.model)
    if (name == "parameters") all.emplace_back(name, shown(value));
  return all;
}

// ---- files

std::string size_text(std::uintmax_t bytes) {
  if (bytes < 10'000) return grouped(static_cast<long long>(bytes)) + " bytes";
  const auto size = static_cast<double>(bytes);
  return bytes < 10'000'000 ? fixed(size / 1e3, 0) + " kB" : fixed(size / 1e6, 1) + " MB";
}

/// The batches before the best epoch's end: the epoch with the lowest loss, as checkpoints choose it.
std::size_t best_step(const RunRecord::State& run) {
  std::size_t best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  if (run.report)
    for (const odot::EpochEvent& e : run.report->epochs)
      if (const double loss = std::isnan(e.test_loss) ? e.mean_loss : e.test_loss; loss < lowest) {
        lowest = loss;
        best = e.epoch * run.plan.batches;
      }
  return best;
}

/// What a file of the run's is; empty: not the run's.
std::string meaning(const RunRecord::State& run, const std::string& name) {
  static const std::map<std::string_view, const char*> known{
      {"config.json", "every setting, given and default; data, device, compiler"},
      {"log.txt", "what the trainer printed"},
      {"result.json", "the result line as data"},
      {"batches.csv", "loss and accuracy of each batch"},
      {"epochs.csv", "losses, accuracies and times of each epoch"},
      {"curves.svg", "the curves as a picture"},
      {"weights.safetensors", "the network's weights at the end; also for PyTorch"},
      {"best.safetensors", "the weights of the best epoch"},
      {"metrics.csv", "accuracy, F1 and calibration"},
      {"classes.csv", "precision, recall and F1 of each class"},
      {"confusion.csv", "the confusion matrix"},
      {"calibration.csv", "accuracy by confidence"},
  };
  if (const auto found = known.find(name); found != known.end()) return found->second;
  constexpr std::string_view stem = "checkpoint-", extension = ".safetensors";
  if (name.starts_with(stem) && name.ends_with(extension)) {
    const std::string step = name.substr(stem.size(), name.size() - stem.size() - extension.size());
    return "the whole training after batch " + step + ", to continue from" +
           (step == std::to_string(best_step(run)) ? "; the best epoch's" : "");
  }
  if (name.starts_with("events.out.tfevents.")) return "for TensorBoard";
  return "";
}

odot::io::ReportFacts files(const RunRecord::State& run) {
  odot::io::ReportFacts all;
  std::vector<std::filesystem::path> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(run.folder, ignored)) names.push_back(entry.path());
  std::sort(names.begin(), names.end());
  for (const std::filesystem::path& path : names) {
    const std::string name = path.filename().string(), what = meaning(run, name);
    const auto size = std::filesystem::file_size(path, ignored);
    if (!what.empty() && !ignored)
      all.emplace_back(odot::io::ReportCell(name, odot::io::Tone::plain, odot::io::link_to(name)),
                       what + " (" + size_text(size) + ")");
  }
  return all;
}

std::string instruction_set() {
  switch (ODOT_INSTRUCTIONS) {
    case 9:
      return "scalar (EIGEN_DONT_VECTORIZE)";
    case 6:
      return "AVX-512";
    case 5:
      return "AVX-512F";
    case 4:
      return "AVX2 and FMA";
    case 8:
      return "AVX2";
    case 7:
      return "AVX and FMA";
    case 3:
      return "AVX";
    case 2:
      return "SSE4.2";
    case 1:
      return "SSE3";
    default:
      break;
  }
#if defined(__aarch64__)
  return "NEON";
#elif defined(__x86_64__)
  return "SSE2";
#else
  return "the processor's own";
#endif
}

}  // namespace

Facts build_facts() {
#if defined(__clang__)
  const std::string compiler = std::string("Clang ") + __clang_version__;
#elif defined(__GNUC__)
  const std::string compiler = std::string("GCC ") + __VERSION__;
#else
  const std::string compiler = "unknown";
#endif
#ifdef _OPENMP
  constexpr bool openmp = true;
#else
  constexpr bool openmp = false;
#endif
  return {{"odot", ODOT_VERSION_STRING},        {"compiler", compiler}, {"instruction_set", instruction_set()},
          {"optimised", odot::optimized_build}, {"openmp", openmp},     {"blas", ODOT_BLAS != 0}};
}

/// "Test accuracy 81.46 % after 10 of 10 epochs."
std::string outcome(const RunRecord::State& run) {
  const odot::io::ReportFacts all = tiles(run);
  if (all.empty() || (!run.report && run.figures.empty())) return "";
  std::string text = all.front().first.text + " " + all.front().second.text;
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return " " + text + (run.report ? " after " + epochs_of(run) : "") + ".";
}

odot::io::Report page_of(const RunRecord::State& run) {
  const RunSubject& subject = run.subject;
  odot::io::Report page(subject.title, subject.description + outcome(run));
  if (const std::string text = notice(run); !text.empty()) page.notice(text);
  page.tiles(tiles(run));
  if (!run.charts.empty()) {
    std::vector<odot::io::LineChart> charts = run.charts;
    const bool labelled =
        run.report && !run.report->epochs.empty() && !std::isnan(run.report->epochs[0].train_accuracy);
    if (labelled)  // otherwise it is among the run's own charts
      charts.push_back(odot::epoch_charts(run.report->epochs, subject.test_name).front());
    for (odot::io::LineChart& chart : charts) chart.resize(400, 250).thin(800);
    page.section("Curves").charts(std::move(charts));
  }
  for (const auto& [heading, content] : run.sections) {
    page.section(heading);
    content(page);
  }
  page.section("Settings");
  const auto facts = [](const char* heading, const Facts& all) {
    return [heading, all](odot::io::Report& part) { part.heading(heading).facts(shown(all)); };
  };
  page.columns({facts("Training", subject.training), facts("Model", subject.model), facts("Data", subject.data),
                facts("Device", subject.device), facts("Program", build_facts())});
  odot::io::ReportTable options{"", {"option", "value", ""}, {}};
  for (const Setting& setting : run.command.settings)
    options.rows.push_back({"--" + setting.name, digits(setting.value), setting.given ? "given" : "default"});
  page.folded("All options of the command line", [&](odot::io::Report& part) { part.table(options); });
  page.section("Files").text("In the folder of this page:").facts(files(run));
  page.section("Once more").text("The same run, to the bit on this kind of device:").code(run.command.command, true);
  return page.footer("Written by odot " ODOT_VERSION_STRING "; the run began at " + run.started + ".");
}

void RunRecord::add_classes(const odot::ClassificationCounts& counts, const std::vector<std::string>& names,
                            bool confidence) {
  add_section("Classes", [counts, names, confidence, judged = state_->subject.test_name](odot::io::Report& page) {
    odot::add_classes(page, counts, names, {.confidence = confidence, .samples = judged + " samples"});
  });
}

void RunRecord::add_mistakes(const odot::Mistakes& mistakes, const ImageExtents& extents,
                             const std::function<std::span<const std::uint8_t>(std::size_t)>& sample,
                             const std::vector<std::string>& names) {
  if (!active() || mistakes.worst().empty()) return;
  const auto pictures =
      odot::mistake_pictures(mistakes, {extents.channels, extents.height, extents.width}, sample, names);
  add_section("Worst mistakes", [pictures, count = mistakes.count()](odot::io::Report& page) {
    page.text(
            "Of " + grouped(static_cast<long long>(count)) +
            " samples that are taken for a wrong class, those with the largest loss: the network is surest, and wrong.")
        .pictures(pictures);
  });
}

void RunRecord::add_mistakes(const odot::Mistakes& mistakes, std::size_t features,
                             const std::function<std::span<const float>(std::size_t)>& sample,
                             const std::vector<std::string>& names) {
  if (!active() || mistakes.worst().empty()) return;
  std::vector<odot::io::LineChart> charts;
  for (const odot::Mistake& mistake : mistakes.worst()) {
    std::string title = odot::mistake_caption(mistake, names);
    title.replace(title.find('\n'), 1, "; ");
    odot::io::LineChart chart(title, "step");
    const std::span<const float> values = sample(mistake.sample);
    for (std::size_t f = 0; f < features; ++f) {
      std::vector<std::pair<double, double>> points;
      for (std::size_t t = 0; t * features < values.size(); ++t)
        points.emplace_back(static_cast<double>(t), static_cast<double>(values[t * features + f]));
      chart.add("", std::move(points));
    }
    charts.push_back(std::move(chart.resize(320, 190)));
  }
  add_section("Worst mistakes", [charts, features, count = mistakes.count()](odot::io::Report& page) {
    page.text("Of " + grouped(static_cast<long long>(count)) +
              " sequences that are taken for a wrong class, those with the largest loss. Each curve is one of the " +
              std::to_string(features) + " standardised features.")
        .charts(charts, "small");
  });
}

void keep_worst(std::vector<WorstSeries>& all) {
  constexpr std::size_t most = 9;
  for (WorstSeries& w : all)
    if (std::isnan(w.error)) w.error = std::numeric_limits<double>::infinity();
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.error != b.error ? a.error > b.error : a.number < b.number; });
  if (all.size() > most) all.resize(most);
}

void add_worst_series(RunRecord& record, const std::vector<WorstSeries>& worst, const std::string& unit) {
  std::vector<odot::io::LineChart> charts;
  for (const WorstSeries& w : worst) {
    odot::io::LineChart chart(
        "window " + grouped(static_cast<long long>(w.number)) + ": error " + fixed(std::sqrt(w.error), 2), "step");
    using Points = std::vector<std::pair<double, double>>;
    Points known, came, forecast;
    const double last = w.known.empty() ? 0 : w.known.back();
    for (std::size_t t = 0; t < w.known.size(); ++t)
      known.emplace_back(static_cast<double>(t) + 1 - static_cast<double>(w.known.size()), w.known[t]);
    if (!w.known.empty()) {
      came.emplace_back(0, last);
      forecast.emplace_back(0, last);
    }
    for (std::size_t t = 0; t < w.came.size(); ++t) {
      came.emplace_back(static_cast<double>(t + 1), w.came[t]);
      forecast.emplace_back(static_cast<double>(t + 1), w.forecast[t]);
    }
    chart.add("what came", std::move(came), true)
        .add("forecast", std::move(forecast), true)
        .add("known", std::move(known));
    charts.push_back(std::move(chart.resize(320, 200)));
  }
  record.add_section("Worst forecasts", [charts, unit](odot::io::Report& page) {
    page.text("The windows with the largest errors (root mean square) of the last variable: " + unit + ".")
        .charts(charts, "small");
  });
}

}  // namespace trainer
