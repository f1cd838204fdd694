// SPDX-License-Identifier: MIT
#include "odot/io/checkpoint.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/sgd.hpp"
#include "odot/train/fit.hpp"
#include "support/small_training.hpp"

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>
#include <unistd.h>
#endif

using namespace odot;
using namespace odot::test;

namespace {

Bytes content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The names in a folder, sorted, without that of its lock.
std::vector<std::string> names(const std::filesystem::path& folder) {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) all.push_back(entry.path().filename().string());
  std::erase(all, "checkpoint.lock");
  std::sort(all.begin(), all.end());
  return all;
}

/// A position for tests.
struct MadeUp final : TrainingPosition {
  explicit MadeUp(std::size_t at, std::size_t batches = 10, bool is_last = false) {
    step = at;
    epochs = at / batches;
    batch = at % batches;
    last = is_last;
  }
  Snapshot snapshot() const override {
    const std::vector<float> weights(size, static_cast<float>(step));
    Snapshot kept;
    kept.add("network.weight", {weights.size()}, std::span<const float>(weights));
    kept.set_fact("training.epoch", epochs);
    return kept;
  }
  std::size_t size = 3;
};

const TrainingPlan plan{.epochs = 10, .batches = 10, .samples = 100, .test_samples = 10, .batch_size = 10};

/// The events of a training with 10 batches per epoch, from one step to another. `losses`: of the epochs' test sets.
void steps(io::Checkpoint& checkpoint, std::size_t from, std::size_t to, const std::vector<double>& losses = {}) {
  for (std::size_t s = from; s <= to; ++s) {
    checkpoint.wants_position({.epoch = (s - 1) / 10 + 1, .batch = (s - 1) % 10 + 1, .step = s, .samples = 10});
    const std::size_t epoch = s / 10;
    if (s % 10 == 0)
      checkpoint.on_epoch({.epoch = epoch, .test_loss = losses.size() < epoch ? 1.0 : losses[epoch - 1]});
    checkpoint.on_position(MadeUp(s));
  }
}

double step_in(const std::optional<Snapshot>& kept) {
  return kept ? static_cast<double>(kept->values<float>("network.weight").front()) : -1;
}

using Names = std::vector<std::string>;
Names files(const std::vector<int>& of_steps) {
  Names all;
  for (const int step : of_steps) all.push_back("checkpoint-" + std::to_string(step) + ".safetensors");
  return all;
}

}  // namespace

TEST_CASE("a checkpoint is a safetensors file, whose last 32 bytes are the SHA-256 of those before") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "checkpoint-7.safetensors";
  Snapshot kept = MadeUp(7).snapshot();
  const std::vector<std::uint8_t> table{1, 2, 3};
  kept.add("zzz", {3}, std::span<const std::uint8_t>(table));  // of the same type as the digest, and after it by name
  io::write_checkpoint(path, kept);
  const Snapshot file = io::read_safetensors(path);
  REQUIRE(file.find("sha256") != nullptr);
  CHECK(file.find("sha256")->description() == "U8 [32]");
  CHECK(file.arrays().back().name == "sha256");
  const Bytes bytes = content(path);
  io::Sha256 sha;
  sha.add(std::span(bytes).first(bytes.size() - 32));
  const auto digest = sha.digest();
  CHECK(std::equal(digest.begin(), digest.end(), bytes.end() - 32));
  const Snapshot back = io::read_checkpoint(path);
  CHECK(back.facts() == kept.facts());
  CHECK(back.arrays().size() == kept.arrays().size());
  CHECK(back.values<float>("network.weight") == kept.values<float>("network.weight"));
  CHECK(back.values<std::uint8_t>("zzz") == table);
  CHECK_FALSE(back.find("sha256"));
}

TEST_CASE(
    "a checkpoint that is cut at any byte, or in which any bit is flipped, is refused, and the one before is taken") {
  const TemporaryFolder folder;
  io::Checkpoint checkpoint(folder.path());
  checkpoint.on_begin(plan);
  steps(checkpoint, 10, 10);
  steps(checkpoint, 20, 20);
  const Bytes whole = content(folder.path() / "checkpoint-20.safetensors");
  REQUIRE(whole.size() > 200);
  CHECK(step_in(checkpoint.latest()) == 20);
  CHECK(checkpoint.skipped().empty());
  std::size_t taken = 0;
  const auto refused = [&](const Bytes& broken) {
    folder.write("checkpoint-20.safetensors", broken);
    const bool before = step_in(checkpoint.latest()) == 10 && checkpoint.skipped().size() == 1 &&
                        says(checkpoint.skipped()[0], "checkpoint-20.safetensors: at byte ", "expected ", "found ") &&
                        checkpoint.taken() == folder.path() / "checkpoint-10.safetensors";
    taken += before ? 1 : 0;
  };
  for (std::size_t size = 0; size < whole.size(); ++size)
    refused({whole.begin(), whole.begin() + std::ptrdiff_t(size)});
  CHECK(taken == whole.size());
  taken = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes turned = whole;
    turned[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    refused(turned);
  }
  CHECK(taken == 8 * whole.size());
  taken = 0;
  Bytes longer = whole;
  for (const std::uint8_t more : Bytes{0, 1, 255}) {
    longer.push_back(more);
    refused(longer);
  }
  CHECK(taken == 3);
  folder.write("checkpoint-20.safetensors", whole);
  CHECK(step_in(checkpoint.latest()) == 20);
}

TEST_CASE("a file that is not a checkpoint is refused even with a digest") {
  const TemporaryFolder folder;
  Bytes text(40, 'a');
  io::Sha256 sha;
  sha.add(text);
  const auto digest = sha.digest();
  text.insert(text.end(), digest.begin(), digest.end());
  folder.write("checkpoint-1.safetensors", text);
  io::Checkpoint checkpoint(folder.path());
  CHECK(says(message_of<FileError>([&] { checkpoint.latest(); }), folder.path().string(),
             "none of its checkpoints can be used (1)", "checkpoint-1.safetensors: at byte 0: expected a header of"));
}

TEST_CASE("without a checkpoint there is nothing to resume from, and other files are not checkpoints") {
  const TemporaryFolder folder;
  io::Checkpoint checkpoint(folder.path() / "new" / "run");
  CHECK_FALSE(checkpoint.latest());
  for (const char* name :
       {"checkpoint-.safetensors", "checkpoint-1", "checkpoint--1.safetensors", "checkpoint-x.safetensors",
        "checkpoint-1.safetensors.earlier", "checkpoint-1.safetensors.partial", "my-checkpoint-1.safetensors",
        "checkpoint-99999999999999999999999.safetensors"})
    folder.write(std::string("new/run/") + name, {1});
  CHECK_FALSE(checkpoint.latest());
  CHECK(checkpoint.skipped().empty());
}

TEST_CASE("the newest checkpoints and the best epoch's are kept") {
  const TemporaryFolder folder;
  io::Checkpoint checkpoint(folder.path(), {.keep = 2});
  checkpoint.on_begin(plan);
  steps(checkpoint, 1, 60, {3, 1, 2, 1, 5, 6});
  CHECK(names(folder.path()) == files({20, 50, 60}));
  CHECK(step_in(checkpoint.latest()) == 60);

  // Which one was the best is part of the state, and another training's state is not.
  const Snapshot state = checkpoint.state();
  checkpoint.on_end({});
  io::Checkpoint resumed(folder.path(), {.keep = 1});
  TrainingPlan rest = plan;
  rest.steps_before = 60;
  resumed.on_begin(rest);
  resumed.restore_state(state);
  steps(resumed, 61, 80, {0, 0, 0, 0, 0, 0, 2, 0.5});
  CHECK(names(folder.path()) == files({80}));
  steps(resumed, 81, 90, {0, 0, 0, 0, 0, 0, 0, 0, 7});
  CHECK(names(folder.path()) == files({80, 90}));
}

TEST_CASE("checkpoints are written by epochs, batches or seconds, after the best epoch and at the end") {
  const auto written = [](const io::CheckpointOptions& options, std::size_t to, bool stopped = false) {
    const TemporaryFolder folder;
    io::CheckpointOptions all = options;
    all.keep = 1000;
    io::Checkpoint checkpoint(folder.path(), all);
    checkpoint.on_begin(plan);
    steps(checkpoint, 1, to, {2, 3, 1, 4, 5});
    if (stopped) checkpoint.on_position(MadeUp(to + 1, 10, true));
    Names found = names(folder.path());
    return found;
  };
  CHECK(written({}, 25) == files({10, 20}));
  CHECK(written({.every_epochs = 2, .keep_best = false}, 45) == files({20, 40}));
  CHECK(written({.every_epochs = 2}, 45) == files({10, 20, 30, 40}));
  CHECK(written({.every_epochs = 0, .every_batches = 7, .keep_best = false}, 30) == files({14, 21, 28, 7}));
  CHECK(written({.every_epochs = 0, .keep_best = false}, 30).empty());
  CHECK(written({.every_epochs = 0, .keep_best = false}, 13, true) == files({14}));
  CHECK(written({.every_epochs = 0, .every_seconds = 1e6, .keep_best = false}, 30).empty());
  CHECK(written({.every_epochs = 0, .every_seconds = 1e-9, .keep_best = false}, 3) == files({1, 2, 3}));
}

TEST_CASE("a new training sets an earlier one's checkpoints aside, a resumed one the newer ones") {
  const TemporaryFolder folder;
  io::Checkpoint first(folder.path(), {.keep = 3});
  first.on_begin(plan);
  steps(first, 1, 30);
  folder.write("checkpoint-40.safetensors.partial", {1, 2});
  folder.write("checkpoint-40.safetensors.partial-2", {1, 2});
  folder.write("notes.txt", {1});

  TrainingPlan rest = plan;
  rest.steps_before = 20;
  first.on_end({});
  io::Checkpoint resumed(folder.path(), {.keep = 3});
  resumed.on_begin(rest);
  CHECK(names(folder.path()) == Names{"checkpoint-10.safetensors", "checkpoint-20.safetensors",
                                      "checkpoint-30.safetensors.earlier", "notes.txt"});
  resumed.on_end({});
  io::Checkpoint anew(folder.path());
  anew.start_over();
  CHECK(names(folder.path()) ==
        Names{"checkpoint-10.safetensors.earlier", "checkpoint-20.safetensors.earlier", "notes.txt"});
  CHECK_FALSE(anew.latest());
  anew.on_begin(plan);
  CHECK(names(folder.path()).size() == 3);
}

TEST_CASE("if checkpoints can't be set aside, the newest stays") {
  const TemporaryFolder folder;
  io::CheckpointFolder checkpoints(folder.path());
  for (const std::size_t step : {1u, 2u, 3u}) checkpoints.write(step, Snapshot());
  std::filesystem::create_directories(folder.path() / "checkpoint-2.safetensors.earlier" / "full");
  CHECK(says(message_of<FileError>([&] { checkpoints.set_aside(0); }), "checkpoint-2", "can't be set aside"));
  CHECK(checkpoints.latest());
  CHECK(checkpoints.taken().filename() == "checkpoint-3.safetensors");
}

TEST_CASE("a folder that can't be made, options that keep nothing and optimizers that can't be saved are refused") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {1});
  CHECK(says(message_of<FileError>([&] { io::Checkpoint checkpoint(file); }), file.string(), "found a file"));
  CHECK(says(message_of<FileError>([] { io::Checkpoint checkpoint(""); }), "name of a folder, found an empty one"));
  CHECK(says(message_of<ArgumentError>([&] { io::Checkpoint checkpoint(folder.path(), {.keep = 0}); }), "keep"));
  io::Checkpoint checkpoint(folder.path());
  TrainingPlan other = plan;
  other.can_be_kept = false;
  CHECK(says(message_of<ArgumentError>([&] { checkpoint.on_begin(other); }), "this optimizer can't be kept"));
}

#if __has_include(<sys/resource.h>)
TEST_CASE("if a checkpoint can't be written completely, the one before stays, and nothing is left of the new one") {
  const TemporaryFolder folder;
  io::Checkpoint checkpoint(folder.path());
  checkpoint.on_begin(plan);
  steps(checkpoint, 1, 10);
  const Names before = names(folder.path());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  small.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &small);
  MadeUp large(20);
  large.size = 100'000;
  const std::string text = message_of<FileError>([&] { checkpoint.on_position(large); });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  CHECK(says(text, "checkpoint-20.safetensors", "writing broke off: File too large"));
  CHECK(names(folder.path()) == before);
  CHECK(step_in(checkpoint.latest()) == 10);
}
#endif

TEST_CASE(
    "a training resumed from a file ends with the same bits, in files and memory, as one that was not interrupted") {
  const TemporaryFolder folder;
  const SmallSplit data = small_data();
  SmallNetwork whole{Seed{1}}, stopped{Seed{1}}, resumed{Seed{8}};
  optim::SGD a{{.learning_rate = 0.1, .momentum = 0.9}}, b{{.learning_rate = 0.1, .momentum = 0.9}},
      c{{.learning_rate = 0.1, .momentum = 0.9}};
  FitOptions options{.epochs = 3, .batch_size = 128};
  fit(whole, a, data.train, data.test, options);

  io::Checkpoint checkpoint(folder.path() / "run");
  options.should_stop = [&] { return b.steps() == 5; };
  fit(stopped, b, data.train, data.test, options, checkpoint);
  io::Checkpoint next(folder.path() / "run");
  options.should_stop = {};
  options.resume = next.latest();
  CHECK(next.taken().filename() == "checkpoint-5.safetensors");
  fit(resumed, c, data.train, data.test, options, next);
  CHECK(std::ranges::equal(whole.parameters(), resumed.parameters()));
  CHECK(next.latest()->required_count("training.epoch") == 3);

  // The weights are in it under their names.
  const Snapshot kept = io::read_checkpoint(next.taken());
  CHECK(kept.part("network.").values<float>("1.weight").size() == 7840);
  CHECK(kept.required_text("optimizer.optimizer") == "SGD");
  CHECK(kept.required_text("callbacks.Checkpoint.callback") == "Checkpoint");
}
