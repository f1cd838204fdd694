#pragma once
// SPDX-License-Identifier: MIT
// Compares a layer on the Gpu with the same layer on the Cpu: outputs, gradients, running statistics, prediction.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/gpu.hpp"
#include "odot/core/workspace.hpp"
#include "odot/nn/pass.hpp"
#include "support/difference.hpp"
#include "support/layer_run.hpp"

namespace odot::test {

/// A device's copy of numbers, as numbers of type T.
template <class T, class Values>
Buffer<T, Gpu> on_gpu(const Values& values) {
  const std::vector<T> host(values.begin(), values.end());
  Buffer<T, Gpu> buffer(host.size());
  buffer.from_host(host.data());
  return buffer;
}
template <class T>
Buffer<T, Gpu> on_gpu(const std::vector<T>& values) {
  return on_gpu<T, std::vector<T>>(values);
}

/// The numbers of a LayerRun on the Gpu. Outputs are NaN at first, so that an element left out shows.
template <nn::BoundLayer Layer, class Scalar>
struct GpuLayerRun {
  using In = typename Layer::input_shape;
  using Out = typename Layer::output_shape;

  explicit GpuLayerRun(LayerRun<Layer, double>& run)
      : samples(run.x.samples()), x(on_gpu<Scalar>(run.x.span())), dy(on_gpu<Scalar>(run.dy.span())),
        y(on_gpu(nans(run.y.size()))), dx(on_gpu(nans(run.dx.size()))), parameters(on_gpu<Scalar>(run.parameters)),
        gradients(on_gpu<Scalar>(run.gradients)), buffers(on_gpu<Scalar>(run.buffers)),
        cache(on_gpu(nans(Layer::cache_elements(samples) + 1))), lengths(on_gpu(run.lengths)), seed(run.seed),
        first_sample(run.first_sample) {}

  void forward() { Layer::forward(training_pass(), in(), BatchView<Out, Scalar, Gpu>(y.data(), samples)); }
  void backward(bool with_input) {
    Layer::backward(training_pass(), in(), BatchView<Out, const Scalar, Gpu>(y.data(), samples),
                    BatchView<Out, const Scalar, Gpu>(dy.data(), samples),
                    with_input ? BatchView<In, Scalar, Gpu>(dx.data(), samples) : BatchView<In, Scalar, Gpu>());
  }
  void predict() {
    const nn::Pass<Layer, Gpu, Scalar> pass(
        workspace, {.parameters = parameters.data(), .buffers = buffers.data(), .lengths = lengths_or_null()});
    Layer::forward(pass, in(), BatchView<Out, Scalar, Gpu>(y.data(), samples));
  }

  std::size_t samples;
  Buffer<Scalar, Gpu> x, dy, y, dx, parameters, gradients, buffers, cache;
  Buffer<std::int32_t, Gpu> lengths;
  std::uint64_t seed;
  std::size_t first_sample;
  Workspace<Gpu> workspace;

 private:
  static std::vector<Scalar> nans(std::size_t count) {
    return std::vector<Scalar>(count, std::numeric_limits<Scalar>::quiet_NaN());
  }
  BatchView<In, const Scalar, Gpu> in() const { return {x.data(), samples}; }
  nn::Pass<Layer, Gpu, Scalar> training_pass() {
    return {workspace,
            {.parameters = parameters.data(),
             .gradients = gradients.data(),
             .buffers = buffers.data(),
             .updated_buffers = buffers.data(),
             .cache = cache.data(),
             .lengths = lengths_or_null(),
             .seed = seed,
             .first_sample = first_sample}};
  }
  const std::int32_t* lengths_or_null() const { return lengths.size() == 0 ? nullptr : lengths.data(); }
};

/// `tolerance` is relative to the largest number of y, of dx, and of all parameters' gradients (some consist of
/// rounding errors alone, such as that of the keys' bias). The Cpu computes in double. `lengths`: valid tokens of the
/// samples, repeated as often as needed; none: all are valid.
template <nn::BoundLayer Layer, class Scalar>
void check_layer_on_gpu(std::size_t samples, double tolerance, bool with_input = true,
                        const std::vector<std::int32_t>& lengths = {}) {
  CAPTURE(samples);
  CAPTURE(sizeof(Scalar));
  LayerRun<Layer, double> cpu(samples);
  cpu.draw();
  for (std::size_t n = 0; n < samples && !lengths.empty(); ++n) cpu.lengths.push_back(lengths[n % lengths.size()]);
  cpu.seed = 77;
  cpu.first_sample = 3;
  for (double& gradient : cpu.gradients) gradient = 0.125;  // backward must add to it
  GpuLayerRun<Layer, Scalar> gpu(cpu);
  cpu.forward();
  gpu.forward();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), tolerance) == "");
  CHECK((cpu.buffers.empty() || difference(gpu.buffers.to_host(), cpu.buffers, tolerance) == ""));
  cpu.backward(with_input);
  gpu.backward(with_input);
  if (with_input) CHECK(difference(gpu.dx.to_host(), cpu.dx.span(), tolerance) == "");
  const std::vector<Scalar> gradients = gpu.gradients.to_host();
  double largest = 0;
  for (const double gradient : cpu.gradients) largest = std::max(largest, std::abs(gradient));
  for (const auto& info : cpu.parameter_table) {
    CAPTURE(info.name);
    CHECK(difference_within(std::span(gradients).subspan(info.offset, info.size), cpu.gradient(info.name),
                            tolerance * largest) == "");
  }
  cpu.predict();
  gpu.predict();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), tolerance) == "");
}

/// In double, where both must agree to rounding, and in float.
template <nn::BoundLayer Layer>
void check_layer_on_gpu(std::size_t samples, bool with_input = true, const std::vector<std::int32_t>& lengths = {}) {
  check_layer_on_gpu<Layer, double>(samples, 1e-11, with_input, lengths);
  check_layer_on_gpu<Layer, float>(samples, 3e-5, with_input, lengths);
}

}  // namespace odot::test
