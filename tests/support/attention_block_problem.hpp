#pragma once
// SPDX-License-Identifier: MIT
// The attention block's kernel on a device with memory around it, and the naive block that it is checked against.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/attention_block/contract.hpp"
#include "odot/kernels/conv2d/contract.hpp"
#include "support/hash_uniform.hpp"
#include "support/mirrors.hpp"
#include "support/naive_attention_heads.hpp"
#include "support/naive_conv2d.hpp"

namespace odot::test {

/// A block of 3 heads on images of unequal extents.
using BlockImage = Shape<2, 5, 3>;
template <kernels::HeadNorm Norm, bool Skip, bool ReLU, bool Bias = false>
using BlockGeometry = kernels::AttentionGeometry<BlockImage, 3, Norm, Skip, ReLU, Bias>;

/// The kernel's inputs and outputs; outputs and gradients start as garbage.
template <class G, class S, class Device = Cpu>
struct BlockProblem {
  using Kernel = kernels::AttentionBlock<Device>;
  static constexpr kernels::NormConstants constants{};
  static constexpr S garbage = 2;
  static constexpr std::size_t maps = G::maps;
  using Arrays = Shape<G::heads, G::C, G::H, G::W>;

  /// `size`: the largest number in the arrays; x goes up to 2.
  explicit BlockProblem(std::size_t samples, S size = 2)
      : x(samples), dx(samples), y(samples), dy(samples),
        cache(kernels::attention_block_cache<typename G::image, G::heads>(samples)) {
    const auto draw = [](auto& owner, std::size_t start, S largest) {
      std::ranges::transform(hash_uniform(owner.size(), start), owner.data(),
                             [largest](double value) { return largest * static_cast<S>(value); });
    };
    draw(x, 0, S{2});
    draw(dy, 100'000, S{1});
    draw(wx, 200'000, size);
    draw(wy, 201'000, size);
    draw(bx, 202'000, size / 2);
    draw(by, 203'000, size / 2);
    draw(scale, 204'000, S{2});
    draw(shift, 205'000, S{1});
    draw(conv, 206'000, S{1});
    draw(conv_bias, 207'000, S{1});
    for (auto* gradient : {&dwx, &dwy, &dbx, &dby}) std::ranges::fill_n(gradient->data(), Arrays::size, garbage);
    for (auto* gradient : {&dscale, &dshift}) std::ranges::fill_n(gradient->data(), maps, garbage);
    std::ranges::fill_n(dconv.data(), dconv.size(), garbage);
    std::ranges::fill_n(dconv_bias.data(), dconv_bias.size(), garbage);
    std::ranges::fill(y.span(), S{77});
    std::ranges::fill(dx.span(), S{77});
    std::ranges::fill_n(running_mean.data(), maps, S{0.25});
    std::ranges::fill_n(running_var.data(), maps, S{0.5});
  }

  void forward(int threads) {
    Workspace<Device> workspace(threads);
    Mirrors<Device, S> on;
    Kernel::template forward_training<G, S>(workspace, constants, on(x), weights(on), on(running_mean), on(running_var),
                                            on(cache), on(y));
    on.back();
  }
  void evaluate(int threads) {
    Workspace<Device> workspace(threads);
    Mirrors<Device, S> on;
    Kernel::template forward_evaluation<G, S>(workspace, constants, on(x), weights(on), on(running_mean),
                                              on(running_var), on(y));
    on.back();
  }
  void backward(int threads, bool with_input) {
    Workspace<Device> workspace(threads);
    Mirrors<Device, S> on;
    Kernel::template backward<G, S>(workspace, on(x), weights(on), on(cache), on(y), on(dy), gradients(on),
                                    with_input ? on(dx) : BatchView<typename G::image, S, Device>());
    on.back();
  }

  Batch<typename G::image, S> x, dx, y, dy;
  Tensor<Arrays, S> wx, wy, bx, by, dwx, dwy, dbx, dby;
  Tensor<Shape<maps>, S> scale, shift, dscale, dshift, running_mean, running_var;
  Tensor<typename G::conv_weight, S> conv, dconv;
  Tensor<typename G::conv_bias, S> conv_bias, dconv_bias;
  std::vector<S> cache;

 private:
  kernels::BlockWeights<const S, G, Device> weights(Mirrors<Device, S>& on) {
    kernels::BlockWeights<const S, G, Device> all{};
    all.heads.weight_x.rebind(on(wx));
    all.heads.weight_y.rebind(on(wy));
    if (G::bias) {
      all.heads.bias_x.rebind(on(bx));
      all.heads.bias_y.rebind(on(by));
    }
    if (G::norm == kernels::HeadNorm::affine) {
      all.heads.scale.rebind(on(scale));
      all.heads.shift.rebind(on(shift));
    }
    all.conv_weight.rebind(on(conv));
    all.conv_bias.rebind(on(conv_bias));
    return all;
  }
  kernels::BlockWeights<S, G, Device> gradients(Mirrors<Device, S>& on) {
    kernels::BlockWeights<S, G, Device> all{};
    all.heads.weight_x.rebind(on(dwx));
    all.heads.weight_y.rebind(on(dwy));
    if (G::bias) {
      all.heads.bias_x.rebind(on(dbx));
      all.heads.bias_y.rebind(on(dby));
    }
    if (G::norm == kernels::HeadNorm::affine) {
      all.heads.scale.rebind(on(dscale));
      all.heads.shift.rebind(on(dshift));
    }
    all.conv_weight.rebind(on(dconv));
    all.conv_bias.rebind(on(dconv_bias));
    return all;
  }
};

/// The block as a composition of the naive heads, the naive convolution, a sum and a maximum.
template <class G>
struct NaiveBlock {
  using Conv = NaiveConv2d<kernels::ConvGeometry<Shape<G::maps, G::H, G::W>, G::C, 3, 1, 1>>;

  template <class S, class Device>
  explicit NaiveBlock(const BlockProblem<G, S, Device>& p)
      : heads{.N = p.x.samples(),
              .C = G::C,
              .H = G::H,
              .W = G::W,
              .heads = G::heads,
              .norm = G::norm != kernels::HeadNorm::none,
              .affine = G::norm == kernels::HeadNorm::affine},
        conv(values_of(p.conv)), conv_bias(values_of(p.conv_bias)) {
    heads.x = values_of(p.x);
    heads.wx = values_of(p.wx);
    heads.wy = values_of(p.wy);
    if (G::bias) heads.bx = values_of(p.bx);
    if (G::bias) heads.by = values_of(p.by);
    heads.scale = values_of(p.scale);
    heads.shift = values_of(p.shift);
    heads.running_mean = values_of(p.running_mean);
    heads.running_var = values_of(p.running_var);
  }

  void forward(bool training) {
    heads.forward(training);
    y = Conv::template forward<double>(heads.N, heads.y, conv, conv_bias);
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (G::skip) y[i] += heads.x[i];
      if (G::relu) y[i] = std::max(y[i], 0.0);
    }
  }
  void backward(std::vector<double> dy) {
    for (std::size_t i = 0; i < y.size(); ++i)
      if (G::relu && y[i] == 0) dy[i] = 0;
    through_conv = Conv::template backward<double>(heads.N, heads.y, conv, dy);
    heads.backward(through_conv.x);
    for (std::size_t i = 0; i < dy.size(); ++i)
      if (G::skip) heads.dx[i] += dy[i];
  }

  NaiveAttentionHeads heads;
  std::vector<double> conv, conv_bias, y;
  typename Conv::Gradients through_conv;
};

}  // namespace odot::test
