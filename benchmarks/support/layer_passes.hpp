#pragma once
// SPDX-License-Identifier: MIT
// The three passes of one layer through the API that networks use.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <odot/odot.hpp>

#include "support/random_fill.hpp"
#include "support/timing.hpp"
#include "support/verify.hpp"

namespace odot::benchmarks {

/// A layer bound to its shapes with random weights, input and output gradient.
template <class Model>
struct LayerPasses {
  using Input = BatchView<typename Model::input_shape, const float>;
  using Output = BatchView<typename Model::output_shape, float>;

  explicit LayerPasses(std::size_t samples)
      : network(Seed{1}, nn::init::normal(0.1)), cache(Model::cache_elements(samples) + 1), x(samples), dx(samples),
        y(samples), dy(samples) {
    fill_uniform(x.span(), 1, 0, 1);
    fill_uniform(dy.span(), 2, -1, 1);
  }

  void forward() { Model::forward(pass(), Input(x), y.view()); }
  void predict() { network.predict(x, y, workspace); }
  void backward() {
    Model::backward(pass(), Input(x), BatchView<typename Model::output_shape, const float>(y),
                    BatchView<typename Model::output_shape, const float>(dy), dx.view());
  }

  /// Whether the gradients of parameters and input are those of Σ y ⊙ dy; leaves forward's cache for backward.
  bool backward_is_right() {
    std::fill(network.gradients().begin(), network.gradients().end(), 0.0f);
    const auto loss = [&] {
      forward();
      return dot(y.span(), dy.span());
    };
    loss();
    backward();
    const std::vector<float> gradients(network.gradients().begin(), network.gradients().end());
    const bool right = (gradients.empty() || gradient_fits(network.parameters(), gradients, loss)) &&
                       gradient_fits(x.span(), dx.span(), loss);
    loss();
    return right;
  }

  Network<Model> network;
  Workspace<> workspace;
  Buffer<float, Cpu> cache;
  Batch<typename Model::input_shape> x, dx;
  Batch<typename Model::output_shape> y, dy;

 private:
  nn::Pass<Model, Cpu, float> pass() {
    return {workspace,
            {.parameters = network.parameters().data(),
             .gradients = network.gradients().data(),
             .buffers = network.buffers().data(),
             .updated_buffers = network.buffers().data(),
             .cache = cache.data()}};
  }
};

/// Registers <op>/forward, predict and backward. `sample`: what forward costs a sample; backward costs twice its FLOP.
template <class Model>
void add_layer(
    const std::string& op, const std::string& shape, std::size_t samples, const Cost& sample,
    bool (*is_right)(LayerPasses<Model>&) = [](LayerPasses<Model>&) { return true; }) {
  const auto add_pass = [&](const std::string& pass, double share, auto call) {
    add(op + "/" + pass + "/cpu/float/" + shape, samples, [=](benchmark::State& state, std::size_t n) {
      LayerPasses<Model> passes(n);
      const double times = share * static_cast<double>(n);
      run(state, passes.backward_is_right() && is_right(passes),
          {.flop = times * sample.flop,
           .bytes = times * sample.bytes,
           .exponentials = static_cast<double>(n) * sample.exponentials},
          [&] { call(passes); });
    });
  };
  add_pass("forward", 1, [](auto& passes) { passes.forward(); });
  add_pass("predict", 1, [](auto& passes) { passes.predict(); });
  add_pass("backward", 2, [](auto& passes) { passes.backward(); });
}

}  // namespace odot::benchmarks
