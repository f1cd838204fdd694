// SPDX-License-Identifier: MIT
// Trains the transformers of "Element-wise Attention Is All You Need": classification of JapaneseVowels and forecasts
// of ETTh2, with element-wise attention or self-attention.

#include "time_series.hpp"
#include "command_line.hpp"
#include "file_options.hpp"
#include "out_folder.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <numeric>
#include <optional>
#include <string_view>

using namespace odot;
using namespace time_series;

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// "accuracy=97.0270 loss=0.1013"
std::string text(const Figures& figures) {
  std::string all;
  for (const auto& [name, value] : figures) {
    char one[80];
    std::snprintf(one, sizeof one, " %s=%.4f", name, value);
    all += one;
  }
  return all;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Each figure's values over the runs as one.
template <class Summary>
Figures summarised(const std::vector<Figures>& runs, const Summary& summary) {
  Figures result = runs.front();
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::vector<double> values;
    for (const Figures& run : runs) values.push_back(run[i].second);
    result[i].second = summary(values);
  }
  return result;
}

void check(const Settings& s) {
  using trainer::require;
  require(!s.levels || s.task != "japanese-vowels", "--levels", "a task that forecasts", s.task);
  require(s.files.save.empty() || s.seeds == 1, "--save", "one seed, whose weights are kept", std::to_string(s.seeds));
  require(s.files.onnx.empty() || s.seeds == 1, "--onnx", "one seed, whose network is kept", std::to_string(s.seeds));
  trainer::require_device(s.device);
  trainer::check_files(s.files);
}

/// A task by the name that --task gives it.
struct NamedTask {
  const char* name;
  Task run;
};

/// The tasks on the device of the settings. Throws DeviceError if it can't be had.
std::vector<NamedTask> tasks(const Settings& settings) {
  if (settings.device == "cpu")
    return {{"japanese-vowels", run_japanese_vowels}, {"etth2-6", run_etth2_6}, {"etth2-12", run_etth2_12}};
#ifdef TRAINER_GPU
  const std::string device = gpu_description();
  settings.files.record->print("on %s\n", device.c_str());
  return {{"japanese-vowels", run_japanese_vowels_on_gpu},
          {"etth2-6", run_etth2_6_on_gpu},
          {"etth2-12", run_etth2_12_on_gpu}};
#else
  trainer::throw_no_gpu();
#endif
}

int run_task(const Settings& settings) {
  check(settings);
  for (const NamedTask& task : tasks(settings))
    if (task.name == settings.task) return task.run(settings);
  throw ArgumentError("--task: expected japanese-vowels, etth2-6 or etth2-12, found '" + settings.task + "'");
}

/// A run of these settings but for its seed.
Run plan(const Settings& settings, const Defaults& defaults) {
  return {.fit = {.epochs = static_cast<std::size_t>(settings.epochs.value_or(defaults.epochs)),
                  .batch_size = static_cast<std::size_t>(settings.batch_size.value_or(defaults.batch_size)),
                  .test_name = "validation"},
          .optimizer = {.learning_rate = settings.learning_rate.value_or(defaults.learning_rate),
                        .weight_decay = settings.weight_decay.value_or(defaults.weight_decay)},
          .threads = settings.threads,
          .select = settings.select,
          .quiet = settings.quiet,
          .levels = settings.levels,
          .files = settings.files,
          .task = settings.task,
          .attention = settings.attention};
}

const char* judge(const Settings& settings) { return settings.select ? "validation" : "test"; }

void print_subject(trainer::RunRecord& record, const Settings& settings, const Subject& subject,
                   std::size_t batch_size) {
  record.print("task %s, attention %s: %zu parameters; data %s: %zu training and %zu %s samples; batches of %zu\n",
               settings.task.c_str(), settings.attention.c_str(), subject.parameters, subject.dataset.c_str(),
               subject.train, subject.judged, judge(settings), batch_size);
  if (!subject.baseline.empty()) record.print("repeating the last step:%s\n", text(subject.baseline).c_str());
}

/// What the run of a seed is about, or, without one, that of all.
trainer::RunSubject record_subject(const Settings& settings, const Subject& subject, const Run& run,
                                   const std::string& seed) {
  return {.title = settings.task + " with attention " + settings.attention + (seed.empty() ? "" : ", seed " + seed),
          .description = "A transformer of \"Element-wise Attention Is All You Need\" on " + subject.dataset + ".",
          .test_name = judge(settings),
          .model = {{"attention", settings.attention}, {"parameters", trainer::count(subject.parameters)}},
          .data = {{"set", subject.dataset},
                   {"training_samples", trainer::count(subject.train)},
                   {std::string(judge(settings)) + "_samples", trainer::count(subject.judged)},
                   {"levels", settings.levels}},
          .training = {{"epochs", trainer::count(run.fit.epochs)},
                       {"batch_size", trainer::count(run.fit.batch_size)},
                       {"optimizer", "AdamW"},
                       {"learning_rate", run.optimizer.learning_rate},
                       {"weight_decay", run.optimizer.weight_decay},
                       {seed.empty() ? "first_seed" : "seed",
                        seed.empty() ? trainer::seed_value(settings.seed) : trainer::Value(seed)},
                       {"seeds", settings.seeds}},
          .device = {{"device", settings.device},
                     {"threads", trainer::count(static_cast<std::size_t>(settings.threads > 0 ? settings.threads
                                                                                              : default_threads()))}}};
}

/// The figures that matter most, for the top of a page.
void add_figures(trainer::RunRecord& record, const Figures& figures) {
  for (const auto& [name, value] : figures) {
    const std::string_view figure = name;
    if (figure == "accuracy") record.add_figure(name, number_text::fixed(value, 2) + " %");
    else if (figure == "mae_ot" || figure == "rmse_ot") continue;
    else if (figure == "best_epoch") record.add_figure("best epoch", number_text::fixed(value, 0));
    else if (figure != "seconds") record.add_figure(name, number_text::fixed(value, 4));
  }
}

/// The page's table of all seeds.
void add_seeds(trainer::RunRecord& record, const Settings& settings, const std::vector<Figures>& runs) {
  io::ReportTable table{"", {"seed"}, {}};
  for (const auto& [name, value] : runs.front()) table.columns.emplace_back(name);
  const auto row = [&](const io::ReportCell& name, const Figures& figures) {
    auto& cells = table.rows.emplace_back(std::vector{name});
    for (const auto& figure : figures) cells.emplace_back(number_text::fixed(figure.second, 4));
  };
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string seed = std::to_string(settings.seed + i);
    row({seed, io::Tone::plain, "seed-" + seed + "/report.html"}, runs[i]);
  }
  row("median", summarised(runs, median));
  record.add_section("Seeds",
                     [table](io::Report& page) { page.text("Each seed has a page of its own.").table(table); });
}

}  // namespace

int time_series::run_seeds(const Settings& settings, const Defaults& defaults, const Subject& subject,
                           const std::function<Figures(const Run&)>& run_one) {
  const Interrupt interrupt;
  Run run = plan(settings, defaults);
  run.fit.should_stop = [&] { return interrupt.requested(); };
  run.dataset = subject.dataset;
  trainer::require_batch(run.fit.batch_size, subject.train);
  trainer::RunRecord& record = *settings.files.record;
  const auto seed_of = [&](long long i) { return std::to_string(settings.seed + static_cast<unsigned long long>(i)); };
  std::vector<trainer::RunFiles> files;                    // of each seed
  std::vector<std::optional<trainer::OutFolder>> folders;  // all that will be written, before hours of work
  if (!settings.files.out.empty()) folders.push_back(trainer::claim_whole(settings.files));
  for (long long i = 0; i < settings.seeds; ++i) {
    trainer::RunFiles& own = files.emplace_back(settings.files);
    for (std::string* folder : {&own.out, &own.board.folder})
      if (!folder->empty()) *folder += "/seed-" + seed_of(i);
    own.summary = own.summary && i == 0;
    own.board.learning_rate = run.optimizer.learning_rate;
    own.board.set("learning_rate", run.optimizer.learning_rate);
    own.board.set("weight_decay", run.optimizer.weight_decay);
    own.board.set("epochs", static_cast<long long>(run.fit.epochs));
    own.board.set("batch_size", static_cast<long long>(run.fit.batch_size));
    own.board.set("seed", trainer::seed_value(settings.seed + static_cast<unsigned long long>(i)));
    own.record = record.part(own.out, own.resume);
    own.record->describe(record_subject(settings, subject, run, seed_of(i)));
    folders.push_back(trainer::claim_files(own));
  }
  record.describe(record_subject(settings, subject, run, ""));
  print_subject(record, settings, subject, run.fit.batch_size);
  record.begin();
  std::vector<Figures> runs;
  for (long long i = 0; i < settings.seeds && !interrupt.requested(); ++i) {
    run.seed = run.fit.seed = Seed{settings.seed + static_cast<unsigned long long>(i)};
    run.files = files[static_cast<std::size_t>(i)];
    program::flush_output();
    try {
      runs.push_back(run_one(run));
    } catch (const std::exception& error) {
      record.fail_with_part(error.what());
      throw;
    }
    record.print("seed %s:%s\n", seed_of(i).c_str(), text(runs.back()).c_str());
    add_figures(*run.files.record, runs.back());
    run.files.record->finish("result seed=" + seed_of(i) + " judged_by=" + judge(settings) + text(runs.back()),
                             interrupt.requested());
  }
  if (runs.empty()) return 128 + interrupt.signal();
  const bool interrupted = interrupt.requested();  // the last run is not whole, or some are missing
  if (runs.size() > 1) record.print("mean:%s\n", text(summarised(runs, mean_of)).c_str());
  const Figures medians = summarised(runs, median);
  add_figures(record, medians);
  add_seeds(record, settings, runs);
  record.finish(
      trainer::formatted("result task=%s attention=%s dataset=%s parameters=%zu epochs=%zu seeds=%zu judged_by=%s%s%s",
                         settings.task.c_str(), settings.attention.c_str(), subject.dataset.c_str(), subject.parameters,
                         run.fit.epochs, runs.size(), judge(settings), text(medians).c_str(),
                         interrupted ? " interrupted=1" : ""),
      interrupted);
  return interrupted ? 128 + interrupt.signal() : 0;
}

int main(int argc, char** argv) {
  CLI::App app("Trains a transformer of \"Element-wise Attention Is All You Need\" on sequences");
  Settings s;
  app.add_option("--task", s.task, "japanese-vowels, etth2-6 or etth2-12 (hours ahead)")->capture_default_str();
  app.add_option("--attention", s.attention, "ea-2, ea-6, ea-full (element-wise) or self")->capture_default_str();
  trainer::add_folder(app, "--data", s.data, trainer::data_help);
  trainer::add_number(app, "--epochs", s.epochs, trainer::epochs_range,
                      "0 judges the untrained network (default: the task's)");
  trainer::add_number(app, "--batch-size", s.batch_size, trainer::batch_range, "Samples (default: the task's)");
  trainer::add_number(app, "--learning-rate", s.learning_rate, trainer::rate_range, "Adam's (default: the task's)");
  trainer::add_number(app, "--weight-decay", s.weight_decay, trainer::rate_range,
                      "Adam's, decoupled as in AdamW (default: the task's)");
  constexpr long long most_seeds = 1000;
  trainer::add_number(app, "--seed", s.seed, {1, trainer::seed_range.most - most_seeds},
                      "Of the initial weights, dropout and the order of the samples; the first of --seeds");
  trainer::add_number(app, "--seeds", s.seeds, {1, most_seeds},
                      "Runs with seeds one after the other; the result is their median");
  app.add_flag("--select", s.select,
               "Judge by validation samples and leave the test samples alone (japanese-vowels: seed s holds out the "
               "s-th fifth of the training samples)");
  app.add_flag("--levels", s.levels,
               "etth2: windows and targets as they are; by default they are relative to the window's last step");
  app.add_option("--device", s.device, "cpu or gpu")->capture_default_str();
  trainer::add_number(app, "--threads", s.threads, trainer::threads_range, "Of the cpu; 0: all");
  trainer::add_file_options(app, s.files, ". Each seed has a folder in it");
  app.add_flag("--quiet", s.quiet, "Print the result line alone");
  return trainer::run_program(app, argc, argv, [&] { return run_task(s); });
}
