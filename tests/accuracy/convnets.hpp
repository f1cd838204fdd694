#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: pooling, enlarging, convolutions of other kinds, norms of channels, and embedding.

#include <cmath>
#include <cstddef>

#include "accuracy/elements.hpp"
#include "accuracy/images.hpp"
#include "accuracy/probe.hpp"
#include "accuracy/samples.hpp"
#include "odot/nn/adaptive_avg_pool2d.hpp"
#include "odot/nn/avg_pool2d.hpp"
#include "odot/nn/batch_norm1d.hpp"
#include "odot/nn/conv1d.hpp"
#include "odot/nn/conv_transpose2d.hpp"
#include "odot/nn/embedding.hpp"
#include "odot/nn/group_norm.hpp"
#include "odot/nn/max_pool2d.hpp"
#include "odot/nn/upsample2d.hpp"

namespace odot::test {

struct Grouped
    : Bound<nn::Conv2d<6, nn::Conv2dOptions{.kernel_size = 3, .padding = 1, .groups = 3}>, Shape<6, 14, 11>> {};
struct Depthwise
    : Bound<nn::Conv2d<5, nn::Conv2dOptions{.kernel_size = 3, .padding = 1, .groups = 5}>, Shape<5, 14, 11>> {};
struct OfSeries : Bound<nn::Conv1d<6, nn::Conv1dOptions{.kernel_size = 5, .padding = 2}>, Shape<4, 29>> {};
struct Transposed
    : Bound<nn::ConvTranspose2d<4, nn::ConvTranspose2dOptions{.kernel_size = 3, .stride = 2, .padding = 1}>,
            Shape<5, 7, 6>> {};
struct Largest : Bound<nn::MaxPool2d<2>, Shape<3, 14, 11>> {};
struct Averaged : Bound<nn::AvgPool2d<3, nn::AvgPool2dOptions{.stride = 2, .padding = 1}>, Shape<3, 14, 11>> {};
struct MeanOfImage : Bound<nn::AdaptiveAvgPool2d<1>, Shape<3, 14, 11>> {};
struct Repeated : Bound<nn::Upsample2d<2>, Shape<3, 7, 5>> {};
struct Blended : Bound<nn::Upsample2d<2, nn::Upsample2dOptions{.mode = nn::UpsampleMode::bilinear}>, Shape<3, 7, 5>> {};
struct GroupNormed : Bound<nn::GroupNorm<2>, Shape<6, 7, 5>> {};
struct SeriesNormed : Bound<nn::BatchNorm1d<>, Shape<3, 29>> {};
struct FeaturesNormed : Bound<nn::BatchNorm1d<>, Shape<7>> {};

template <class Device>
void convolutions_of_any_size() {
  for (const double size : any_size) {
    check_row<Grouped, Device>({"Conv2d, 3 groups", size, 18, 1e-6, 1e-5}, 33, uniform<Grouped>(size));
    check_row<Depthwise, Device>({"Conv2d, depthwise", size, 9, 1e-6, 1e-5}, 33, uniform<Depthwise>(size));
    check_row<OfSeries, Device>({"Conv1d", size, 20, 1e-6, 1e-5}, 33, uniform<OfSeries>(size));
    check_row<Transposed, Device>({"ConvTranspose2d", size, 20, 1e-6, 1e-5}, 33, uniform<Transposed>(size));
  }
}

template <class Device>
void pools_of_any_size() {
  for (const double size : any_size) {
    check_copies<Largest, Device>("MaxPool2d", size);
    check_row<Averaged, Device>({"AvgPool2d", size, 9, 3e-7, 3e-7}, 21, uniform<Averaged>(size));
    check_row<MeanOfImage, Device>({"AdaptiveAvgPool2d", size, 154, 1e-6, 3e-7}, 21, uniform<MeanOfImage>(size));
    check_row<Repeated, Device>({"Upsample2d, nearest", size, 4, 0, 3e-7}, 21, uniform<Repeated>(size));
    check_row<Blended, Device>({"Upsample2d, bilinear", size, 4, 3e-7, 5e-7}, 21, uniform<Blended>(size));
  }
}

template <class Device>
void norms_of_channels_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10}) {
    check_row<GroupNormed, Device>({"GroupNorm", size, 105, 1e-6, 1e-5}, 33, uniform<GroupNormed>(size));
    check_row<SeriesNormed, Device>({"BatchNorm1d", size, 29 * 33, 1e-6, 1e-5}, 33, uniform<SeriesNormed>(size));
    check_row<FeaturesNormed, Device>({"BatchNorm1d", size, 33, 1e-6, 1e-5}, 33, uniform<FeaturesNormed>(size));
  }
}

/// The same tokens again and again, with gradients of one sign: a row's gradient is a sum over half of the samples.
template <class Device>
void embeddings_of_many_samples(std::size_t most) {
  struct Tokens : Bound<nn::Embedding<2, 3>, Shape<1>> {};
  for (std::size_t samples = 1'000; samples <= most; samples *= 10)
    check_row<Tokens, Device>({"Embedding, over samples", 1, samples, 0, 1e-6, 0, 10 * static_cast<double>(samples)},
                              samples, [](LayerRun<Tokens, double>& run) {
                                same_samples<Tokens>()(run);
                                for (std::size_t n = 0; n < run.x.size(); ++n)
                                  run.x.data()[n] = static_cast<double>(n % 2);
                              });
}

/// The same sample again and again: what a channel's or a kernel's gradient adds up.
template <class Device, std::size_t Share = 1>
void convnet_gradients_over_samples() {
  struct SmallDepthwise
      : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .padding = 1, .groups = 2}>, Shape<2, 4, 3>> {};
  struct SmallTransposed
      : Bound<nn::ConvTranspose2d<2, nn::ConvTranspose2dOptions{.kernel_size = 2, .stride = 2}>, Shape<1, 3, 2>> {};
  struct SmallGroups : Bound<nn::GroupNorm<2>, Shape<4, 2, 1>> {};
  const auto check = []<nn::BoundLayer Layer>(const char* name, std::size_t samples) {
    samples /= Share;
    const auto work = static_cast<double>(samples * (Layer::input_shape::size + Layer::output_shape::size));
    check_row<Layer, Device>({name, 1, samples, 1e-6, 3e-6, 0, work}, samples, same_samples<Layer>());
  };
  check.template operator()<SmallDepthwise>("Conv2d, depthwise, over samples", 100'000);
  check.template operator()<SmallTransposed>("ConvTranspose2d, over samples", 100'000);
  check.template operator()<SmallGroups>("GroupNorm, over samples", 100'000);
}

}  // namespace odot::test
