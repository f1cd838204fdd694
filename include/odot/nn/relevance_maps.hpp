#pragma once
// SPDX-License-Identifier: MIT
// What a trained network's attention looks at: the relevance maps of its attention-wise layers, and the weights between
// the tokens of its self-attentions.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/kernels/lengths.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/observed_pass.hpp"
#include "odot/nn/parameters.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// The maps of one attention-wise layer (AttentionWise, ComposedAttentionWise, AttentionHeads): with x its input,
///     Ax = softmax over W of (x ⊙ Wx + Bx),  Ay = softmax over H of (x ⊙ Wy + By),  A = Ax ⊙ Ay,  Â = norm(A)
/// Â ⊙ x is what the head passes on. Every row of Ax and every column of Ay adds up to 1.
struct RelevanceMaps {
  std::string layer;  ///< "0.heads": its parameters' names without "weight_x"
  std::size_t samples, heads, channels, height, width;
  std::vector<double> input;                  ///< x [N, C, H, W]
  std::vector<double> softmax_x, softmax_y;   ///< Ax, Ay [N, heads, C, H, W]
  std::vector<double> relevance, normalised;  ///< A, Â [N, heads, C, H, W]; equal where the layer has no norm

  /// Where the map of a sample, head and channel begins in the four arrays above.
  std::size_t offset(std::size_t sample, std::size_t head, std::size_t channel = 0) const {
    return ((sample * heads + head) * channels + channel) * height * width;
  }
};

/// How much of token j goes to token i in one self-attention: rows add up to 1.
struct TokenAttention {
  std::string layer;  ///< "encoders.0.attention"
  std::size_t samples, heads, tokens;
  std::vector<double> weights;  ///< a_ij [N, heads, L, L]; rows and columns of padding are 0

  /// Where the row of token i begins.
  std::size_t offset(std::size_t sample, std::size_t head, std::size_t i) const {
    return ((sample * heads + head) * tokens + i) * tokens;
  }
};

/// The relevance maps of every attention-wise layer, in the order in which a prediction of x reaches them; none in a
/// model without such layers. They are computed in double from each layer's own input, which is as predict computes it;
/// Â has the running statistics, as in predict.
/// Shapes  x [N, input_shape...]
/// Errors  compile time: a network whose device's memory the host can't read (copy_weights_from makes one on the Cpu)
/// Cost    plain loops, for a few samples
template <class Model, DeviceType Device, class Scalar>
std::vector<RelevanceMaps> relevance_maps(const Network<Model, Device, Scalar>& network,
                                          typename Network<Model, Device, Scalar>::Input x);

/// The weights of every SelfAttention, in the same way. Of a model that ends with its class token, row 0 of the last
/// layers says which tokens decided.
/// Shapes  x [N, input_shape...]; lengths [N] (optional) as in predict
/// Errors, cost  as above
template <class Model, DeviceType Device, class Scalar>
std::vector<TokenAttention> token_attention(const Network<Model, Device, Scalar>& network,
                                            typename Network<Model, Device, Scalar>::Input x,
                                            const std::int32_t* lengths = nullptr);

namespace detail {

/// softmax of `count` numbers, `stride` apart, in place.
inline void softmax_in_place(double* values, std::size_t count, std::size_t stride) {
  double largest = values[0], sum = 0;
  for (std::size_t k = 1; k < count; ++k) largest = (std::max)(largest, values[k * stride]);
  for (std::size_t k = 0; k < count; ++k) sum += values[k * stride] = std::exp(values[k * stride] - largest);
  for (std::size_t k = 0; k < count; ++k) values[k * stride] /= sum;
}

/// The name of the layer whose first parameter lies at `offset`: that parameter's, less its last part.
template <class Table>
std::string layer_at(const Table& table, std::size_t offset, std::string_view own) {
  for (const ParameterInfo& row : table)
    if (row.offset == offset && row.name.ends_with(own)) {
      std::string name = row.name.substr(0, row.name.size() - own.size());
      while (name.ends_with('.')) name.pop_back();
      return name.empty() ? "attention" : name;
    }
  return "attention";
}

/// Elements of an optional array; `missing` where it is empty.
inline double element_or(const auto& view, std::size_t at, double missing) {
  return view ? static_cast<double>(view.data()[at]) : missing;
}

template <class Arrays>
void fill_relevance(const auto& pass, auto x, RelevanceMaps& maps) {
  constexpr std::size_t C = Arrays::C, H = Arrays::H, W = Arrays::W, plane = H * W;
  auto frame = pass.workspace().frame();
  const auto weights = Arrays::weights(pass, frame);
  const auto mean = pass.buffer_or_empty(typename Arrays::template name<"running_mean">{});
  const auto variance = pass.buffer_or_empty(typename Arrays::template name<"running_var">{});
  maps.samples = x.samples();
  maps.heads = Arrays::maps::size / C;
  maps.channels = C, maps.height = H, maps.width = W;
  maps.input.assign(x.begin(), x.end());
  for (auto* array : {&maps.softmax_x, &maps.softmax_y, &maps.relevance, &maps.normalised})
    array->resize(maps.offset(maps.samples, 0));
  for (std::size_t n = 0; n < maps.samples; ++n)
    for (std::size_t m = 0; m < maps.heads * C; ++m) {
      const std::size_t at = maps.offset(n, 0) + m * plane;
      const double* const in = &maps.input[(n * C + m % C) * plane];
      double *const ax = &maps.softmax_x[at], *const ay = &maps.softmax_y[at];
      for (std::size_t i = 0; i < plane; ++i) {
        ax[i] = in[i] * element_or(weights.weight_x, m * plane + i, 1) + element_or(weights.bias_x, m * plane + i, 0);
        ay[i] = in[i] * element_or(weights.weight_y, m * plane + i, 1) + element_or(weights.bias_y, m * plane + i, 0);
      }
      for (std::size_t row = 0; row < H; ++row) softmax_in_place(ax + row * W, W, 1);
      for (std::size_t column = 0; column < W; ++column) softmax_in_place(ay + column, H, W);
      const double deviation = std::sqrt(element_or(variance, m, 1) + (variance ? Arrays::constants.eps : 0));
      for (std::size_t i = 0; i < plane; ++i) {
        const double a = ax[i] * ay[i];
        maps.relevance[at + i] = a;
        maps.normalised[at + i] = (a - element_or(mean, m, 0)) / deviation * element_or(weights.scale, m, 1) +
                                  element_or(weights.shift, m, 0);
      }
    }
}

template <class Plan>
void fill_token_attention(const auto& pass, auto x, TokenAttention& attention) {
  using S = typename std::remove_cvref_t<decltype(pass)>::scalar;
  using Device = typename std::remove_cvref_t<decltype(pass)>::device;
  constexpr auto geometry = Plan::geometry;
  constexpr std::size_t L = geometry.tokens, width = Plan::projections::width;
  const std::size_t n = x.samples();
  auto frame = pass.workspace().frame();
  S* const projected = frame.template take<S>(n * L * width);
  Plan::projections::forward(pass, as_tokens(x), BatchView<Shape<width>, S, Device>(projected, n * L));
  const auto in = Plan::template arrays<const S>(projected, x.data());
  attention.samples = n;
  attention.heads = geometry.heads;
  attention.tokens = L;
  attention.weights.assign(n * geometry.heads * L * L, 0);
  for (std::size_t s = 0; s < n; ++s) {
    const std::size_t valid = kernels::valid_tokens(pass.lengths(), s, L);
    for (std::size_t h = 0; h < geometry.heads; ++h)
      for (std::size_t i = 0; i < valid; ++i) {
        double* const row = &attention.weights[attention.offset(s, h, i)];
        const std::size_t keys = geometry.causal ? i + 1 : valid;
        for (std::size_t j = 0; j < keys; ++j) {
          const S* const q = in.q.data + (s * L + i) * in.q.stride + h * geometry.width;
          const S* const k = in.k.data + (s * L + j) * in.k.stride + h * geometry.width;
          for (std::size_t c = 0; c < geometry.width; ++c)
            row[j] += geometry.scale * static_cast<double>(q[c]) * static_cast<double>(k[c]);
        }
        softmax_in_place(row, keys, 1);
      }
  }
}

/// Looks at the inputs of attention-wise layers.
template <class State>
struct RelevanceObserver {
  const State& network;
  std::vector<RelevanceMaps> found = {};

  template <class P>
  void operator()(const P& pass, auto x) {
    if constexpr (requires { typename P::layer::head_arrays; }) {
      const auto offset = static_cast<std::size_t>(pass.blocks().parameters - network.parameters().data());
      fill_relevance<typename P::layer::head_arrays>(pass, x, found.emplace_back());
      found.back().layer = layer_at(network.parameter_table(), offset, "weight_x");
    }
  }
};

/// Looks at those of self-attentions.
template <class State>
struct TokenObserver {
  const State& network;
  std::vector<TokenAttention> found = {};

  template <class P>
  void operator()(const P& pass, auto x) {
    if constexpr (requires { typename P::layer::plan::projections; }) {
      const auto offset = static_cast<std::size_t>(pass.blocks().parameters - network.parameters().data());
      fill_token_attention<typename P::layer::plan>(pass, x, found.emplace_back());
      const std::vector<ParameterInfo> own = listed(P::layer::list_parameters);
      found.back().layer = layer_at(network.parameter_table(), offset, own.front().name);
    }
  }
};

/// What the observer finds; nothing, and a readable error, where the host can't read the device's memory.
template <template <class> class Observer, class Model, class Device, class Scalar>
auto observed(const Network<Model, Device, Scalar>& network, typename Network<Model, Device, Scalar>::Input x,
              const std::int32_t* lengths) {
  static_assert(Device::host_accessible,
                "odot::nn::relevance_maps, token_attention: the network must be on the Cpu; copy_weights_from makes a "
                "copy there");
  Observer<NetworkState<Device, Scalar>> observer{network};
  if constexpr (Device::host_accessible) observe(network, x, observer, lengths);
  return std::move(observer.found);
}

}  // namespace detail

template <class Model, DeviceType Device, class Scalar>
std::vector<RelevanceMaps> relevance_maps(const Network<Model, Device, Scalar>& network,
                                          typename Network<Model, Device, Scalar>::Input x) {
  return detail::observed<detail::RelevanceObserver>(network, x, nullptr);
}

template <class Model, DeviceType Device, class Scalar>
std::vector<TokenAttention> token_attention(const Network<Model, Device, Scalar>& network,
                                            typename Network<Model, Device, Scalar>::Input x,
                                            const std::int32_t* lengths) {
  return detail::observed<detail::TokenObserver>(network, x, lengths);
}

}  // namespace odot::nn
