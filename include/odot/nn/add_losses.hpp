#pragma once
// SPDX-License-Identifier: MIT
// What a loss of your own that is written as expressions leaves in LossSums: nn/loss_contract.hpp.

#include <cstdint>
#include <span>

#include "odot/expressions.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::nn {

namespace detail {

/// Adds up a number per sample, and those that are correct.
template <class S>
struct LossPass {
  const S *losses, *correct;
  kernels::LossSums* sums;
  std::int64_t samples;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return kernels::terms(run.load(losses), run.load(correct));
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t, const Totals& totals) const {
    sums->loss += totals[0];
    sums->correct += static_cast<std::int64_t>(totals[1]);
    sums->samples += samples;
  }
};

}  // namespace detail

/// *sums += the samples' losses and hits, on any device. `sums` is memory of the device.
/// Shapes  losses [N, 1]; correct [N, 1]: 1 where the sample counts as correct, else 0
template <expressions::Operand Losses, expressions::Operand Correct>
void add_losses(kernels::LossSums* sums, const Losses& losses, const Correct& correct) {
  using Node = expressions::NodeOf<Losses>;
  using S = typename Node::scalar;
  using Device = typename Node::device;
  static_assert(Node::batched && Node::shape::size == 1, "odot::nn::add_losses: one loss per sample, [N, 1]");
  auto& workspace = current_workspace<Device>();
  auto frame = workspace.frame();
  const std::size_t samples = expressions::with_node(losses, [](const auto& node) { return node.samples(); });
  const BatchView<Shape<1>, S, Device> each(frame.template take<S>(samples), samples);
  const BatchView<Shape<1>, S, Device> hits(frame.template take<S>(samples), samples);
  each = losses;
  hits = correct;
  kernels::Parallel<Device>::template reduce_rows<S>(
      workspace, 1, samples, detail::LossPass<S>{each.data(), hits.data(), sums, static_cast<std::int64_t>(samples)});
}

/// Labels as a batch that expressions compute with: of y's device.
template <class Y>
BatchView<Shape<1>, const std::int32_t, typename Y::device> label_batch(const Y& y,
                                                                        std::span<const std::int32_t> labels) {
  return {labels.data(), y.samples()};
}

}  // namespace odot::nn
