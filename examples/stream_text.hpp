#pragma once
// SPDX-License-Identifier: MIT
// What the parts of the trainer stream_text share: the network, its training, and how it reads and writes token by token.

#include "callbacks.hpp"
#include "onnx_options.hpp"
#include "run_files.hpp"
#include "token_pace.hpp"
#include "weights.hpp"

#include <odot/any_device.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace stream_text {

inline constexpr std::size_t window = 256;  // tokens that the network is trained on at once
inline constexpr std::size_t vocabulary = odot::models::byte_vocabulary;

using Windows = odot::data::TokenWindows<window>;
using Logits = odot::Shape<vocabulary>;

/// A type of its own, which nvcc can spell.
template <class Attention>
struct TextNetwork : odot::models::LanguageModel<window, Attention> {};

/// The command line.
struct Settings {
  std::string text = "synthetic", attention = "ea-6", prompt = {};
  long long epochs = 8, batch_size = 4, generate = 300;
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

/// The held-out text token by token, from its beginning to its end.
struct Streamed {
  double perplexity = 0;
  std::size_t state_bytes = 0;
  TokenCost cost = {};
};

struct Outcome {
  odot::TrainingReport report = {};
  int signal = 0;  ///< that interrupted the training
  std::size_t parameters = 0;
  double perplexity = 0;                  ///< of the held-out text, in windows
  std::optional<Streamed> streamed = {};  ///< none: this attention can't
  TokenCost written = {};                 ///< of the tokens that the network wrote
};

/// Who is told of the results while they come.
struct Listener {
  std::function<void(const Outcome&)> judged;  ///< the network has been judged; what it writes comes next
  std::function<void(char)> writes;            ///< the next byte of what it writes
};

// A network with one of the attentions: stream_text.<attention>.cpp; on the GPU, stream_text.gpu.cpp, where ODOT_GPU is set.
Outcome measure_ea_6(const Settings& settings, const Text& text, const Listener& listener);
Outcome measure_self(const Settings& settings, const Text& text, const Listener& listener);
Outcome measure_ea_6_on_gpu(const Settings& settings, const Text& text, const Listener& listener);
Outcome measure_self_on_gpu(const Settings& settings, const Text& text, const Listener& listener);
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
  const std::vector<std::int32_t> tokens = odot::data::tokens_of(text);
  Reader<Model, Device> reader(network, threads);
  TokenPace pace;
  double nats = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const auto logits = pace.token([&] { return reader.read(tokens[i]); });
    nats -= std::log(softmax(logits)[static_cast<std::size_t>(tokens[i + 1])]);
  }
  return {.perplexity = std::exp(nats / static_cast<double>(tokens.size() - 1)),
          .state_bytes = reader.state_bytes,
          .cost = pace.cost()};
}

/// Lets the network write after the prompt, after a line's end if there is none. Nothing is kept of it.
template <class Model, odot::DeviceType Device>
TokenCost write_text(const odot::Network<Model, Device>& network, const Settings& settings, const Listener& listener) {
  Reader<Model, Device> reader(network, settings.threads);
  const odot::Random random(odot::Seed{settings.seed}, 3);
  const std::vector<std::int32_t> prompt =
      odot::data::tokens_of(settings.prompt.empty() ? std::string_view("\n") : std::string_view(settings.prompt));
  for (std::size_t i = 0; i + 1 < prompt.size(); ++i) reader.read(prompt[i]);
  std::int32_t token = prompt.back();
  TokenPace pace;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(settings.generate); ++i) {
    token = choose(pace.token([&] { return reader.read(token); }), settings.temperature, random.uniform(i));
    listener.writes(static_cast<char>(static_cast<unsigned char>(token)));
  }
  return pace.cost();
}

/// A progress bar that says perplexities.
class TextProgress : public odot::ProgressBar {
 protected:
  std::vector<std::string> parts(const odot::EpochEvent& e) const override {
    auto all = ProgressBar::parts(e);  // epoch, loss, accuracy, second set, rate, time
    all[4] = fixed(e.samples_per_second, 0) + " tokens/s";
    all.insert(all.begin() + 4, "perplexity " + fixed(std::exp(e.test_loss), 3));
    return all;
  }
};

/// The report of body(options, callbacks…): a progress bar unless `quiet`; logs, curves and checkpoints if there is a
/// folder for them, from which the options then say where the training goes on.
template <class Body>
odot::TrainingReport with_callbacks(const auto& network, const Settings& settings, odot::FitOptions options,
                                    const Body& body) {
  trainer::Logged<TextProgress> bar(settings.files, settings.quiet);
  odot::Callback none;
  odot::Callback& watcher = settings.quiet && settings.files.out.empty() ? none : bar;
  trainer::Board board(settings.files.board, network, options.schedule);
  return trainer::with_files(
      settings.files, board, std::move(options), {}, {},
      [&](const odot::FitOptions& resumed, auto&... callbacks) { return body(resumed, watcher, callbacks...); });
}

/// Trains and judges by the windows of the held-out text; a signal ends the training at its next batch.
template <class Model, odot::DeviceType Device>
Outcome train(odot::Network<Model, Device>& network, const Settings& settings, const Text& text) {
  const Windows windows = odot::data::next_tokens<window>(odot::data::tokens_of(text.train), text.name);
  const Windows held_out = odot::data::next_tokens<window>(odot::data::tokens_of(text.held_out), text.name);
  trainer::load_weights(settings.files.weights, network);
  trainer::print_summary(settings.files, network);
  odot::optim::Adam adam{{.learning_rate = settings.learning_rate}};
  const auto epochs = static_cast<std::size_t>(settings.epochs), batch = static_cast<std::size_t>(settings.batch_size);
  const std::size_t steps = epochs * ((windows.size() + batch - 1) / batch);
  const odot::Interrupt interrupt;
  const odot::FitOptions options{
      .epochs = epochs,
      .batch_size = batch,
      .seed = odot::Seed{settings.seed},
      .schedule = steps > 0 ? odot::optim::schedule::cosine(steps / 50, steps) : odot::optim::schedule::constant(),
      .should_stop = [&] { return interrupt.requested(); },
      .test_name = "held-out"};
  const auto report = with_callbacks(network, settings, options, [&](const auto& resumed, auto&... callbacks) {
    return odot::fit<odot::nn::CrossEntropy>(network, adam, windows, held_out, resumed, callbacks...);
  });
  trainer::write_network(settings.files, network,
                         {{"model", "language model of bytes, " + settings.attention},
                          {"dataset", windows.name},
                          {"epochs", std::to_string(report.epochs.size())},
                          {"seed", std::to_string(settings.seed)}},
                         report.accuracy);
  return {.report = report,
          .signal = interrupt.signal(),
          .parameters = Model::parameter_count,
          .perplexity = std::exp(report.test_loss)};
}

/// Trains, judges by the held-out text, writes; no more than the training where that was interrupted.
template <class Attention, odot::DeviceType Device>
Outcome measure(const Settings& settings, const Text& text, const Listener& listener) {
  odot::Network<TextNetwork<Attention>, Device> network(odot::Seed{settings.seed}, odot::nn::init::xavier(),
                                                        settings.threads);
  Outcome outcome = train(network, settings, text);
  if (outcome.report.interrupted) return outcome;
  if constexpr (std::is_same_v<Attention, odot::models::TextSeriesAttention>)
    outcome.streamed = read_text(network, text.held_out, settings.threads);
  listener.judged(outcome);
  if constexpr (std::is_same_v<Attention, odot::models::TextSeriesAttention>)
    outcome.written = write_text(network, settings, listener);
  return outcome;
}

}  // namespace stream_text
