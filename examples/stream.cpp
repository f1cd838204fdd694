// SPDX-License-Identifier: MIT
// Trains a causal network of element-wise attention on images, read row by row, then runs it on one row after the other
// through odot::Stream, without end: state, time a token and memory do not grow, and the outputs are those of the
// parallel form, which sees all rows at once.

#include "process_memory.hpp"
#include "trainer_main.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

using namespace odot;

namespace {

constexpr std::size_t features = 64, classes = 10;
constexpr nn::ElementWiseAttentionOptions causal{.order = 6, .causal = true};

using Block = nn::Sequential<nn::Named<"attention", nn::PostNorm<nn::ElementWiseAttention<causal>>>,
                             nn::Named<"mlp", nn::PostNorm<nn::Linear<2 * features>, nn::Gelu, nn::Linear<features>>>>;
using Layers = nn::Sequential<nn::Linear<features>, nn::SinusoidalPosition, Block, Block, nn::Linear<classes>>;

using Row = Shape<28>;
using Image = Shape<28, 28>;
using Classifier = nn::Sequential<Image, nn::Named<"", Layers>, nn::LastToken>;  // what is trained: logits [10]

/// The same network with an output at every row: logits [L, 10].
template <std::size_t L>
using Reader = nn::Sequential<Shape<L, Row::size>, nn::Named<"", Layers>>;
using ImageStream = Stream<Reader<28>>;  // L matters to the parallel form alone

struct Settings : trainer::Settings {
  long long tokens = 100'000;  ///< of the long stream
  long long sequences = 1000;  ///< images that are classified side by side
};

/// The trained network for sequences of another length.
template <std::size_t L>
Network<Reader<L>> reader(const Network<Classifier>& trained, int threads) {
  Network<Reader<L>> network(Seed{1}, nn::init::normal(), threads);
  std::ranges::copy(trained.parameters(), network.parameters().begin());
  return network;
}

std::size_t best_class(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

/// Largest distance of two outputs, and the largest output, which says what is large.
struct Difference {
  double largest = 0, scale = 1;

  void take(std::span<const float> a, std::span<const float> b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
      if (!(std::abs(x - y) <= largest)) largest = std::abs(x - y);  // NaN too
      scale = std::max(scale, std::abs(y));
    }
  }
  bool is_rounding() const { return largest <= 1e-3 * scale; }
};

void require_rounding(const Difference& difference, const std::string& where) {
  if (!difference.is_rounding())
    throw Error("the stream's outputs differ from the parallel form's by " + std::to_string(difference.largest) +
                where + ", more than rounding explains");
}

// ---- images, some side by side

/// The test images row by row through a stream, beside predict.
struct Classified {
  std::size_t images = 0, predicted = 0, streamed = 0, unlike = 0;  ///< right by predict, right by stream; other class
  Difference difference{};                                          ///< over all rows
};

Classified classify(const Network<Classifier>& trained, const data::Dataset<Image>& images, std::size_t sequences,
                    int threads) {
  const auto network = reader<28>(trained, threads);
  const data::Batches<Image> batches(images, std::min(sequences, images.size()));
  Classified result{.images = images.size()};
  Batch<Image> x;
  std::vector<std::int32_t> labels;
  for (std::size_t b = 0; b < batches.count(); ++b) {
    batches.load(b, x, labels, threads);
    const std::size_t n = x.samples();
    const auto predicted = trained.predict(x);
    const auto at_rows = network.predict(x);
    ImageStream stream(network, n, threads);
    Batch<Row> row(n);
    Batch<Shape<classes>> y(n);
    for (std::size_t i = 0; i < Image::extents[0]; ++i) {
      for (std::size_t k = 0; k < n; ++k) std::copy_n(&x[k](i, 0), Row::size, row[k].data());
      stream.step(row, y);
      for (std::size_t k = 0; k < n; ++k) result.difference.take(y[k].span(), {&at_rows[k](i, 0), classes});
    }
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t ours = best_class(y[k].span()), theirs = best_class(predicted[k].span());
      result.streamed += ours == static_cast<std::size_t>(labels[k]) ? 1 : 0;
      result.predicted += theirs == static_cast<std::size_t>(labels[k]) ? 1 : 0;
      result.unlike += ours != theirs ? 1 : 0;
    }
  }
  return result;
}

// ---- one sequence without end

constexpr std::size_t longest_parallel = 100'000;  // tokens, of the parallel form's memory

/// What the stream was like after a number of tokens.
struct Mark {
  std::size_t tokens;
  double microseconds = 0;                 ///< a token, median of the last 1,000
  std::optional<std::size_t> peak = {};    ///< bytes of the process
  std::optional<Difference> difference{};  ///< from the parallel form
  std::size_t parallel = 0;                ///< bytes that it took
};

/// 1,000, 10,000, … and the last.
std::vector<Mark> marks(std::size_t tokens) {
  std::vector<Mark> all;
  for (std::size_t at = 1'000; at < tokens; at *= 10) all.push_back({.tokens = at});
  all.push_back({.tokens = tokens});
  return all;
}

/// Row `i` of the images one below the other, again and again.
std::span<const std::uint8_t> row_of(const data::Dataset<Image>& images, std::size_t i) {
  return {images.pixels.data() + i * Row::size % images.pixels.size(), Row::size};
}
void fill_row(const data::Dataset<Image>& images, std::size_t i, float* to) {
  std::ranges::transform(row_of(images, i), to, [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255; });
}

/// Steps through all tokens and measures at the marks; returns the outputs of the first ones.
Batch<Shape<classes>> run_stream(ImageStream& stream, const data::Dataset<Image>& images, std::vector<Mark>& marks) {
  using Clock = std::chrono::steady_clock;
  Batch<Shape<classes>> outputs(std::min(marks.back().tokens, longest_parallel));
  Batch<Row> row(1);
  Batch<Shape<classes>> y(1);
  std::vector<double> took(1'000);
  process_memory::reset_peak();
  for (Mark& mark : marks) {
    while (stream.position() < mark.tokens) {
      const std::size_t i = stream.position();
      fill_row(images, i, row.data());
      const auto start = Clock::now();
      stream.step(row, y);
      took[i % took.size()] = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
      if (i < outputs.samples()) std::ranges::copy(y.span(), outputs[i].data());
    }
    std::vector<double> last(took.begin(),
                             took.begin() + static_cast<std::ptrdiff_t>(std::min(mark.tokens, took.size())));
    const auto middle = last.begin() + static_cast<std::ptrdiff_t>(last.size() / 2);
    std::ranges::nth_element(last, middle);
    mark.microseconds = *middle;
    mark.peak = process_memory::peak();
  }
  return outputs;
}

/// The first tokens of the same sequence through the parallel form for L tokens.
template <std::size_t L>
void compare(const Network<Classifier>& trained, const data::Dataset<Image>& images,
             const Batch<Shape<classes>>& streamed, int threads, Mark& mark) {
  const auto network = reader<L>(trained, threads);
  Workspace<> workspace(threads);
  Batch<Shape<L, Row::size>> x(1);
  Batch<Shape<L, classes>> y(1);
  for (std::size_t i = 0; i < mark.tokens; ++i) fill_row(images, i, x.data() + i * Row::size);
  const auto length = static_cast<std::int32_t>(mark.tokens);
  network.predict(x, y, workspace, &length);
  mark.difference.emplace();
  mark.difference->take(streamed.span().first(mark.tokens * classes), y.span().first(mark.tokens * classes));
  mark.parallel = workspace.capacity() + (x.size() + y.size()) * sizeof(float);
}

void compare_with_parallel(const Network<Classifier>& trained, const data::Dataset<Image>& images,
                           const Batch<Shape<classes>>& streamed, int threads, std::vector<Mark>& marks) {
  for (Mark& mark : marks) {
    if (mark.tokens <= 1'000) compare<1'000>(trained, images, streamed, threads, mark);
    else if (mark.tokens <= 10'000) compare<10'000>(trained, images, streamed, threads, mark);
    else if (mark.tokens <= longest_parallel) compare<longest_parallel>(trained, images, streamed, threads, mark);
    if (mark.difference) require_rounding(*mark.difference, " within " + std::to_string(mark.tokens) + " tokens");
  }
}

// ---- the program

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
constexpr std::size_t state_bytes = ImageStream::state_elements * sizeof(float);

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
data::Split<Image> load(const Settings& settings) {
  if (settings.data.empty()) {
    try {
      data::find("mnist");
    } catch (const FileError&) {
      if (!settings.quiet)
        std::printf("no MNIST in $ODOT_DATA/mnist or data/mnist: this is the built-in synthetic set\n");
      return data::synthetic<models::MnistImage>(Seed{1}).as<Image>();
    }
  }
  return trainer::load_data<models::MnistImage>(settings, "mnist", data::load_mnist).as<Image>();
}

TrainingReport train(Network<Classifier>& network, const Settings& settings, const data::Split<Image>& data,
                     const Interrupt& interrupt) {
  optim::Adam adam{{.learning_rate = settings.learning_rate}};
  ProgressBar bar;
  Callback none;
  return fit<nn::CrossEntropy>(network, adam, data.train, data.test,
                               {.epochs = static_cast<std::size_t>(settings.epochs),
                                .batch_size = static_cast<std::size_t>(settings.batch_size),
                                .seed = Seed{settings.seed},
                                .should_stop = [&] { return interrupt.requested(); }},
                               settings.quiet ? none : bar);
}

int run(const Settings& settings) {
  auto data = load(settings);
  Network<Classifier> network(Seed{settings.seed}, nn::init::xavier(), settings.threads);
  const int threads = network.workspace().threads();
  if (!settings.quiet)
    std::printf(
        "causal EA-6, 2 blocks of width %zu on rows of 28 pixels; %zu parameters; %d thread(s)\n"
        "data %s: %zu training and %zu test images; batches of %lld\n",
        features, Classifier::parameter_count, threads, data.train.name.c_str(), data.train.size(), data.test.size(),
        settings.batch_size);
  std::fflush(stdout);
  const Interrupt interrupt;
  const TrainingReport report = train(network, settings, data, interrupt);
  if (report.interrupted) return 128 + interrupt.signal();
  data.train = {};

  const auto sequences = static_cast<std::size_t>(settings.sequences);
  const Classified classified = classify(network, data.test, sequences, threads);
  require_rounding(classified.difference, " in test images");
  if (!settings.quiet) print_classified(classified, sequences);

  const auto network_at_rows = reader<28>(network, threads);
  ImageStream stream(network_at_rows, 1, threads);
  std::vector<Mark> all = marks(static_cast<std::size_t>(settings.tokens));
  const auto outputs = run_stream(stream, data.test, all);
  compare_with_parallel(network, data.test, outputs, threads, all);
  if (!settings.quiet) print_table(all);
  std::printf(
      "result model=causal-ea6 dataset=%s parameters=%zu epochs=%zu accuracy=%.2f streamed_accuracy=%.2f "
      "unlike=%zu difference=%.1e state_bytes=%zu tokens=%zu microseconds=%.2f seconds=%.1f\n",
      data.test.name.c_str(), Classifier::parameter_count, report.epochs.size(),
      percent(classified.predicted, classified.images), percent(classified.streamed, classified.images),
      classified.unlike, classified.difference.largest, state_bytes, all.back().tokens, all.back().microseconds,
      report.seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  settings.epochs = 3;
  settings.batch_size = 256;
  CLI::App app("Trains a causal network of element-wise attention on the rows of MNIST's images, and streams it");
  trainer::add_options(app, settings);
  app.add_option("--tokens", settings.tokens, "Of the long stream")->capture_default_str();
  app.add_option("--sequences", settings.sequences, "Images classified side by side")->capture_default_str();
  return trainer::run_program(app, argc, argv, [&] {
    trainer::check(settings);
    trainer::require(settings.tokens >= 1 && settings.tokens <= 1'000'000'000, "--tokens", "1 to 1000000000",
                     std::to_string(settings.tokens));
    trainer::require(settings.sequences >= 1 && settings.sequences <= 1'000'000, "--sequences", "1 to 1000000",
                     std::to_string(settings.sequences));
    return run(settings);
  });
}
