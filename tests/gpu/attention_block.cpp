// SPDX-License-Identifier: MIT
// The attention block in its two forms on the Gpu: one team per sample (small batches), one lane per sample (large
// ones).

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/gpu_layer.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;
namespace gpu = odot::kernels::gpu;

namespace {

struct Plain : Bound<nn::AttentionBlock<3>, Shape<2, 5, 3>> {};
struct Everything
    : Bound<nn::AttentionBlock<3, nn::AttentionBlockOptions{.heads = {.affine = true, .bias = true}}>, Shape<2, 5, 3>> {
};
struct Nothing
    : Bound<nn::AttentionBlock<1, nn::AttentionBlockOptions{.heads = {.norm = false}, .skip = false, .relu = false}>,
            Shape<1, 4, 6>> {};
struct Fashion : Bound<nn::AttentionBlock<2>, Shape<1, 28, 28>> {};
struct ThreeChannels : Bound<nn::AttentionBlock<1>, Shape<3, 9, 32>> {};
struct Scaled : Bound<nn::AttentionBlock<2, nn::AttentionBlockOptions{.heads = {.scaled = true}}>, Shape<1, 8, 9>> {};
struct Row : Bound<nn::AttentionBlock<2>, Shape<1, 1, 7>> {};
struct Column : Bound<nn::AttentionBlock<2>, Shape<1, 9, 1>> {};
struct Wide : Bound<nn::AttentionBlock<1>, Shape<1, 3, 33>> {};         // a row does not fit a lane
struct FourChannels : Bound<nn::AttentionBlock<1>, Shape<4, 3, 2>> {};  // nor does a window of all channels

constexpr std::size_t lane_samples = kernels::AttentionBlock<Gpu>::lane_samples;

/// Every lane of every warp leaves 1, 2, …, Count times its number.
template <unsigned Count>
struct LaneMultiples {
  double* sums;
  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    double values[Count];
    for (unsigned j = 0; j < Count; ++j) values[j] = (j + 1.0) * (lane.index + 100 * warp);
    lane.store_sums(values, sums + warp * Count);
  }
};

template <unsigned Count>
void check_lane_sums() {
  CAPTURE(Count);
  constexpr unsigned warps = 5;
  Buffer<double, Gpu> sums(warps * Count);
  gpu::launch_warps(warps, LaneMultiples<Count>{sums.data()});
  const auto found = sums.to_host();
  for (unsigned i = 0; i < warps * Count; ++i) {
    CAPTURE(i);
    CHECK(found[i] == (i % Count + 1.0) * (31 * 16 + 3200.0 * (i / Count)));
  }
}

struct LongRow : Bound<nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>, Shape<1, 1, 10'000>> {};
struct LongColumn : Bound<nn::AttentionHeads<1, nn::AttentionHeadsOptions{.norm = false}>, Shape<1, 10'000, 1>> {};
struct LongStrip : Bound<nn::AttentionBlock<1>, Shape<1, 3000, 2>> {};

/// Equal scores but for the largest: a softmax's sum is one of many equal numbers below 1, which drifts most.
template <nn::BoundLayer Layer>
void check_long() {
  LayerRun<Layer, double> cpu(2);
  std::ranges::fill(cpu.x.span(), 0.7f);
  cpu.x[0].data()[0] = cpu.x[1].data()[5000] = 1;
  std::ranges::fill(cpu.parameters, 0.5);
  GpuLayerRun<Layer, float> gpu(cpu);
  cpu.forward();
  gpu.forward();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), 2e-6) == "");
  cpu.predict();
  gpu.predict();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), 2e-6) == "");
}

struct PlainHeads : Bound<nn::AttentionHeads<3>, Shape<2, 5, 3>> {};
struct HeadsAlone : Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.norm = false}>, Shape<2, 5, 7>> {};
struct BiasedHeads
    : Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.norm = false, .bias = true}>, Shape<2, 5, 7>> {};
struct Biased
    : Bound<nn::AttentionBlock<2, nn::AttentionBlockOptions{.heads = {.norm = false, .bias = true}, .skip = false}>,
            Shape<2, 4, 9>> {};
struct Convolved
    : Bound<nn::AttentionBlock<2, nn::AttentionBlockOptions{.heads = {.norm = false}, .skip = false, .relu = false}>,
            Shape<1, 4, 19>> {};
struct LongConvolved
    : Bound<nn::AttentionBlock<1, nn::AttentionBlockOptions{.heads = {.norm = false}, .skip = false, .relu = false}>,
            Shape<1, 200, 4>> {};

/// Outputs in float of inputs `size` times the usual are the Cpu's in double; so are gradients, in terms of what they
/// are differences of. The numbers are ones that float holds.
template <nn::BoundLayer Layer>
void check_size(std::size_t samples, float size) {
  CAPTURE(samples);
  CAPTURE(size);
  LayerRun<Layer, double> cpu(samples);
  cpu.draw();
  for (double& x : cpu.x.span()) x = static_cast<float>(size * x);
  for (double& w : cpu.parameters) w = static_cast<float>(w);
  GpuLayerRun<Layer, float> gpu(cpu);
  cpu.forward();
  gpu.forward();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), 3e-5) == "");
  cpu.backward(true);
  gpu.backward(true);
  double largest = 1;
  for (const double x : cpu.x.span()) largest = std::max(largest, std::abs(x));
  CHECK(difference_within(gpu.dx.to_host(), cpu.dx.span(), 2e-4 * largest) == "");
  CHECK(difference_within(gpu.gradients.to_host(), cpu.gradients, 1e-4 * largest * largest * double(samples)) == "");
  cpu.predict();
  gpu.predict();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), 3e-5) == "");
}

/// NaN or an infinity at one place of x or of the parameters shows where it shows on the Cpu in double.
template <nn::BoundLayer Layer>
void check_special(std::size_t samples) {
  CAPTURE(samples);
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()})
    for (const bool in_parameters : {false, true}) {
      CAPTURE(value);
      CAPTURE(in_parameters);
      LayerRun<Layer, double> cpu(samples);
      cpu.draw();
      (in_parameters ? cpu.parameters[4] : cpu.x.span()[cpu.x.size() / 2 + 4]) = value;
      GpuLayerRun<Layer, float> gpu(cpu);
      cpu.forward();
      gpu.forward();
      CHECK(difference_beside_nan(gpu.y.to_host(), cpu.y.span(), 1e-4) == "");
      cpu.backward(true);
      gpu.backward(true);
      CHECK(difference_beside_nan(gpu.dx.to_host(), cpu.dx.span(), 1e-4) == "");
      const std::vector<float> gradients = gpu.gradients.to_host();
      for (const auto& info : cpu.parameter_table) {
        // The Cpu's gradient of a kernel is NaN also where NaN meets the padding.
        if (info.name == "conv.weight") continue;
        CAPTURE(info.name);
        CHECK(difference_beside_nan(std::span(gradients).subspan(info.offset, info.size), cpu.gradient(info.name),
                                    1e-4) == "");
      }
    }
}

/// An infinite gradient of an output: the kernel's gradient is infinite where the Cpu's is, with its sign.
template <nn::BoundLayer Layer>
void check_infinite_gradient(std::size_t samples) {
  CAPTURE(samples);
  for (const double infinite : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    CAPTURE(infinite);
    LayerRun<Layer, double> cpu(samples);
    cpu.draw();
    constexpr std::size_t width = Layer::input_shape::extents[2];
    cpu.dy[samples / 2].data()[2 * width + 1] = infinite;
    GpuLayerRun<Layer, float> gpu(cpu);
    cpu.forward();
    gpu.forward();
    cpu.backward(true);
    gpu.backward(true);
    const std::vector<float> gradients = gpu.gradients.to_host();
    for (const auto& info : cpu.parameter_table) {
      if (info.name != "conv.weight") continue;
      const auto expected = cpu.gradient(info.name);
      for (std::size_t i = 0; i < info.size; ++i) {
        CAPTURE(i);
        CHECK(std::isinf(expected[i]));
        CHECK(static_cast<double>(gradients[info.offset + i]) == expected[i]);
      }
    }
  }
}

}  // namespace

TEST_CASE("a warp's lanes are summed, any number of numbers up to 32") {
  check_lane_sums<1>();
  check_lane_sums<2>();
  check_lane_sums<3>();
  check_lane_sums<11>();
  check_lane_sums<17>();
  check_lane_sums<28>();
  check_lane_sums<31>();
  check_lane_sums<32>();
}

TEST_CASE("the attention block's values and gradients match the Cpu's, one team per sample") {
  for (const std::size_t samples : {1u, 2u, 7u}) {
    check_layer_on_gpu<Plain>(samples);
    check_layer_on_gpu<Everything>(samples);
    check_layer_on_gpu<Nothing>(samples);
    check_layer_on_gpu<Row>(samples);
  }
  check_layer_on_gpu<Plain>(3, false);
  check_layer_on_gpu<Fashion>(5);
  check_layer_on_gpu<Scaled>(4);
}

TEST_CASE("the attention block's values and gradients match the Cpu's, one lane per sample") {
  check_layer_on_gpu<Plain>(lane_samples);
  check_layer_on_gpu<Plain>(lane_samples + 1);
  check_layer_on_gpu<Plain>(lane_samples, false);
  check_layer_on_gpu<Everything>(lane_samples + 31);
  check_layer_on_gpu<Nothing>(lane_samples + 7);
  check_layer_on_gpu<Row>(lane_samples + 3);
  check_layer_on_gpu<Column>(lane_samples);
  check_layer_on_gpu<Scaled>(lane_samples);
}

TEST_CASE("the attention block of the papers' images, one lane per sample") {
  check_layer_on_gpu<Fashion, double>(lane_samples, 1e-11);
  check_layer_on_gpu<ThreeChannels, double>(lane_samples, 1e-11);
  check_layer_on_gpu<ThreeChannels, float>(lane_samples, 3e-5);
}

TEST_CASE("images that a lane does not hold go to teams, however large the batch") {
  check_layer_on_gpu<Wide>(lane_samples + 788);  // more than teams of the backward pass
  check_layer_on_gpu<FourChannels>(lane_samples);
}

TEST_CASE("long rows and columns keep their precision") {
  check_long<LongRow>();
  check_long<LongColumn>();
  check_layer_on_gpu<LongStrip, float>(3, 2e-6);
  check_layer_on_gpu<LongStrip, float>(lane_samples, 2e-6);
}

TEST_CASE("a batch of no samples changes nothing") {
  LayerRun<Plain, double> cpu(0);
  cpu.draw();
  GpuLayerRun<Plain, float> gpu(cpu);
  const auto buffers = gpu.buffers.to_host(), gradients = gpu.gradients.to_host();
  gpu.forward();
  gpu.backward(true);
  CHECK(gpu.buffers.to_host() == buffers);
  CHECK(gpu.gradients.to_host() == gradients);
}

TEST_CASE("scores of any size are taken as in double") {
  for (const float size : {1e-20f, 30.0f, 300.0f, 1e6f, 1e12f}) {
    check_size<HeadsAlone>(5, size);
    check_size<BiasedHeads>(5, size);
    check_size<Biased>(3, size);
    check_size<Biased>(lane_samples + 3, size);
    check_size<Convolved>(3, size);
    check_size<Convolved>(lane_samples + 3, size);
  }
}

TEST_CASE("NaN and infinities show where they show on the Cpu") {
  check_special<HeadsAlone>(5);
  check_special<BiasedHeads>(5);
  check_special<PlainHeads>(5);
  check_special<Biased>(3);
  check_special<Biased>(lane_samples + 3);
  check_special<Convolved>(3);
  check_special<Convolved>(lane_samples + 3);
}

TEST_CASE("an infinite gradient makes a kernel's infinite, with its sign, as on the Cpu") {
  check_infinite_gradient<Convolved>(3);
  check_infinite_gradient<Convolved>(lane_samples + 3);
  check_infinite_gradient<LongConvolved>(3);
  check_infinite_gradient<LongConvolved>(lane_samples + 3);
}
