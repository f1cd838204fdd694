// SPDX-License-Identifier: MIT
// Trains a causal network of element-wise attention on images, read row by row, then runs it on one row after the other
// through odot::Stream, without end: state, time a token and memory do not grow, and the outputs are those of the
// parallel form, which sees all rows at once.

#include "stream.hpp"
#include "trainer_main.hpp"

#include <odot/odot.hpp>

#include <utility>

using namespace odot;
using namespace stream;

namespace {

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
constexpr std::size_t state_bytes = ImageStream<Cpu>::state_elements * sizeof(float);

void print_table(const std::vector<Mark>& marks) {
  std::printf("\none sequence, row after row                                      the parallel form\n");
  std::printf("%10s %12s %14s %14s   %18s %12s\n", "tokens", "state, bytes", "us a token", "process, MiB",
              "largest difference", "memory, MiB");
  for (const Mark& mark : marks) {
    std::printf("%10zu %12zu %14.2f", mark.tokens, state_bytes, mark.microseconds);
    if (mark.peak) std::printf(" %14.1f", mebibytes(*mark.peak));
    else std::printf(" %14s", "-");
    if (mark.difference) std::printf("   %18.1e %12.1f\n", mark.difference->largest, mebibytes(mark.parallel));
    else std::printf("   %18s %12s\n", "-", "-");
  }
  std::printf("\n");
}

double percent(std::size_t part, std::size_t all) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

void print_classified(const Classified& c, std::size_t sequences) {
  std::printf(
      "%zu test images row by row, %zu side by side: accuracy %.2f %% streamed, %.2f %% by predict;\n"
      "%zu images classified differently; largest difference over all rows %.1e\n",
      c.images, sequences, percent(c.streamed, c.images), percent(c.predicted, c.images), c.unlike,
      c.difference.largest);
}

/// The set that --data says; without it MNIST where it is found, else the built-in set.
trainer::Images<Image> load(const Settings& settings) {
  if (settings.data.empty()) {
    try {
      data::find("mnist");
    } catch (const FileError&) {
      if (!settings.quiet)
        std::printf("no MNIST in $ODOT_DATA/mnist or data/mnist: this is the built-in synthetic set\n");
      auto data = data::synthetic<models::MnistImage>(Seed{1}).as<Image>();
      trainer::require_batch(static_cast<std::size_t>(settings.batch_size), data.train.size());
      return data;
    }
  }
  return trainer::load_data<models::MnistImage>(settings, "mnist", data::load_mnist).as<Image>();
}

/// What computes, in words. Throws DeviceError if the device of the settings can't be had.
std::string description(const Settings& settings) {
  if (settings.device == "cpu")
    return trainer::device_description<Cpu>(settings.threads > 0 ? settings.threads : default_threads());
#ifdef TRAINER_GPU
  return "on " + gpu_description();
#else
  trainer::throw_no_gpu();
#endif
}

Outcome measure_on_device(const Settings& settings, trainer::Images<Image> data) {
#ifdef TRAINER_GPU
  if (settings.device == "gpu") return measure_on_gpu(settings, std::move(data));
#endif
  return measure<Cpu>(settings, std::move(data));
}

int run(const Settings& settings) {
  const std::string device = description(settings);
  auto data = load(settings);
  const std::string name = data.test.name;
  if (!settings.quiet)
    std::printf(
        "causal EA-6, 2 blocks of width %zu on rows of 28 pixels; %zu parameters; %s\n"
        "data %s: %zu training and %zu test images; batches of %lld\n",
        features, Classifier::parameter_count, device.c_str(), name.c_str(), data.train.size(), data.test.size(),
        settings.batch_size);
  program::flush_output();
  trainer::RunRecord& record = *settings.files.record;
  const Outcome outcome = measure_on_device(settings, std::move(data));
  if (outcome.report.interrupted) {
    record.finish(
        trainer::formatted(
            "result model=causal-ea6 dataset=%s parameters=%zu epochs=%zu accuracy=%.2f seconds=%.1f interrupted=1",
            name.c_str(), Classifier::parameter_count, outcome.report.epochs.size(), outcome.report.accuracy,
            outcome.report.seconds),
        true);
    return 128 + outcome.signal;
  }
  const Classified& c = outcome.classified;
  if (!settings.quiet) {
    print_classified(c, static_cast<std::size_t>(settings.sequences));
    print_table(outcome.marks);
  }
  record.finish(
      trainer::formatted(
          "result model=causal-ea6 dataset=%s parameters=%zu epochs=%zu accuracy=%.2f streamed_accuracy=%.2f "
          "unlike=%zu difference=%.1e state_bytes=%zu tokens=%zu microseconds=%.2f seconds=%.1f",
          name.c_str(), Classifier::parameter_count, outcome.report.epochs.size(), percent(c.predicted, c.images),
          percent(c.streamed, c.images), c.unlike, c.difference.largest, state_bytes, outcome.marks.back().tokens,
          outcome.marks.back().microseconds, outcome.report.seconds),
      false);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  settings.epochs = 3;
  settings.batch_size = 256;
  CLI::App app("Trains a causal network of element-wise attention on the rows of MNIST's images, and streams it");
  trainer::add_options(app, settings);
  app.add_option("--device", settings.device, "cpu or gpu")->capture_default_str();
  trainer::add_number(app, "--tokens", settings.tokens, {1, 1'000'000'000}, "Of the long stream");
  trainer::add_number(app, "--sequences", settings.sequences, {1, 1'000'000}, "Images classified side by side");
  return trainer::run_program(app, argc, argv, [&] {
    trainer::require_device(settings.device);
    trainer::check_files(settings.files);
    const auto out = trainer::claim_files(settings.files);
    return run(settings);
  });
}
