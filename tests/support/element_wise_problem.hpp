#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention of given queries, keys and values on a device, by the kernel for a form and a scalar.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/element_wise_attention/contract.hpp"
#include "support/naive_element_wise_attention.hpp"

namespace odot::test {

/// Outputs and gradients in separate vectors, so that one's relative errors can't hide behind another's size.
struct AttentionResult {
  std::vector<double> y, dq, dk, dv;
};

/// Queries, keys and values [samples, L, 3·D] and the outputs' gradient, in double; floats in which they fit exactly.
template <std::size_t L, std::size_t D>
struct AttentionInputs {
  std::size_t samples = 1;
  std::vector<double> qkv = std::vector<double>(samples * L * 3 * D), dy = std::vector<double>(samples * L * D);
  std::vector<std::int32_t> lengths{};

  double& q(std::size_t i, std::size_t c = 0) { return qkv[i * 3 * D + c]; }
  double& k(std::size_t i, std::size_t c = 0) { return qkv[(i * 3 + 1) * D + c]; }
  double& v(std::size_t i, std::size_t c = 0) { return qkv[(i * 3 + 2) * D + c]; }
  double& gradient(std::size_t i, std::size_t c = 0) { return dy[i * D + c]; }

  /// Rounds all numbers to floats.
  void round() {
    for (auto* all : {&qkv, &dy})
      for (double& value : *all) value = static_cast<double>(static_cast<float>(value));
  }
};

template <std::size_t D>
AttentionResult split(std::vector<double> y, const std::vector<double>& dqkv) {
  AttentionResult result{std::move(y), {}, {}, {}};
  for (std::size_t row = 0; row < dqkv.size(); row += 3 * D) {
    const auto at = dqkv.begin() + static_cast<std::ptrdiff_t>(row);
    const auto step = static_cast<std::ptrdiff_t>(D);
    result.dq.insert(result.dq.end(), at, at + step);
    result.dk.insert(result.dk.end(), at + step, at + 2 * step);
    result.dv.insert(result.dv.end(), at + 2 * step, at + 3 * step);
  }
  return result;
}

/// The kernel's results. Outputs, gradients and cache start as NaN.
template <kernels::ElementWiseForm F, DeviceType Device, class S, std::size_t L, std::size_t D>
AttentionResult attention_on(const AttentionInputs<L, D>& in) {
  using Kernel = kernels::ElementWiseAttention<Device>;
  const auto device = [](const std::vector<double>& numbers) {
    const std::vector<S> host(numbers.begin(), numbers.end());
    Buffer<S, Device> buffer(host.size());
    buffer.from_host(host.data());
    return buffer;
  };
  const auto nans = [&](std::size_t size) {
    return device(std::vector<double>(size, std::numeric_limits<double>::quiet_NaN()));
  };
  auto qkv = device(in.qkv), dy = device(in.dy), dqkv = nans(in.qkv.size()), y = nans(in.dy.size());
  auto cache = nans(kernels::element_wise_attention_cache(F, in.samples, L, D) + 1);
  Buffer<std::int32_t, Device> lengths(in.lengths.size());
  lengths.from_host(in.lengths.data());
  const std::int32_t* valid = in.lengths.empty() ? nullptr : lengths.data();
  Workspace<Device> workspace;
  const BatchView<Shape<L, 3 * D>, const S, Device> inputs(qkv.data(), in.samples);
  const BatchView<Shape<L, D>, const S, Device> outputs(y.data(), in.samples), gradient(dy.data(), in.samples);
  Kernel::template forward_training<F>(workspace, inputs, valid, cache.data(),
                                       BatchView<Shape<L, D>, S, Device>(y.data(), in.samples));
  const S* kept = cache.data();
  Kernel::template backward<F>(workspace, inputs, valid, kept, outputs, gradient,
                               BatchView<Shape<L, 3 * D>, S, Device>(dqkv.data(), in.samples));
  const std::vector<S> out = y.to_host(), gradients = dqkv.to_host();
  return split<D>({out.begin(), out.end()}, {gradients.begin(), gradients.end()});
}

/// The definition's results, in double.
template <kernels::ElementWiseForm F, std::size_t L, std::size_t D>
AttentionResult attention_by_definition(const AttentionInputs<L, D>& in) {
  NaiveElementWiseAttention naive(F, in.samples, L, D, in.qkv, in.dy, {in.lengths.begin(), in.lengths.end()});
  return split<D>(std::move(naive.y), naive.dqkv);
}

}  // namespace odot::test
