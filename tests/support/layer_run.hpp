#pragma once
// SPDX-License-Identifier: MIT
// LayerRun: one bound layer with its own blocks, so that a test sees and sets everything that a pass may touch.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "support/hash_uniform.hpp"

namespace odot::test {

/// Outputs (y, dx) are NaN before every pass, so that a missing element is noticed. The cache starts as NaN, keeps it
/// where nothing is written, and lies between two guard numbers.
template <nn::BoundLayer Layer, class Scalar = double>
class LayerRun {
 public:
  using In = typename Layer::input_shape;
  using Out = typename Layer::output_shape;

  explicit LayerRun(std::size_t samples, int threads = 1)
      : x(samples), dx(samples), y(samples), dy(samples), parameters(Layer::parameter_count),
        gradients(Layer::parameter_count), buffers(Layer::buffer_count), workspace(threads),
        cache_(Layer::cache_elements(samples) + 2) {
    Layer::list_parameters(parameter_table, "");
    Layer::list_buffers(buffer_table, "");
    for (const auto& info : buffer_table) std::ranges::fill(buffer(info.name), info.init == nn::Init::one ? 1 : 0);
  }

  /// Fills x, dy and the parameters with numbers from a formula; `start` chooses them.
  void draw(std::size_t start = 0) {
    const auto fill = [&start](std::span<Scalar> values) {
      for (Scalar& value : values) value = static_cast<Scalar>(2 * hash_uniform(start++));
    };
    fill(x.span());
    fill(dy.span());
    fill(parameters);
  }

  /// A training forward: fills y, may change buffers.
  void forward() {
    clear(y.span());
    std::ranges::fill(cache_, nan);
    cache_.front() = cache_.back() = guard;
    const BatchView<In, const Scalar> in = x;
    Layer::forward(training_pass(), in, y.view());
    if (cache_.front() != guard || cache_.back() != guard) throw std::runtime_error("forward wrote past its cache");
  }

  /// After forward: adds to gradients; overwrites dx, unless it is not wanted.
  void backward(bool with_input = true) {
    clear(dx.span());
    const BatchView<In, const Scalar> in = x;
    const BatchView<Out, const Scalar> out = y, grad = dy;
    Layer::backward(training_pass(), in, out, grad, with_input ? dx.view() : BatchView<In, Scalar>());
    if (cache_.front() != guard || cache_.back() != guard) throw std::runtime_error("backward wrote past the cache");
  }

  /// An evaluation forward: fills y, and can change nothing else.
  void predict() {
    clear(y.span());
    const nn::Pass<Layer, Cpu, Scalar> pass(
        workspace, {.parameters = parameters.data(), .buffers = buffers.data(), .lengths = lengths_or_null()});
    const BatchView<In, const Scalar> in = x;
    Layer::forward(pass, in, y.view());
  }

  std::span<Scalar> parameter(const std::string& name) { return slice(parameters, parameter_table, name); }
  std::span<Scalar> gradient(const std::string& name) { return slice(gradients, parameter_table, name); }
  std::span<Scalar> buffer(const std::string& name) { return slice(buffers, buffer_table, name); }

  Batch<In, Scalar> x, dx;
  Batch<Out, Scalar> y, dy;
  std::vector<Scalar> parameters, gradients, buffers;
  std::vector<nn::ParameterInfo> parameter_table, buffer_table;
  std::vector<std::int32_t> lengths;  ///< valid tokens of each sample; empty: all are valid
  std::uint64_t seed = 0;             ///< for the step's random numbers
  std::size_t first_sample = 0;
  Workspace<Cpu> workspace;

 private:
  static constexpr Scalar nan = std::numeric_limits<Scalar>::quiet_NaN(), guard = 1234;

  static void clear(std::span<Scalar> values) { std::ranges::fill(values, nan); }

  nn::Pass<Layer, Cpu, Scalar> training_pass() {
    return {workspace,
            {.parameters = parameters.data(),
             .gradients = gradients.data(),
             .buffers = buffers.data(),
             .updated_buffers = buffers.data(),
             .cache = cache_.data() + 1,
             .lengths = lengths_or_null(),
             .seed = seed,
             .first_sample = first_sample}};
  }
  const std::int32_t* lengths_or_null() const { return lengths.empty() ? nullptr : lengths.data(); }

  static std::span<Scalar> slice(std::vector<Scalar>& block, const std::vector<nn::ParameterInfo>& table,
                                 const std::string& name) {
    for (const auto& info : table)
      if (info.name == name) return std::span(block).subspan(info.offset, info.size);
    throw std::runtime_error("the layer has no array called \"" + name + "\"");
  }

  std::vector<Scalar> cache_;
};

/// A layer bound by itself, outside a network: LayerRun<Bound<nn::ReLU, Shape<2, 3>>>.
template <class Description, ShapeType In>
using Bound = typename Description::template bind<In>;

}  // namespace odot::test
