#pragma once
// SPDX-License-Identifier: MIT
// The kernel of attention heads on a device with memory around it, and the comparison with the naive heads.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/attention_heads/contract.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/mirrors.hpp"
#include "support/naive_attention_heads.hpp"

namespace odot::test {

/// The kernel's inputs and outputs; outputs and gradients start as garbage.
template <kernels::HeadNorm Norm, class S, class Device = Cpu>
struct HeadsProblem {
  static constexpr std::size_t C = 2, H = 5, W = 3, heads = 3, maps = heads * C;
  using In = Shape<C, H, W>;
  using Out = Shape<maps, H, W>;
  using Arrays = Shape<heads, C, H, W>;
  using Kernel = kernels::AttentionHeads<Device>;
  static constexpr kernels::NormConstants constants{};
  static constexpr S garbage = 2;

  HeadsProblem(std::size_t samples, bool bias, S array_size = S{2})
      : with_bias(bias), x(samples), dx(samples), y(samples), dy(samples),
        cache(kernels::attention_heads_cache<In, heads>(samples)) {
    const auto draw = [](auto& owner, std::size_t start, S size) {
      std::ranges::transform(hash_uniform(owner.size(), start), owner.data(),
                             [size](double value) { return size * static_cast<S>(value); });
    };
    draw(x, 0, S{2});
    draw(dy, 100'000, S{1});
    draw(wx, 200'000, array_size);
    draw(wy, 201'000, array_size);
    draw(bx, 202'000, S{1});
    draw(by, 203'000, S{1});
    draw(scale, 204'000, S{2});
    draw(shift, 205'000, S{1});
    for (auto* gradient : {&dwx, &dwy, &dbx, &dby}) std::ranges::fill_n(gradient->data(), Arrays::size, garbage);
    for (auto* gradient : {&dscale, &dshift}) std::ranges::fill_n(gradient->data(), maps, garbage);
    std::ranges::fill(y.span(), S{77});
    std::ranges::fill(dx.span(), S{77});
    std::ranges::fill_n(running_mean.data(), maps, S{0.25});
    std::ranges::fill_n(running_var.data(), maps, S{0.5});
  }

  NaiveAttentionHeads naive() const {
    NaiveAttentionHeads oracle{.N = x.samples(),
                               .C = C,
                               .H = H,
                               .W = W,
                               .heads = heads,
                               .norm = Norm != kernels::HeadNorm::none,
                               .affine = Norm == kernels::HeadNorm::affine};
    oracle.x = values_of(x);
    oracle.wx = values_of(wx);
    oracle.wy = values_of(wy);
    if (with_bias) {
      oracle.bx = values_of(bx);
      oracle.by = values_of(by);
    }
    oracle.scale = values_of(scale);
    oracle.shift = values_of(shift);
    oracle.running_mean = values_of(running_mean);
    oracle.running_var = values_of(running_var);
    return oracle;
  }

  void forward(int threads) {
    Workspace<Device> workspace(threads);
    Mirrors<Device, S> on;
    Kernel::template forward_training<Norm, S, In, heads, Out>(workspace, constants, on(x), weights(on),
                                                               on(running_mean), on(running_var), on(cache), on(y));
    on.back();
  }
  void evaluate(int threads) {
    Workspace<Device> workspace(threads);
    Mirrors<Device, S> on;
    Kernel::template forward_evaluation<Norm, S, In, heads, Out>(workspace, constants, on(x), weights(on),
                                                                 on(running_mean), on(running_var), on(y));
    on.back();
  }
  void backward(int threads, bool with_input) {
    Workspace<Device> workspace(threads);
    Mirrors<Device, S> on;
    Kernel::template backward<Norm, S, In, heads, Out>(workspace, on(x), weights(on), on(cache), on(dy), gradients(on),
                                                       with_input ? on(dx) : BatchView<In, S, Device>());
    on.back();
  }

  bool with_bias;
  Batch<In, S> x, dx;
  Batch<Out, S> y, dy;
  Tensor<Arrays, S> wx, wy, bx, by, dwx, dwy, dbx, dby;
  Tensor<Shape<maps>, S> scale, shift, dscale, dshift, running_mean, running_var;
  std::vector<S> cache;

 private:
  kernels::HeadWeights<const S, In, heads, Device> weights(Mirrors<Device, S>& on) {
    kernels::HeadWeights<const S, In, heads, Device> all{};
    all.weight_x.rebind(on(wx));
    all.weight_y.rebind(on(wy));
    if (with_bias) {
      all.bias_x.rebind(on(bx));
      all.bias_y.rebind(on(by));
    }
    if (Norm == kernels::HeadNorm::affine) {
      all.scale.rebind(on(scale));
      all.shift.rebind(on(shift));
    }
    return all;
  }
  kernels::HeadWeights<S, In, heads, Device> gradients(Mirrors<Device, S>& on) {
    kernels::HeadWeights<S, In, heads, Device> all{};
    all.weight_x.rebind(on(dwx));
    all.weight_y.rebind(on(dwy));
    if (with_bias) {
      all.bias_x.rebind(on(dbx));
      all.bias_y.rebind(on(dby));
    }
    if (Norm == kernels::HeadNorm::affine) {
      all.scale.rebind(on(dscale));
      all.shift.rebind(on(dshift));
    }
    return all;
  }
};

/// Outputs, running statistics and gradients of training, and outputs of evaluation.
template <class Device, kernels::HeadNorm Norm, class S>
void check_heads(std::size_t samples, bool bias, double tolerance) {
  CAPTURE(samples);
  CAPTURE(bias);
  HeadsProblem<Norm, S, Device> p(samples, bias);
  NaiveAttentionHeads naive = p.naive();
  naive.forward(true);
  naive.backward(values_of(p.dy));

  p.forward(1);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
  CHECK(difference(values_of(p.running_mean), naive.running_mean, tolerance) == "");
  CHECK(difference(values_of(p.running_var), naive.running_var, tolerance) == "");

  p.backward(1, true);
  CHECK(difference(p.dx.span(), naive.dx, tolerance) == "");
  const auto check_added = [&](const auto& actual, std::vector<double> expected) {
    for (double& g : expected) g += static_cast<double>(p.garbage);
    CHECK(difference(values_of(actual), expected, tolerance) == "");
  };
  check_added(p.dwx, naive.dwx);
  check_added(p.dwy, naive.dwy);
  if (bias) check_added(p.dbx, naive.dbx);
  if (bias) check_added(p.dby, naive.dby);
  if (Norm == kernels::HeadNorm::affine) check_added(p.dscale, naive.dscale);
  if (Norm == kernels::HeadNorm::affine) check_added(p.dshift, naive.dshift);

  p.evaluate(1);
  naive.forward(false);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
}

}  // namespace odot::test
