#pragma once
// SPDX-License-Identifier: MIT
// RunRecord: what a run leaves in its folder besides tables, curves and checkpoints: config.json, log.txt, result.json and
// report.html. Compiled once for all trainers: run_record.cpp.

#include <odot/events/events.hpp>
#include <odot/io/line_chart.hpp>
#include <odot/io/report.hpp>
#include <odot/train/classification_counts.hpp>
#include <odot/train/mistakes.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace trainer {

/// Everything that a run writes in its folder besides checkpoints. An earlier run's are replaced, its weights set aside.
inline constexpr std::initializer_list<const char*> log_files{"batches.csv",         "epochs.csv",       "curves.svg",
                                                              "config.json",         "log.txt",          "result.json",
                                                              "weights.safetensors", "best.safetensors", "report.html"};

/// A named value of a JSON file and of the page. Numbers that are not finite are null.
using Value = std::variant<std::string, double, long long, bool>;
using Facts = std::vector<std::pair<std::string, Value>>;

/// A number of samples, parameters or the like.
inline Value count(std::size_t number) { return static_cast<long long>(number); }

/// A seed: a number where JSON's readers can hold it.
inline Value seed_value(unsigned long long seed) {
  if (seed < 1ULL << 53) return static_cast<long long>(seed);
  return std::to_string(seed);
}

/// An option of the command line.
struct Setting {
  std::string name;  ///< without "--"
  Value value;       ///< given or default
  bool given = false;
};

struct CommandLine {
  std::string program, command;  ///< command: what to type into a shell to get the same
  std::vector<Setting> settings;
};

/// What a run is about.
struct RunSubject {
  std::string title, description;
  std::string test_name = "test";  ///< what it is judged by
  Facts model = {}, data = {}, training = {}, device = {};
};

/// How images lie in the samples of a set: [channels, height, width].
struct ImageExtents {
  std::size_t channels, height, width;
};

/// Without a folder it only prints. Errors of its own files do not end the training: the first is thrown by finish, after
/// the result has been printed. What is told before the training begins is written when it begins; a training that is
/// refused leaves an earlier run's files as they are.
class RunRecord {
 public:
  RunRecord();
  RunRecord(const RunRecord&) = delete;
  RunRecord& operator=(const RunRecord&) = delete;
  ~RunRecord();

  void set_command(CommandLine command, bool quiet);
  void set_folder(const std::string& folder, bool resume);
  /// The record of a part of the run in a folder of its own. What it prints goes here too.
  std::shared_ptr<RunRecord> part(const std::string& folder, bool resume);
  bool active() const;

  void describe(RunSubject subject);

  // ---- what is printed

  /// As std::printf: to log.txt and, unless the run is quiet, to standard output.
#if defined(__GNUC__) || defined(__clang__)
  __attribute__((format(printf, 2, 3)))
#endif
  void
  print(const char* format, ...);
  /// To log.txt alone.
  void log(const std::string& text);

  // ---- the training

  void begin(const odot::TrainingPlan& plan);
  void begin();  ///< of a run whose parts train
  void on_epoch(const odot::EpochEvent& e, std::vector<odot::io::LineChart> charts);
  void on_end(const odot::TrainingReport& report, std::vector<odot::io::LineChart> charts);
  /// Says in the log and on the page that the training ended with an error.
  void fail(const char* what);
  /// The same of a run one of whose parts has failed, and has said so in the log.
  void fail_with_part(const char* what);

  // ---- results

  /// Calls body(folder) if there is one. An error is kept for finish; false then.
  bool attempt(const std::function<void(const std::filesystem::path&)>& body);
  /// The same for what is to be written even without a folder.
  bool attempt_always(const std::function<void()>& body);

  /// A number that matters, at the top of the page.
  void add_figure(const std::string& name, const std::string& value);
  /// What a page has in a section of its own, after the curves.
  void add_section(const std::string& heading, std::function<void(odot::io::Report&)> content);
  void add_classes(const odot::ClassificationCounts& counts, const std::vector<std::string>& names, bool confidence);
  void add_mistakes(const odot::Mistakes& mistakes, const ImageExtents& extents,
                    const std::function<std::span<const std::uint8_t>(std::size_t)>& sample,
                    const std::vector<std::string>& names);
  /// Sequences of tokens, [length of sample, features].
  void add_mistakes(const odot::Mistakes& mistakes, std::size_t features,
                    const std::function<std::span<const float>(std::size_t)>& sample,
                    const std::vector<std::string>& names);

  /// Prints the result line, "result name=value …", and writes it as result.json, with the page.
  /// Errors  FileError: the first that this run's own files met
  void finish(const std::string& line, bool interrupted);

  struct State;

 private:
  void write_log();
  void write_page();

  std::unique_ptr<State> state_;
};

std::shared_ptr<RunRecord> new_record();

/// A forecast of one variable, its number in the set and its mean squared error.
struct WorstSeries {
  std::size_t number = 0;
  double error = 0;
  std::vector<double> known = {}, came = {}, forecast = {};
};
/// Leaves the few with the largest errors, the largest first; of equal ones, the first in the set.
void keep_worst(std::vector<WorstSeries>& all);
/// A section of charts. The last known step is step 0.
void add_worst_series(RunRecord& record, const std::vector<WorstSeries>& worst, const std::string& unit);

/// As std::printf would print.
#if defined(__GNUC__) || defined(__clang__)
__attribute__((format(printf, 1, 2)))
#endif
std::string
formatted(const char* format, ...);

}  // namespace trainer
