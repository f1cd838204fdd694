#pragma once
// SPDX-License-Identifier: MIT
// The main function of every C++ program that compare.py measures: one work at the pace of a driver (pace.hpp), or a
// line for each of the small works.
//
// usage: PROGRAM train|predict MODEL BATCH THREADS
//        PROGRAM all THREADS        a line per work: name, milliseconds (median of seven repeats), loss

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "pace.hpp"

namespace odot::benchmarks {

/// Training steps (gradients and Adam) or predictions of a model on one batch of random images in memory.
struct Task {
  bool training;
  std::string model;
  std::size_t batch;
};

/// Adam's, of every peer: the batch is always the same and must not be learned by heart, nor units die. Adam's moments of
/// parameters that have no gradients any more are subnormal numbers, which a processor computes with twenty times slower.
inline constexpr double learning_rate = 1e-7;

/// A task that has been set up: `call` does it once.
struct Running {
  std::size_t parameters = 0;
  std::function<void()> call;
  std::function<double()> loss;  ///< mean over the batch, of the last call; throws where the output's shape is wrong
};

/// The mean of −log_softmax(logits)[label]; `logit(n, k)` are the outputs, log-probabilities among them.
template <class Logit, class Labels>
double mean_loss(std::size_t samples, const Labels& labels, const Logit& logit) {
  double sum = 0;
  for (std::size_t n = 0; n < samples; ++n) {
    double exponentials = 0;
    for (std::size_t k = 0; k < 10; ++k) exponentials += std::exp(static_cast<double>(logit(n, k)));
    sum += std::log(exponentials) - static_cast<double>(logit(n, static_cast<std::size_t>(labels[n])));
  }
  return sum / static_cast<double>(samples);
}

/// What every peer's program can be asked for; work.py has the same list.
inline std::array<Task, 9> small_tasks() {
  return {{{true, "perceptron", 64},
           {true, "perceptron", 1024},
           {false, "perceptron", 1024},
           {true, "deep-perceptron", 256},
           {true, "small-conv", 128},
           {false, "perceptron", 1},
           {false, "small-conv", 1},
           {false, "control", 1},
           {false, "b", 1}}};
}

/// Milliseconds of one call: the median of seven repeats of about 0.1 s.
inline double median_milliseconds(const Running& work) {
  using clock = std::chrono::steady_clock;
  const auto time = [&](int calls) {
    const auto start = clock::now();
    for (int i = 0; i < calls; ++i) work.call();
    return std::chrono::duration<double>(clock::now() - start).count() / calls;
  };
  time(1);
  const int calls = 1 + static_cast<int>(0.1 / time(1));
  std::array<double, 7> seconds;
  for (double& each : seconds) each = time(calls);
  std::sort(seconds.begin(), seconds.end());
  return 1e3 * seconds[3];
}

/// `start(task, threads)` is a Running, or nothing where the library has no such model.
template <class Start>
int print_all(const std::string& name, int threads, const Start& start) {
  std::printf("%s, %d thread(s)\n", name.c_str(), threads);
  bool all_right = true;
  for (const Task& task : small_tasks()) {
    std::printf("%s/%s/%zu  ", task.training ? "step" : "predict", task.model.c_str(), task.batch);
    if (const std::optional<Running> work = start(task, threads)) {
      work->call();
      const double loss = work->loss();  // the first; later ones fall
      // Few labels may happen to be likely ones.
      const bool right = std::abs(loss - std::log(10.0)) < (task.batch >= 16 ? 0.5 : 2.0);
      all_right = all_right && right;
      std::printf("%.4f ms  loss %.3f%s\n", median_milliseconds(*work), loss, right ? "" : "  WRONG: not near ln 10");
    } else {
      std::printf("not measured: no such model\n");
    }
    std::fflush(stdout);
  }
  return all_right ? 0 : 1;
}

/// `name` is the library with its version.
template <class Start>
int run_program(int argc, char** argv, const std::string& name, const Start& start) try {
  const std::string mode = argc > 1 ? argv[1] : "";
  const long long batch = argc == 5 ? std::atoll(argv[3]) : 1;
  const int threads = argc > 2 ? std::atoi(argv[argc - 1]) : 0;
  const bool single = argc == 5 && (mode == "train" || mode == "predict");
  if ((!single && !(argc == 3 && mode == "all")) || batch < 1 || threads < 1 || threads > 1024) {
    std::fprintf(stderr, "usage: %s train|predict MODEL BATCH THREADS\n       %s all THREADS\n", argv[0], argv[0]);
    return 2;
  }
  if (!single) return print_all(name, threads, start);
  const std::optional<Running> work = start(Task{mode == "train", argv[2], static_cast<std::size_t>(batch)}, threads);
  if (!work) {
    std::printf("failed no model %s here: the library has no such layers, or nobody has written it\n", argv[2]);
    return 2;
  }
  return serve(work->parameters, name, work->call, work->loss);
} catch (const std::exception& error) {
  std::printf("failed %s\n", error.what());
  return 1;
}

}  // namespace odot::benchmarks
