#pragma once
// SPDX-License-Identifier: MIT
// What happens inside a trained model of the papers' experiments, step by step, for one image: from its weights alone.

#include <odot/any_device.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace figures {

/// Maps of one size, one after the other: the channels of an image, or of a step.
/// Shapes  values [count, height, width]
struct Maps {
  std::size_t count = 0, height = 0, width = 0;
  std::vector<float> values = {};

  std::span<const float> map(std::size_t i) const {
    return std::span(values).subspan(i * height * width, height * width);
  }
  /// The first `most` of them.
  Maps first(std::size_t most) const {
    Maps some = *this;
    some.count = (std::min)(most, count);
    some.values.resize(some.count * height * width);
    return some;
  }
};

/// A step by its name.
struct Step {
  std::string name;
  Maps maps;
};

template <odot::ShapeType S>
Maps maps_of(std::span<const float> values) {
  static_assert(S::rank == 3);
  return {S::extents[0], S::extents[1], S::extents[2], {values.begin(), values.end()}};
}
template <odot::ShapeType S>
Maps maps_of(const odot::Tensor<S>& tensor) {
  return maps_of<S>(std::span<const float>(tensor.data(), S::size));
}

/// y = a layer of these weights in evaluation, of one sample.
template <class Layer>
Maps output(const odot::Snapshot& weights, const Maps& x) {
  using In = typename Layer::input_shape;
  odot::Network<Layer> network(odot::Seed{1}, odot::nn::init::normal(), 1);
  network.restore(weights);
  const auto y = network.predict({x.values.data(), 1});
  static_assert(In::rank == 3);
  return maps_of<typename Layer::output_shape>(std::span<const float>(y.data(), Layer::output_shape::size));
}

inline Maps sum(Maps a, const Maps& b) {
  for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] += b.values[i];
  return a;
}
inline Maps relu(Maps x) {
  for (float& value : x.values) value = (std::max)(value, 0.0f);
  return x;
}

/// The steps of an attention-wise layer: before and after the convolution, with the skip connection, before and after the
/// norm where there is one, the output. `weights`: the layer's own, without its number before their names.
template <odot::ShapeType Image, std::size_t Heads>
std::vector<Step> attention_layer_steps(const odot::Snapshot& weights, const Maps& x, bool skip) {
  namespace nn = odot::nn;
  constexpr std::size_t C = Image::extents[0];
  using Attention = typename nn::AttentionHeads<Heads>::template bind<Image>;
  using Conv = typename nn::Conv2d<C, nn::Conv2dOptions{.kernel_size = 3,
                                                        .padding = 1}>::template bind<typename Attention::output_shape>;
  using Norm = typename nn::BatchNorm2d<>::template bind<Image>;
  std::vector<Step> steps;
  const Maps heads = output<Attention>(weights.part("heads."), x);
  Maps y = output<Conv>(weights.part("conv."), heads);
  steps.push_back({"before conv", heads});
  steps.push_back({"after conv", y});
  const odot::Snapshot norm = weights.part("norm.");
  if (skip) {
    y = sum(std::move(y), x);
    steps.push_back({norm.arrays().empty() ? "with the skip" : "before norm", y});
  }
  if (!norm.arrays().empty()) {
    y = output<Norm>(norm, y);
    steps.push_back({"after norm", y});
  }
  steps.push_back({"final output", relu(std::move(y))});
  return steps;
}

/// A head's arrays, its scores, their softmaxes, and the relevance A.
template <odot::ShapeType Image, std::size_t Heads>
std::vector<Step> head_steps(const odot::Snapshot& weights, std::size_t head, const Maps& input) {
  using odot::Tensor;
  const auto array = [&](const char* name) {
    const std::vector<float> all = weights.values<float>(std::string("heads.") + name);
    return Tensor<Image>::from(std::span(all).subspan(head * Image::size, Image::size));
  };
  const auto x = Tensor<Image>::from(input.values);
  const auto weight_x = array("weight_x"), weight_y = array("weight_y");
  const Tensor<Image> scores_x = x * weight_x, scores_y = x * weight_y;
  const auto e = exp(scores_x - odot::max<2>(scores_x)), f = exp(scores_y - odot::max<1>(scores_y));
  const Tensor<Image> softmax_x = e / odot::sum<2>(e), softmax_y = f / odot::sum<1>(f);
  const Tensor<Image> relevance = softmax_x * softmax_y;
  return {{"Wx", maps_of(weight_x)},        {"X ⊙ Wx", maps_of(scores_x)}, {"softmax, rows", maps_of(softmax_x)},
          {"Wy", maps_of(weight_y)},        {"X ⊙ Wy", maps_of(scores_y)}, {"softmax, columns", maps_of(softmax_y)},
          {"product A", maps_of(relevance)}};
}

/// A model's layers for one image.
struct Insides {
  std::size_t heads = 0;                                  ///< of each layer; 0: the model has none
  std::vector<std::vector<std::vector<Step>>> each = {};  ///< [layer][head]: head_steps
  std::vector<std::vector<Step>> layers = {};             ///< [layer]
};

template <odot::ShapeType Image, std::size_t Heads>
Insides attention_insides(const odot::Snapshot& weights, const Maps& image, bool skip) {
  Insides insides{.heads = Heads};
  Maps x = image;
  for (std::size_t layer = 0;; ++layer) {
    const odot::Snapshot own = weights.part(std::to_string(layer) + ".");
    if (!own.find("heads.weight_x")) return insides;
    auto& heads = insides.each.emplace_back();
    for (std::size_t h = 0; h < Heads; ++h) heads.push_back(head_steps<Image, Heads>(own, h, x));
    insides.layers.push_back(attention_layer_steps<Image, Heads>(own, x, skip));
    x = insides.layers.back().back().maps;
  }
}

/// The control model's convolutions from the one numbered `Index` on: before, after, final output.
template <odot::ShapeType In, std::size_t Index = 0>
void add_control_layers(const odot::Snapshot& weights, const Maps& x, Insides& insides) {
  namespace nn = odot::nn;
  constexpr std::size_t layers = 6, channels = Index < 3 ? 100 : 200;
  constexpr bool halves = Index % 3 == 2;
  constexpr nn::Conv2dOptions options = halves ? nn::Conv2dOptions{.kernel_size = 2, .stride = 2, .bias = false}
                                               : nn::Conv2dOptions{.kernel_size = 3, .padding = 1};
  if constexpr (Index < layers) {
    using Conv = typename nn::Conv2d<channels, options>::template bind<In>;
    Maps y = output<Conv>(weights.part(std::to_string(2 * Index) + "."), x);
    insides.layers.push_back({{"before conv", x}, {"after conv", y}, {"final output", relu(y)}});
    add_control_layers<typename Conv::output_shape, Index + 1>(weights, insides.layers.back().back().maps, insides);
  }
}

template <odot::ShapeType Image>
Insides control_insides(const odot::Snapshot& weights, const Maps& image) {
  Insides insides;
  add_control_layers<Image>(weights, image, insides);
  return insides;
}

}  // namespace figures
