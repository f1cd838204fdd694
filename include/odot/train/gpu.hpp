#pragma once
// SPDX-License-Identifier: MIT
// A training step as a CUDA graph: the host hands the GPU a whole step at once, so that small kernels follow each other
// without waiting for the host.

#include "odot/core/gpu.hpp"
#include "odot/train/step_graph.hpp"

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA

#include <cstddef>
#include <map>

namespace odot {

/// The first step of a kind is launched without a graph, because it allocates. Later steps are captured, which launches
/// nothing; the kind's graph is updated with what differs (the batch, learning rate, seeds) and is launched. If the
/// calling thread is on CUDA's default stream, which can't be captured, the work goes to a separate stream.
template <>
class StepGraph<ThrustDevice<ThrustSystem::cuda>> {
 public:
  StepGraph() {
    if (nvidia::stream() == nullptr) nvidia::check(cudaStreamCreate(&own_), "creating a stream");
  }
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;
  ~StepGraph() {
    for (const auto& [kind, graph] : graphs_)
      if (graph) cudaGraphExecDestroy(graph);
    if (own_) cudaStreamDestroy(own_);
  }

  template <class Body>
  void run(std::size_t kind, const Body& body) {
    const nvidia::StreamScope scope(own_ ? own_ : nvidia::stream());
    const auto [place, first] = graphs_.try_emplace(kind, nullptr);
    if (first) return body();
    Captured captured(body);
    update(place->second, captured.graph);
    nvidia::check(cudaGraphLaunch(place->second, nvidia::stream()), "launching a step's graph");
  }

 private:
  /// What body() would have launched.
  struct Captured {
    template <class Body>
    explicit Captured(const Body& body) {
      // Relaxed: does not restrict what other threads of the program do.
      nvidia::check(cudaStreamBeginCapture(nvidia::stream(), cudaStreamCaptureModeRelaxed), "capturing a step");
      try {
        body();
      } catch (...) {
        cudaStreamEndCapture(nvidia::stream(), &graph);
        if (graph) cudaGraphDestroy(graph);
        throw;
      }
      nvidia::check(cudaStreamEndCapture(nvidia::stream(), &graph), "capturing a step");
    }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    ~Captured() { cudaGraphDestroy(graph); }
    cudaGraph_t graph = nullptr;
  };

  static void update(cudaGraphExec_t& executable, cudaGraph_t graph) {
    if (executable) {
      cudaGraphExecUpdateResultInfo result{};
      if (cudaGraphExecUpdate(executable, graph, &result) == cudaSuccess) return;
      cudaGetLastError();  // the work has changed: make a new graph
      nvidia::check(cudaGraphExecDestroy(executable), "giving up a step's graph");
      executable = nullptr;
    }
    nvidia::check(cudaGraphInstantiate(&executable, graph, 0), "making a step's graph");
  }

  cudaStream_t own_ = nullptr;
  std::map<std::size_t, cudaGraphExec_t> graphs_;  // by kind; null: not captured yet
};

}  // namespace odot

#endif
