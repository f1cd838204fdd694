// SPDX-License-Identifier: MIT
// The attention block in its two forms on the Gpu: a sample a team (small batches), a sample a lane (large ones).

#include <doctest/doctest.h>

#include <cstddef>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/gpu_layer.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;
namespace gpu = odot::kernels::gpu;

namespace {

struct Plain : Bound<nn::AttentionBlock<3>, Shape<2, 5, 3>> {};
struct Everything : Bound<nn::AttentionBlock<3, nn::AttentionBlockOptions{.head_norm = HeadNorm::affine, .bias = true}>,
                          Shape<2, 5, 3>> {};
struct Nothing
    : Bound<nn::AttentionBlock<1, nn::AttentionBlockOptions{.head_norm = HeadNorm::none, .skip = false, .relu = false}>,
            Shape<1, 4, 6>> {};
struct Fashion : Bound<nn::AttentionBlock<2>, Shape<1, 28, 28>> {};
struct ThreeChannels : Bound<nn::AttentionBlock<1>, Shape<3, 9, 32>> {};
struct Scaled
    : Bound<nn::AttentionBlock<2, nn::AttentionBlockOptions{.norm_options = {.scaled = true}}>, Shape<1, 8, 9>> {};
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

TEST_CASE("the attention block's values and gradients are the Cpu's, a sample a team") {
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

TEST_CASE("the attention block's values and gradients are the Cpu's, a sample a lane") {
  check_layer_on_gpu<Plain>(lane_samples);
  check_layer_on_gpu<Plain>(lane_samples + 1);
  check_layer_on_gpu<Plain>(lane_samples, false);
  check_layer_on_gpu<Everything>(lane_samples + 31);
  check_layer_on_gpu<Nothing>(lane_samples + 7);
  check_layer_on_gpu<Row>(lane_samples + 3);
  check_layer_on_gpu<Column>(lane_samples);
  check_layer_on_gpu<Scaled>(lane_samples);
}

TEST_CASE("the attention block of the papers' images, a sample a lane") {
  check_layer_on_gpu<Fashion, double>(lane_samples, 1e-11);
  check_layer_on_gpu<ThreeChannels, double>(lane_samples, 1e-11);
  check_layer_on_gpu<ThreeChannels, float>(lane_samples, 3e-5);
}

TEST_CASE("images that a lane does not hold go to teams, however large the batch") {
  check_layer_on_gpu<Wide>(lane_samples + 788);  // more than teams of the backward pass
  check_layer_on_gpu<FourChannels>(lane_samples);
}
