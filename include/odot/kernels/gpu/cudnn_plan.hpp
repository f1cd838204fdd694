#pragma once
// SPDX-License-Identifier: MIT
// cuDNN's plans, which are ways to compute a graph of operations, and how the fastest is chosen by measuring.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "odot/core/gpu.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/gpu/cublas.hpp"
#include "odot/kernels/gpu/cudnn.hpp"

namespace odot::nvidia::detail {

/// One way to compute a graph of an operation on CudnnTensors, whose ids are 1, 2, 3.
class CudnnPlan {
 public:
  /// Nothing if this GPU can't run it.
  static std::optional<CudnnPlan> make(CudnnDescriptor engine_configuration) {
    CudnnPlan plan(std::move(engine_configuration));
    plan.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, cudnn());
    plan.plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, plan.configuration_.get());
    if (!plan.plan_.finalize_where_supported()) return std::nullopt;
    const auto bytes = plan.plan_.values<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1);
    plan.bytes_ = static_cast<std::size_t>(bytes.at(0));
    return plan;
  }

  /// Working memory.
  std::size_t bytes() const { return bytes_; }

  cudnnStatus_t run(const CudnnTensors& tensors, std::byte* memory) const {
    CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::array<std::int64_t, 3>{1, 2, 3});
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, tensors);
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, memory);
    pack.finalize("gathering an operation's tensors");
    return cudnnBackendExecute(cudnn(), plan_.get(), pack.get());
  }
  void run(Workspace<Gpu>& workspace, const CudnnTensors& tensors, const char* operation) const {
    auto frame = workspace.frame();
    check(run(tensors, frame.template take<std::byte>(bytes_)), operation);
  }

  const CudnnDescriptor& configuration() const { return configuration_; }

 private:
  explicit CudnnPlan(CudnnDescriptor configuration)
      : configuration_(std::move(configuration)), plan_(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {}

  CudnnDescriptor configuration_, plan_;
  std::size_t bytes_ = 0;
};

/// The engines, with their settings, that cuDNN proposes for a graph, best first.
inline std::vector<CudnnDescriptor> cudnn_proposals(const CudnnDescriptor& graph, cudnnBackendHeurMode_t mode) {
  CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.get());
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (!heuristics.finalize_where_supported()) return {};
  return heuristics.descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
}

/// Whether it gives the same bits every time, in the arithmetic that the calling thread allows.
inline bool cudnn_admissible(const CudnnDescriptor& engine_configuration) {
  const auto engine = engine_configuration.descriptor(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  const auto notes =
      engine.values<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  return std::none_of(notes.begin(), notes.end(), [](cudnnBackendNumericalNote_t note) {
    return note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC || note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS ||
           note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
           (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE && !tensor_float_32);
  });
}

/// The first `most` admissible plans that need at most `most_bytes` of working memory: from cuDNN's prediction or, if
/// that has none, from its fallbacks.
inline std::vector<CudnnPlan> cudnn_plans(const CudnnDescriptor& graph, std::size_t most, std::size_t most_bytes) {
  std::vector<CudnnPlan> plans;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    if (!plans.empty()) break;
    for (CudnnDescriptor& proposal : cudnn_proposals(graph, mode)) {
      if (plans.size() == most) break;
      if (!cudnn_admissible(proposal)) continue;
      std::optional<CudnnPlan> plan = CudnnPlan::make(std::move(proposal));
      if (plan && plan->bytes() <= most_bytes) plans.push_back(std::move(*plan));
    }
  }
  return plans;
}

/// Measures how long the calling thread's stream works.
class CudaStopwatch {
 public:
  CudaStopwatch() {
    check(cudaEventCreate(&start_), "creating an event");
    check(cudaEventCreate(&stop_), "creating an event");
  }
  CudaStopwatch(const CudaStopwatch&) = delete;
  CudaStopwatch& operator=(const CudaStopwatch&) = delete;
  ~CudaStopwatch() {
    cudaEventDestroy(start_);
    cudaEventDestroy(stop_);
  }

  void start() { check(cudaEventRecord(start_, stream()), "measuring"); }
  /// Waits for all work. Milliseconds since start().
  float stop() {
    float milliseconds = 0;
    check(cudaEventRecord(stop_, stream()), "measuring");
    check(cudaEventSynchronize(stop_), "measuring");
    check(cudaEventElapsedTime(&milliseconds, start_, stop_), "measuring");
    return milliseconds;
  }

 private:
  cudaEvent_t start_ = nullptr, stop_ = nullptr;
};

/// Milliseconds of the fastest of a few runs, after one that loads the plan's kernels; infinite if the plan fails. A
/// plan that takes far more than `least` is measured only once.
inline float cudnn_milliseconds(const CudnnPlan& plan, const CudnnTensors& tensors, std::byte* memory, float least) {
  constexpr int runs = 3;
  float milliseconds = std::numeric_limits<float>::infinity();
  if (plan.run(tensors, memory) != CUDNN_STATUS_SUCCESS) {
    cudaGetLastError();  // so that it isn't reported again
    return milliseconds;
  }
  CudaStopwatch stopwatch;
  for (int run = 0; run < runs && (run == 0 || milliseconds < 1.25F * least); ++run) {
    stopwatch.start();
    check(plan.run(tensors, memory), "measuring a plan");
    milliseconds = (std::min)(milliseconds, stopwatch.stop());
  }
  return milliseconds;
}

/// The fastest of the graph's plans with these tensors; the result's is overwritten. Nothing if cuDNN has no plan, or
/// none whose working memory the GPU has.
inline std::optional<CudnnPlan> quickest_cudnn_plan(Workspace<Gpu>& workspace, const CudnnDescriptor& graph,
                                                    const CudnnTensors& tensors) {
  constexpr std::size_t most_plans = 16, most_bytes = std::size_t{1} << 30;
  std::vector<CudnnPlan> plans = cudnn_plans(graph, most_plans, most_bytes);
  std::size_t bytes = 0;
  for (const CudnnPlan& plan : plans) bytes = (std::max)(bytes, plan.bytes());

  auto frame = workspace.frame();
  const std::span<std::byte> memory = cudnn_memory(frame, bytes);

  std::optional<CudnnPlan> quickest;
  float least = std::numeric_limits<float>::infinity();
  for (CudnnPlan& plan : plans) {
    if (plan.bytes() > memory.size()) continue;
    const float milliseconds = cudnn_milliseconds(plan, tensors, memory.data(), least);
    if (!(milliseconds < least)) continue;
    least = milliseconds;
    quickest = std::move(plan);
  }
  return quickest;
}

}  // namespace odot::nvidia::detail
