// SPDX-License-Identifier: MIT
// A training that is killed by SIGKILL, on changing numbers of threads, and resumed until it ends: all of its results must
// have the bytes of a training that was left alone, each start must continue from the newest checkpoint, and no start may find
// a broken one. Half of the kills come at random moments, the others when a checkpoint is being written.
//
// usage: kills FOLDER KILLS SEED [LEAST]     LEAST: kills that must break off the writing of a checkpoint

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../examples/device.hpp"
#include "odot/io.hpp"
#include "support/resumed_training.hpp"

namespace {

namespace fs = std::filesystem;
using namespace odot;

constexpr std::size_t epochs = 50, batches = 4, interval = 3;

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}

// ---- the training that is killed

/// Writes down every batch where a kill can't take it away: the step's number in a file, and at first the step after
/// which the training continues, with this bit.
constexpr std::uint64_t start_mark = std::uint64_t{1} << 63;

class Diary : public Callback {
 public:
  explicit Diary(const fs::path& file) : file_(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644)) {}
  void on_begin(const TrainingPlan& plan) override { add(start_mark | plan.steps_before); }
  void on_batch(const BatchEvent& e) override { add(e.step); }

 private:
  void add(std::uint64_t number) const {
    require(write(file_, &number, sizeof number) == sizeof number, "the diary can't be written");
  }
  int file_;
};

/// One start of the training; 3: it has found a broken checkpoint.
int train(const fs::path& folder, int threads) {
  Diary diary(folder / "diary");
  io::Checkpoint checkpoint(folder, {.every_epochs = 0, .every_batches = interval});
  auto resume = checkpoint.latest();
  if (!checkpoint.skipped().empty()) return 3;
  const std::uint64_t seed = resume ? 99 : 7;  // of weights that the checkpoint replaces
  const test::TrainingEnd end =
      test::resumed_training<OnDevice>(folder, epochs, std::move(resume), threads, seed, checkpoint, diary);
  Snapshot all;
  all.merge(end.network, "network.");
  all.merge(end.optimizer, "optimizer.");
  all.merge(end.best, "best.");
  all.add("numbers", {end.numbers.size()}, std::span<const double>(end.numbers));
  io::write_checkpoint(folder / "end.safetensors", all);
  return 0;
}

// ---- what kills it

std::vector<std::uint64_t> read_diary(const fs::path& file) {
  std::vector<std::uint64_t> numbers(fs::exists(file) ? fs::file_size(file) / sizeof(std::uint64_t) : 0);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(numbers.data()),
          static_cast<std::streamsize>(numbers.size() * sizeof(std::uint64_t)));
  return numbers;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  require(bool(file), path.string() + " is not there");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The step of the newest checkpoint; 0: none.
std::uint64_t newest(const fs::path& folder) {
  std::uint64_t step = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("checkpoint-") && name.ends_with(".safetensors"))
      step = (std::max)(step, std::uint64_t{std::strtoull(name.c_str() + 11, nullptr, 10)});
  }
  return step;
}

/// Whether a file is there that belongs to a checkpoint that is being written. 0: the file with which the folder is tried.
bool is_writing(const fs::path& folder) {
  std::error_code ignored;  // files come and go
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("checkpoint-") && !name.starts_with("checkpoint-0.") && name.find(".partial") != name.npos)
      return true;
  }
  return false;
}

struct Writes {
  int checkpoints = 0, tables = 0;  // that a kill has broken off
};

/// Looks for what a kill has left of a file that was being written. The training itself removes a checkpoint's.
void count_broken(const fs::path& folder, Writes& writes) {
  bool table = false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".partial") == std::string::npos || name.starts_with("checkpoint-")) continue;
    table = true;
    fs::remove(entry.path());
  }
  writes.checkpoints += is_writing(folder) ? 1 : 0;
  writes.tables += table ? 1 : 0;
}

pid_t start(const char* program, const fs::path& folder, int threads) {
  const pid_t child = fork();
  require(child >= 0, "fork has failed");
  if (child > 0) return child;
  const std::string number = std::to_string(threads), name = folder.string();
  execl(program, program, "train", name.c_str(), number.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

/// When a child is killed.
struct Moment {
  std::chrono::microseconds after;  ///< its start
  fs::path written = {};            ///< and then: a checkpoint is being written into this folder; empty: at once
  std::chrono::microseconds into_writing = {};  ///< and then
};

void wait_actively(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

/// Whether the child has ended by itself before this moment; it is killed otherwise.
bool ended(pid_t child, const Moment& moment) {
  const auto deadline = std::chrono::steady_clock::now() + moment.after;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const bool is_time = std::chrono::steady_clock::now() >= deadline;
    if (is_time && (moment.written.empty() || is_writing(moment.written))) {
      wait_actively(moment.into_writing);
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    if (!is_time) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return false;
  require(WIFEXITED(status), "the training has ended by another signal than ours");
  require(WEXITSTATUS(status) != 3, "a kill has left a broken checkpoint under its own name");
  require(WEXITSTATUS(status) == 0, "the training has failed with exit code " + std::to_string(WEXITSTATUS(status)));
  return true;
}

void require_same(const fs::path& whole, const fs::path& killed) {
  require(content(whole / "end.safetensors") == content(killed / "end.safetensors"), "weights or report differ");
  for (const char* table : {"batches.csv", "epochs.csv"})
    require(test::without_times(whole / table) == test::without_times(killed / table), std::string(table) + " differs");
}

struct Totals {
  int kills = 0, trainings = 0, starts_from_checkpoint = 0;
  Writes writes;
  std::size_t batches = 0;
};

/// One training from its first start to its end, with at most `most` kills.
void kill_and_resume(const char* program, const fs::path& folder, int most, std::chrono::microseconds longest,
                     const Random& random, std::uint64_t& draws, Totals& totals) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  int kills = 0;
  std::size_t known = 0;
  for (bool done = false; !done;) {
    const std::uint64_t expected = newest(folder);
    const auto threads = static_cast<int>(1 + random.below(3, draws++));
    Moment moment{.after =
                      std::chrono::microseconds(random.below(static_cast<std::uint64_t>(longest.count()), draws++))};
    if (random.below(2, draws++) == 0) {
      moment.written = folder;
      moment.into_writing = std::chrono::microseconds(random.below(200, draws++));
    }
    if (kills == most) moment = {.after = std::chrono::minutes(5)};
    done = ended(start(program, folder, threads), moment);
    if (!done) ++kills;
    count_broken(folder, totals.writes);
    const auto diary = read_diary(folder / "diary");
    if (diary.size() > known) {
      require(diary[known] == (start_mark | expected),
              "a start went on after step " + std::to_string(diary[known] & ~start_mark) +
                  ", and the newest checkpoint was " + std::to_string(expected));
      for (std::size_t i = known + 1; i < diary.size(); ++i)
        require(diary[i] == expected + (i - known), "the steps of a start are not in order");
      totals.starts_from_checkpoint += expected > 0 ? 1 : 0;
    }
    known = diary.size();
  }
  std::size_t steps = 0;
  for (const std::uint64_t entry : read_diary(folder / "diary")) steps += (entry & start_mark) == 0 ? 1 : 0;
  require(
      steps <= epochs * batches + static_cast<std::size_t>(kills) * interval,
      std::to_string(steps) + " batches with " + std::to_string(kills) + " kills: more than were lost was done again");
  totals.batches += steps;
  totals.kills += kills;
  ++totals.trainings;
}

int run(const char* program, const fs::path& folder, int kills, std::uint64_t seed, int least) {
  fs::remove_all(folder);
  const fs::path whole = folder / "whole", killed = folder / "killed";
  fs::create_directories(whole);
  const auto begin = std::chrono::steady_clock::now();
  require(ended(start(program, whole, 2), {.after = std::chrono::minutes(5)}),
          "the training that is left alone takes minutes");
  const auto alone = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  const Random random(Seed{seed});
  std::uint64_t draws = 0;
  Totals totals;
  while (totals.kills < kills || (totals.writes.checkpoints < least && totals.kills < 3 * kills)) {
    kill_and_resume(program, killed, (std::max)(kills - totals.kills, 5), alone / 5, random, draws, totals);
    require_same(whole, killed);
  }
  std::printf(
      "%d kills in %d trainings of %zu batches: %d starts continued from a checkpoint, %zu batches done in all; %d "
      "kills "
      "broke off the writing of a checkpoint, %d that of a table\n",
      totals.kills, totals.trainings, epochs * batches, totals.starts_from_checkpoint, totals.batches,
      totals.writes.checkpoints, totals.writes.tables);
  require(totals.writes.checkpoints >= least, "expected at least " + std::to_string(least) + " kills in a write");
  fs::remove_all(folder);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::string(argv[1]) == "train") return train(argv[2], std::atoi(argv[3]));
    if (argc == 4 || argc == 5)
      return run(argv[0], argv[1], std::atoi(argv[2]), std::strtoull(argv[3], nullptr, 10),
                 argc == 5 ? std::atoi(argv[4]) : 0);
    std::fprintf(stderr, "usage: %s FOLDER KILLS SEED [LEAST]\n", argv[0]);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
