#pragma once
// SPDX-License-Identifier: MIT
// What the parts of the trainer stream_text share: the network, its training, and how it reads and writes token by token.

#include "callbacks.hpp"
#include "process_memory.hpp"
#include "weights.hpp"

#include <odot/any_device.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace stream_text {

inline constexpr std::size_t window = 128;  // tokens that the network is trained on at once
inline constexpr std::size_t vocabulary = odot::models::byte_vocabulary;

using Windows = odot::data::TokenWindows<window>;
using Logits = odot::Shape<vocabulary>;

/// A type of its own, which nvcc can spell.
template <class Attention>
struct TextNetwork : odot::models::LanguageModel<window, Attention> {};

/// The command line.
struct Settings {
  std::string text = "synthetic", attention = "ea-6", prompt = {};
  long long epochs = 8, batch_size = 8, generate = 300;
  double learning_rate = 3e-3, temperature = 0.7;
  unsigned long long seed = 1;
  std::string device = "cpu";
  int threads = 0;  ///< of the cpu; 0: all
  trainer::RunFiles files = {};
  bool quiet = false;
};

/// A text and the part of it that is held out, its end.
struct Text {
  std::string name, train, held_out;
};

/// The held-out text token by token, without end and without windows.
struct Streamed {
  double perplexity = 0, microseconds = 0;  ///< a token
  std::size_t state_bytes = 0;
  std::optional<std::size_t> growth = {};  ///< bytes of the process's peak, from token 1,000 to the last
};

struct Outcome {
  odot::TrainingReport report = {};
  int signal = 0;  ///< that interrupted the training
  std::size_t parameters = 0;
  double perplexity = 0;                  ///< of the held-out text, in windows
  std::optional<Streamed> streamed = {};  ///< none: this attention can't
  std::string written = {};               ///< what the network wrote
};

// A network with one of the attentions: stream_text.<attention>.cpp; on the GPU, stream_text.gpu.cpp, where ODOT_GPU is set.
Outcome measure_ea_6(const Settings& settings, const Text& text);
Outcome measure_self(const Settings& settings, const Text& text);
Outcome measure_ea_6_on_gpu(const Settings& settings, const Text& text);
Outcome measure_self_on_gpu(const Settings& settings, const Text& text);
std::string gpu_description();  ///< throws DeviceError where there is none

/// A network that reads a text token by token and says what may come next.
template <class Model, odot::DeviceType Device>
class Reader {
 public:
  Reader(const odot::Network<Model, Device>& network, int threads) : stream_(network, 1, threads) {}

  /// The logits of the token after this one; valid until the next call.
  std::span<const float, vocabulary> read(std::int32_t token) {
    token_.from_host(&token);
    stream_.step({token_.data(), 1}, {device_logits_.data(), 1});
    Device::copy_to_host(logits_.data(), device_logits_.data(), sizeof logits_);
    return logits_;
  }
  static constexpr std::size_t state_bytes = odot::Stream<Model, Device>::state_elements * sizeof(float);

 private:
  odot::Stream<Model, Device> stream_;
  odot::Buffer<std::int32_t, Device> token_{1};
  odot::Buffer<float, Device> device_logits_{vocabulary};
  std::array<float, vocabulary> logits_{};
};

/// Probabilities of the tokens; a low temperature favours the likely ones.
inline std::array<double, vocabulary> softmax(std::span<const float, vocabulary> logits, double temperature = 1) {
  const double largest = static_cast<double>(*std::ranges::max_element(logits));
  std::array<double, vocabulary> p{};
  double sum = 0;
  for (std::size_t k = 0; k < vocabulary; ++k)
    sum += p[k] = std::exp((static_cast<double>(logits[k]) - largest) / temperature);
  for (double& share : p) share /= sum;
  return p;
}

/// The token that a uniform number chooses; at temperature 0 the likeliest.
inline std::int32_t choose(std::span<const float, vocabulary> logits, double temperature, double uniform) {
  if (temperature == 0) return static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
  const auto p = softmax(logits, temperature);
  std::size_t token = 0;
  for (; token + 1 < vocabulary && uniform >= p[token]; ++token) uniform -= p[token];
  return static_cast<std::int32_t>(token);
}

/// The tokens that the windows have too: each is predicted from all before it.
template <class Model, odot::DeviceType Device>
Streamed read_text(const odot::Network<Model, Device>& network, std::string_view text, int threads) {
  using Clock = std::chrono::steady_clock;
  const std::vector<std::int32_t> tokens = odot::data::tokens_of(text);
  Reader<Model, Device> reader(network, threads);
  process_memory::reset_peak();
  std::optional<std::size_t> early = process_memory::peak();
  double nats = 0;
  const auto start = Clock::now();
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const auto p = softmax(reader.read(tokens[i]));
    nats -= std::log(p[static_cast<std::size_t>(tokens[i + 1])]);
    if (i == 1'000) early = process_memory::peak();
  }
  const auto count = static_cast<double>(tokens.size() - 1);
  Streamed streamed{.perplexity = std::exp(nats / count),
                    .microseconds = std::chrono::duration<double, std::micro>(Clock::now() - start).count() / count,
                    .state_bytes = reader.state_bytes};
  if (const auto late = process_memory::peak(); early && late) streamed.growth = *late - (std::min)(*early, *late);
  return streamed;
}

/// What the network writes after the prompt, a line's end if there is none.
template <class Model, odot::DeviceType Device>
std::string write_text(const odot::Network<Model, Device>& network, const Settings& settings) {
  Reader<Model, Device> reader(network, settings.threads);
  const odot::Random random(odot::Seed{settings.seed}, 3);
  const std::vector<std::int32_t> prompt =
      odot::data::tokens_of(settings.prompt.empty() ? std::string_view("\n") : std::string_view(settings.prompt));
  for (std::size_t i = 0; i + 1 < prompt.size(); ++i) reader.read(prompt[i]);
  std::int32_t token = prompt.back();
  std::string written;
  for (long long i = 0; i < settings.generate; ++i) {
    token = choose(reader.read(token), settings.temperature, random.uniform(static_cast<std::uint64_t>(i)));
    written += static_cast<char>(static_cast<unsigned char>(token));
  }
  return written;
}

template <class Model, odot::DeviceType Device>
odot::TrainingReport train(odot::Network<Model, Device>& network, const Settings& settings, const Windows& windows,
                           const Windows& held_out, const odot::Interrupt& interrupt) {
  trainer::load_weights(settings.files.weights, network);
  odot::optim::Adam adam{{.learning_rate = settings.learning_rate}};
  const auto epochs = static_cast<std::size_t>(settings.epochs), batch = static_cast<std::size_t>(settings.batch_size);
  const std::size_t steps = epochs * ((windows.size() + batch - 1) / batch);
  const odot::FitOptions options{
      .epochs = epochs,
      .batch_size = batch,
      .seed = odot::Seed{settings.seed},
      .schedule = steps > 0 ? odot::optim::schedule::cosine(steps / 50, steps) : odot::optim::schedule::constant(),
      .should_stop = [&] { return interrupt.requested(); },
      .test_name = "held-out"};
  trainer::PaperFigures figures(network);
  const auto report = trainer::with_callbacks(
      figures, settings.files, settings.quiet, options, [&](const auto& resumed, auto&... callbacks) {
        return odot::fit<odot::nn::CrossEntropy>(network, adam, windows, held_out, resumed, callbacks...);
      });
  trainer::save_weights(settings.files.save, network,
                        {{"model", "language model, " + settings.attention},
                         {"dataset", windows.name},
                         {"epochs", std::to_string(report.epochs.size())},
                         {"seed", std::to_string(settings.seed)}},
                        report.accuracy);
  return report;
}

/// Trains, judges by the held-out text, writes; no more than the training where that was interrupted.
template <class Attention, odot::DeviceType Device>
Outcome measure(const Settings& settings, const Text& text) {
  using Model = TextNetwork<Attention>;
  const Windows windows = odot::data::next_tokens<window>(odot::data::tokens_of(text.train), text.name);
  const Windows held_out = odot::data::next_tokens<window>(odot::data::tokens_of(text.held_out), text.name);
  odot::Network<Model, Device> network(odot::Seed{settings.seed}, odot::nn::init::xavier(), settings.threads);
  const odot::Interrupt interrupt;
  Outcome outcome{.report = train(network, settings, windows, held_out, interrupt),
                  .signal = interrupt.signal(),
                  .parameters = Model::parameter_count};
  outcome.perplexity = std::exp(outcome.report.test_loss);
  if (outcome.report.interrupted) return outcome;
  if constexpr (std::is_same_v<Attention, odot::models::TextSeriesAttention>) {
    outcome.streamed = read_text(network, text.held_out, settings.threads);
    outcome.written = write_text(network, settings);
  }
  return outcome;
}

}  // namespace stream_text
