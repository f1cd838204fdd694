// SPDX-License-Identifier: MIT
// Trains a small causal model of a text's bytes, with element-wise attention or self-attention, and judges it by the held-out
// end of the text, beside a table of trigrams. With element-wise attention it then reads and writes token by token, without
// end: state, time per token and memory do not grow. The models: stream_text.ea_6.cpp, stream_text.self.cpp.

#include "stream_text.hpp"

#include "command_line.hpp"
#include "file_options.hpp"
#include "made_text.hpp"
#include "trigram.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

using namespace odot;
using namespace stream_text;

namespace {

constexpr std::size_t made_bytes = 240'000;

std::string read_file(const std::string& path) {
  data::FileSource file(path);
  return file.read_rest();
}

/// A file's name as one word.
std::string word(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  std::ranges::replace_if(name, [](char c) { return static_cast<unsigned char>(c) <= ' '; }, '_');
  return name;
}

/// The text of the settings; its last tenth is held out.
/// Errors  FileError;  ArgumentError: a part too short for a window; a batch larger than the training windows
Text load(const Settings& settings) {
  const bool made = settings.text == "synthetic";
  const std::string all = made ? made_text::stories(Seed{1}, made_bytes) : read_file(settings.text);
  const std::size_t held_out = all.size() / 10;
  if (held_out <= window)
    throw ArgumentError("--text: expected a text of at least " + std::to_string(10 * (window + 1)) + " bytes, found " +
                        std::to_string(all.size()) + " in '" + settings.text + "'");
  Text text{made ? "synthetic" : word(settings.text), all.substr(0, all.size() - held_out),
            all.substr(all.size() - held_out)};
  trainer::require(settings.batch_size <= static_cast<long long>((text.train.size() - 1) / window), "--batch-size",
                   "1 to " + std::to_string((text.train.size() - 1) / window) + ", the number of training windows",
                   std::to_string(settings.batch_size));
  // Of what is held out, whole windows: the same tokens for all.
  text.held_out.resize((held_out - 1) / window * window + 1);
  return text;
}

/// What computes, in words. Throws DeviceError where the device of the settings can't be had.
std::string description(const Settings& settings) {
  if (settings.device == "cpu")
    return std::to_string(settings.threads > 0 ? settings.threads : default_threads()) + " thread(s)";
#ifdef TRAINER_GPU
  return "on " + gpu_description();
#else
  trainer::throw_no_gpu();
#endif
}

Outcome measure_on_device(const Settings& settings, const Text& text, const Listener& listener) {
  const bool self = settings.attention == "self";
#ifdef TRAINER_GPU
  if (settings.device == "gpu")
    return self ? measure_self_on_gpu(settings, text, listener) : measure_ea_6_on_gpu(settings, text, listener);
#endif
  return self ? measure_self(settings, text, listener) : measure_ea_6(settings, text, listener);
}

/// Shows bytes while they come: whole characters of UTF-8; what would move a terminal's cursor, and what is no character,
/// as \x1B.
class Shown {
 public:
  explicit Shown(trainer::RunRecord& record) : record_(record) {}

  void write(char byte) {
    pending_ += byte;
    while (pending_.size() >= 4) show();
  }
  void finish() {
    while (!pending_.empty()) show();
    flush();
  }
  /// The beginning of what has been shown.
  const std::string& beginning() const { return beginning_; }

 private:
  void show() {
    const utf8::Character front = utf8::front(pending_);
    const std::size_t length = (std::max)(front.length, std::size_t{1});
    std::string text = pending_.substr(0, length);
    if (text[0] != '\n' && text[0] != '\t' && (front.length == 0 || utf8::is_control(front.code))) {
      text.clear();
      for (std::size_t i = 0; i < length; ++i)
        text += trainer::formatted("\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(pending_[i])));
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    line_ += text;
    // Line by line, also to notice a closed pipe or a full disk.
    if (text == "\n" || ++unflushed_ == 1'000) flush();
    pending_.erase(0, length);
  }

  void flush() {
    program::flush_output();
    record_.log(line_);
    if (constexpr std::size_t most = 4'000; beginning_.size() < most) beginning_ += line_;
    line_.clear();
    unflushed_ = 0;
  }

  trainer::RunRecord& record_;
  std::string pending_, line_, beginning_;
  std::size_t unflushed_ = 0;
};

void print_cost(trainer::RunRecord& record, const TokenCost& cost) {
  if (cost.tokens < 1'000) record.print("%zu tokens, %.1f us per token (median)", cost.tokens, cost.last);
  else
    record.print("%zu tokens, %.1f us per token at first, %.1f at last (medians of 1,000)", cost.tokens, cost.first,
                 cost.last);
  if (cost.growth) record.print("; the process grew by %zu bytes after token 1,000", *cost.growth);
  record.print("\n");
}

void print_judgement(trainer::RunRecord& record, const Outcome& outcome, double trigrams) {
  record.print("perplexity of the held-out text, per byte: %.3f in windows of %zu; a table of trigrams: %.3f\n",
               outcome.perplexity, window, trigrams);
  if (!outcome.streamed) return;
  record.print("token by token, from its beginning to its end: %.3f, with a state of %zu bytes;\n  ",
               outcome.streamed->perplexity, outcome.streamed->state_bytes);
  print_cost(record, outcome.streamed->cost);
}

/// The result line, and the numbers of the page.
void finish(const Settings& settings, const Text& text, const Outcome& outcome, double trigrams) {
  trainer::RunRecord& record = *settings.files.record;
  std::string line = trainer::formatted(
      "result attention=%s text=%s parameters=%zu epochs=%zu perplexity=%.3f trigrams=%.3f", settings.attention.c_str(),
      text.name.c_str(), outcome.parameters, outcome.report.epochs.size(), outcome.perplexity, trigrams);
  record.add_figure("perplexity per byte", number_text::fixed(outcome.perplexity, 3));
  record.add_figure("of a table of trigrams", number_text::fixed(trigrams, 3));
  record.add_figure("parameters", std::to_string(outcome.parameters));
  if (outcome.streamed) {
    line += trainer::formatted(" streamed=%.3f state_bytes=%zu microseconds=%.1f", outcome.streamed->perplexity,
                               outcome.streamed->state_bytes, outcome.streamed->cost.last);
    record.add_figure("token by token", number_text::fixed(outcome.streamed->perplexity, 3));
  }
  record.finish(line + trainer::formatted(" seconds=%.1f%s", outcome.report.seconds,
                                          outcome.report.interrupted ? " interrupted=1" : ""),
                outcome.report.interrupted);
}

trainer::RunSubject subject_of(const Settings& settings, const Text& text, const std::string& device) {
  return {.title = "A language model of " + text.name,
          .description = "Causal transformer of bytes with attention " + settings.attention + ", in windows of " +
                         std::to_string(window) + " tokens.",
          .test_name = "held-out",
          .model = {{"attention", settings.attention}, {"window_tokens", trainer::count(window)}},
          .data = {{"text", settings.text},
                   {"training_bytes", trainer::count(text.train.size())},
                   {"held_out_bytes", trainer::count(text.held_out.size())}},
          .training = {{"epochs", settings.epochs},
                       {"batch_size", settings.batch_size},
                       {"optimizer", "Adam"},
                       {"learning_rate", settings.learning_rate},
                       {"schedule", "cosine"},
                       {"seed", trainer::seed_value(settings.seed)}},
          .device = {{"device", settings.device}, {"description", device}}};
}

int run(Settings settings, const Text& text) {
  const std::string device = description(settings);
  trainer::RunRecord& record = *settings.files.record;
  record.describe(subject_of(settings, text, device));
  record.print("attention %s; text %s: %zu bytes to train on, %zu held out; batches of %lld windows of %zu; %s\n",
               settings.attention.c_str(), text.name.c_str(), text.train.size(), text.held_out.size(),
               settings.batch_size, window, device.c_str());
  program::flush_output();
  const double trigrams = TrigramTable(text.train).perplexity(text.held_out);
  Shown shown(record);
  if (settings.quiet) settings.generate = 0;
  const bool writes = settings.generate > 0 && settings.attention != "self";
  const Outcome outcome =
      measure_on_device(settings, text,
                        {.judged =
                             [&](const Outcome& judged) {
                               print_judgement(record, judged, trigrams);
                               if (writes)
                                 record.print("\nwritten token by token, at temperature %g:\n", settings.temperature);
                               for (const char byte : writes ? settings.prompt : "") shown.write(byte);
                             },
                         .writes = [&](char byte) { shown.write(byte); }});
  if (writes && outcome.written.tokens > 0) {
    shown.finish();
    record.print("\n\n  ");
    print_cost(record, outcome.written);
    record.add_section("What it writes", [&](io::Report& page) {
      page.text("Token by token, at temperature " + number_text::general(settings.temperature, 3) + ".")
          .code(shown.beginning(), true);
    });
  }
  finish(settings, text, outcome, trigrams);
  return outcome.report.interrupted ? 128 + outcome.signal : 0;
}

void check(const Settings& settings, bool writes) {
  trainer::require(settings.attention == "ea-6" || settings.attention == "self", "--attention", "ea-6 or self",
                   settings.attention);
  if (writes && settings.attention == "self")
    throw ArgumentError(
        "--generate, --prompt: self-attention can't be run token by token with memory that does not grow; take "
        "--attention ea-6");
  trainer::require_device(settings.device);
  trainer::check_files(settings.files);
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Trains a small causal model of a text, with element-wise attention, and lets it write token by token");
  trainer::add_file(
      app, "--text", s.text,
      "Text to learn, any file of bytes; its last tenth is held out (default: \"synthetic\", stories that a "
      "small grammar makes)");
  app.add_option("--attention", s.attention, "ea-6 (element-wise) or self")->capture_default_str();
  auto* generate = trainer::add_number(app, "--generate", s.generate, {0, 1'000'000'000}, "Tokens to write at the end");
  auto* prompt = app.add_option("--prompt", s.prompt, "What the network reads before it writes");
  trainer::add_number(app, "--temperature", s.temperature, {0, 100},
                      "Of what it writes; 0: always the likeliest token");
  trainer::add_number(app, "--epochs", s.epochs, trainer::epochs_range, "0 judges the untrained network");
  trainer::add_number(app, "--batch-size", s.batch_size, trainer::batch_range, "Windows");
  trainer::add_number(app, "--learning-rate", s.learning_rate, trainer::rate_range, "Adam's; it falls along a cosine");
  trainer::add_number(app, "--seed", s.seed, trainer::seed_range,
                      "Of the initial weights, the order of the windows and what is written");
  app.add_option("--device", s.device, "cpu or gpu")->capture_default_str();
  trainer::add_number(app, "--threads", s.threads, trainer::threads_range, "Of the cpu; 0: all");
  trainer::add_file_options(app, s.files);
  app.add_flag("--quiet", s.quiet, "Print the result line alone");
  return trainer::run_program(app, argc, argv, [&] {
    check(s, s.generate > 0 && (generate->count() > 0 || prompt->count() > 0));
    const Text text = load(s);  // what is refused leaves an earlier run's files alone
    const auto out = trainer::claim_files(s.files);
    return run(std::move(s), text);
  });
}
