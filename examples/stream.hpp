#pragma once
// SPDX-License-Identifier: MIT
// What the parts of the trainer stream share: the network, what is measured of it, and the measurements on any device.

#include "process_memory.hpp"
#include "trainer.hpp"

#include <odot/any_device.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stream {

inline constexpr std::size_t features = 64, classes = 10;
inline constexpr odot::nn::ElementWiseAttentionOptions causal{.order = 6, .causal = true};

using Block =
    odot::nn::Sequential<odot::nn::Named<"attention", odot::nn::PostNorm<odot::nn::ElementWiseAttention<causal>>>,
                         odot::nn::Named<"mlp", odot::nn::PostNorm<odot::nn::Linear<2 * features>, odot::nn::GELU,
                                                                   odot::nn::Linear<features>>>>;
using Layers = odot::nn::Sequential<odot::nn::Linear<features>, odot::nn::SinusoidalPosition, Block, Block,
                                    odot::nn::Linear<classes>>;

using Row = odot::Shape<28>;
using Image = odot::Shape<28, 28>;
using Logits = odot::Shape<classes>;
/// What is trained.
struct Classifier : odot::nn::Sequential<Image, odot::nn::Named<"", Layers>, odot::nn::LastToken> {};
/// The same network with an output at every row: logits [L, 10].
template <std::size_t L>
struct Reader : odot::nn::Sequential<odot::Shape<L, Row::size>, odot::nn::Named<"", Layers>> {};
template <odot::DeviceType Device>
using ImageStream = odot::Stream<Reader<28>, Device>;  // L matters to the parallel form alone

struct Settings : trainer::Settings {
  long long tokens = 100'000;  ///< of the long stream
  long long sequences = 1000;  ///< images that are classified side by side
};

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

inline void require_rounding(const Difference& difference, const std::string& where) {
  if (!difference.is_rounding())
    throw odot::Error("the stream's outputs differ from the parallel form's by " +
                      odot::number_text::scientific(difference.largest, 1) + where + ", more than rounding explains");
}

/// The test images row by row through a stream, beside predict.
struct Classified {
  std::size_t images = 0, predicted = 0, streamed = 0, unlike = 0;  ///< right by predict, right by stream; other class
  Difference difference{};                                          ///< over all rows
};

/// What the stream was like after a number of tokens.
struct Mark {
  std::size_t tokens;
  double microseconds = 0;                 ///< a token, median of the last 1,000
  std::optional<std::size_t> peak = {};    ///< bytes of the process
  std::optional<Difference> difference{};  ///< from the parallel form
  std::size_t parallel = 0;                ///< bytes that it took
};

struct Outcome {
  odot::TrainingReport report = {};
  int signal = 0;  ///< that interrupted the training
  Classified classified = {};
  std::vector<Mark> marks = {};
};

// The measurements on the GPU, stream.gpu.cpp, where ODOT_GPU is set.
Outcome measure_on_gpu(const Settings& settings, trainer::Images<Image> data);
std::string gpu_description();  ///< throws DeviceError where there is none

/// The trained network for sequences of another length.
template <std::size_t L, odot::DeviceType Device>
odot::Network<Reader<L>, Device> reader(const odot::Network<Classifier, Device>& trained, int threads) {
  odot::Network<Reader<L>, Device> network(odot::Seed{1}, odot::nn::init::normal(), threads);
  const auto weights = odot::on_host<Device>(trained.parameters());
  Device::copy_from_host(network.parameters().data(), weights.data(), weights.size() * sizeof(float));
  return network;
}

inline std::size_t best_class(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

/// A batch on a device that the host fills and reads.
template <odot::ShapeType S, odot::DeviceType Device>
class Exchanged {
 public:
  explicit Exchanged(std::size_t samples) : host_(samples), device_(samples) {}
  odot::Batch<S>& host() { return host_; }
  odot::BatchView<S, float, Device> device() { return device_; }
  void upload() { Device::copy_from_host(device_.data(), host_.data(), host_.size() * sizeof(float)); }
  void download() { Device::copy_to_host(host_.data(), device_.data(), host_.size() * sizeof(float)); }

 private:
  odot::Batch<S> host_;
  odot::Batch<S, float, Device> device_;
};

// ---- images, some side by side

/// The batch row by row through a stream; adds to the result.
template <odot::DeviceType Device>
void classify_batch(const odot::Network<Classifier, Device>& trained, const odot::Network<Reader<28>, Device>& network,
                    Exchanged<Image, Device>& x, std::span<const std::int32_t> labels, int threads,
                    Classified& result) {
  const std::size_t n = labels.size();
  x.upload();
  const auto predicted = trained.predict(x.device());
  const auto at_rows = network.predict(x.device());
  const auto expected = odot::on_host<Device>(predicted.span()), rows = odot::on_host<Device>(at_rows.span());
  ImageStream<Device> stream(network, n, threads);
  Exchanged<Row, Device> row(n);
  Exchanged<Logits, Device> y(n);
  for (std::size_t i = 0; i < Image::extents[0]; ++i) {
    for (std::size_t k = 0; k < n; ++k) std::copy_n(&x.host()[k](i, 0), Row::size, row.host()[k].data());
    row.upload();
    stream.step(row.device(), y.device());
    y.download();
    for (std::size_t k = 0; k < n; ++k)
      result.difference.take(y.host()[k].span(),
                             std::span(rows).subspan((k * Image::extents[0] + i) * classes, classes));
  }
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t ours = best_class(y.host()[k].span());
    const std::size_t theirs = best_class(std::span(expected).subspan(k * classes, classes));
    result.streamed += ours == static_cast<std::size_t>(labels[k]) ? 1 : 0;
    result.predicted += theirs == static_cast<std::size_t>(labels[k]) ? 1 : 0;
    result.unlike += ours != theirs ? 1 : 0;
  }
}

template <odot::DeviceType Device>
Classified classify(const odot::Network<Classifier, Device>& trained, const odot::data::Dataset<Image>& images,
                    std::size_t sequences, int threads) {
  const auto network = reader<28>(trained, threads);
  odot::data::Loader<odot::data::Dataset<Image>, float, Device> batches(images, std::min(sequences, images.size()));
  odot::Workspace<Device> workspace(threads);
  std::span<const std::int32_t> labels = images.targets;
  Classified result{.images = images.size()};
  for (std::size_t b = 0; b < batches.count(); ++b) {
    const auto batch = batches.load(b, workspace);
    const std::size_t n = batch.x.samples();
    Exchanged<Image, Device> x(n);
    Device::copy_to_host(x.host().data(), batch.x.data(), batch.x.size() * sizeof(float));
    classify_batch(trained, network, x, labels.first(n), threads, result);
    labels = labels.subspan(n);
  }
  return result;
}

// ---- one sequence without end

inline constexpr std::size_t longest_parallel = 100'000;  // tokens, of the parallel form's memory

/// 1,000, 10,000, … and the last.
inline std::vector<Mark> marks(std::size_t tokens) {
  std::vector<Mark> all;
  for (std::size_t at = 1'000; at < tokens; at *= 10) all.push_back({.tokens = at});
  all.push_back({.tokens = tokens});
  return all;
}

/// Row `i` of the images one below the other, again and again.
inline void fill_row(const odot::data::Dataset<Image>& images, std::size_t i, float* to) {
  const std::uint8_t* from = images.values.data() + i * Row::size % images.values.size();
  std::transform(from, from + Row::size, to, [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255; });
}

/// The median of the first `count`, or of all.
inline double median(std::vector<double> values, std::size_t count) {
  values.resize(std::min(count, values.size()));
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Steps through all tokens and measures at the marks; returns the outputs of the first ones. A token's time is that
/// from its row in the device's memory to its logits on the host.
template <odot::DeviceType Device>
odot::Batch<Logits> run_stream(const odot::Network<Classifier, Device>& trained,
                               const odot::data::Dataset<Image>& images, int threads, std::vector<Mark>& marks) {
  using Clock = std::chrono::steady_clock;
  const auto network = reader<28>(trained, threads);
  ImageStream<Device> stream(network, 1, threads);
  odot::Batch<Logits> outputs(std::min(marks.back().tokens, longest_parallel));
  Exchanged<Row, Device> row(1);
  Exchanged<Logits, Device> y(1);
  std::vector<double> took(1'000);
  process_memory::reset_peak();
  for (Mark& mark : marks) {
    while (stream.position() < mark.tokens) {
      const std::size_t i = stream.position();
      fill_row(images, i, row.host().data());
      row.upload();
      const auto start = Clock::now();
      stream.step(row.device(), y.device());
      y.download();
      took[i % took.size()] = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
      if (i < outputs.samples()) std::ranges::copy(y.host().span(), outputs[i].data());
    }
    mark.microseconds = median(took, mark.tokens);
    mark.peak = process_memory::peak();
  }
  return outputs;
}

/// The first tokens of the same sequence through the parallel form for L tokens.
template <std::size_t L, odot::DeviceType Device>
void compare(const odot::Network<Classifier, Device>& trained, const odot::data::Dataset<Image>& images,
             const odot::Batch<Logits>& streamed, int threads, Mark& mark) {
  const auto network = reader<L>(trained, threads);
  odot::Workspace<Device> workspace(threads);
  Exchanged<odot::Shape<L, Row::size>, Device> x(1);
  Exchanged<odot::Shape<L, classes>, Device> y(1);
  for (std::size_t i = 0; i < mark.tokens; ++i) fill_row(images, i, x.host().data() + i * Row::size);
  x.upload();
  odot::Buffer<std::int32_t, Device> length(1);
  const auto valid = static_cast<std::int32_t>(mark.tokens);
  length.from_host(&valid);
  network.predict(x.device(), y.device(), workspace, length.data());
  y.download();
  mark.difference.emplace();
  mark.difference->take(streamed.span().first(mark.tokens * classes), y.host().span().first(mark.tokens * classes));
  mark.parallel = workspace.capacity() + (x.host().size() + y.host().size()) * sizeof(float);
}

template <odot::DeviceType Device>
void compare_with_parallel(const odot::Network<Classifier, Device>& trained, const odot::data::Dataset<Image>& images,
                           const odot::Batch<Logits>& streamed, int threads, std::vector<Mark>& marks) {
  for (Mark& mark : marks) {
    if (mark.tokens <= 1'000) compare<1'000>(trained, images, streamed, threads, mark);
    else if (mark.tokens <= 10'000) compare<10'000>(trained, images, streamed, threads, mark);
    else if (mark.tokens <= longest_parallel) compare<longest_parallel>(trained, images, streamed, threads, mark);
    if (mark.difference) require_rounding(*mark.difference, " within " + std::to_string(mark.tokens) + " tokens");
  }
}

// ---- all of it

template <odot::DeviceType Device>
odot::TrainingReport train(odot::Network<Classifier, Device>& network, const Settings& settings,
                           const trainer::Images<Image>& data, const odot::Interrupt& interrupt) {
  trainer::load_weights(settings.files.weights, network);
  trainer::print_summary(settings.files, network);
  odot::optim::Adam adam{{.learning_rate = settings.learning_rate}};
  const odot::FitOptions options{.epochs = static_cast<std::size_t>(settings.epochs),
                                 .batch_size = static_cast<std::size_t>(settings.batch_size),
                                 .seed = odot::Seed{settings.seed},
                                 .should_stop = [&] { return interrupt.requested(); }};
  trainer::PaperFigures figures(network);
  const auto report = trainer::with_callbacks(
      figures, settings.files, settings.quiet, options, [&](const auto& resumed, auto&... callbacks) {
        return odot::fit<odot::nn::CrossEntropy>(network, adam, data.train, data.test, resumed, callbacks...);
      });
  trainer::write_network(settings.files, network,
                         {{"model", "causal-ea6"},
                          {"dataset", data.train.name},
                          {"epochs", std::to_string(report.epochs.size())},
                          {"seed", std::to_string(settings.seed)}},
                         report.accuracy);
  return report;
}

/// Trains, classifies the test images, runs the long stream; no more than the training where that was interrupted.
/// Errors  Error: the stream's outputs are not the parallel form's
template <odot::DeviceType Device>
Outcome measure(const Settings& settings, trainer::Images<Image> data) {
  odot::Network<Classifier, Device> network(odot::Seed{settings.seed}, odot::nn::init::xavier(), settings.threads);
  const odot::Interrupt interrupt;
  Outcome outcome{.report = train(network, settings, data, interrupt), .signal = interrupt.signal()};
  if (outcome.report.interrupted) return outcome;
  data.train = {};
  outcome.classified = classify(network, data.test, static_cast<std::size_t>(settings.sequences), settings.threads);
  require_rounding(outcome.classified.difference, " in test images");
  outcome.marks = marks(static_cast<std::size_t>(settings.tokens));
  const auto outputs = run_stream(network, data.test, settings.threads, outcome.marks);
  compare_with_parallel(network, data.test, outputs, settings.threads, outcome.marks);
  return outcome;
}

}  // namespace stream
