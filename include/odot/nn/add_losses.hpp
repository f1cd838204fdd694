#pragma once
// SPDX-License-Identifier: MIT
// add_losses: adds the result of your own loss, written as expressions, to LossSums (nn/loss_contract.hpp).

#include <cstdint>
#include <span>

#include "odot/expressions.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::nn {

namespace detail {

/// Adds up one loss per sample, and the number of correct samples.
template <class S>
struct LossPass {
  const S *losses, *correct;  // correct may be null: no sample is correct
  kernels::LossSums* sums;
  std::int64_t samples;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return kernels::terms(run.load(losses), correct ? run.load(correct) : Run::number(S{0}));
  }
  template <class Totals>
  ODOT_HOST_DEVICE void finish(std::size_t, const Totals& totals) const {
    sums->loss += totals[0];
    sums->correct += static_cast<std::int64_t>(totals[1]);
    sums->samples += samples;
  }
};

template <class S, class Device>
void add_loss_pass(Workspace<Device>& workspace, std::size_t samples, const S* losses, const S* correct,
                   kernels::LossSums* sums) {
  kernels::Parallel<Device>::template reduce_rows<S>(
      workspace, 1, samples, LossPass<S>{losses, correct, sums, static_cast<std::int64_t>(samples)});
}

/// One number per sample, evaluated into memory of the frame.
template <class S, class Device, expressions::Operand Numbers>
BatchView<typename expressions::NodeOf<Numbers>::shape, S, Device> number_per_sample(
    typename Workspace<Device>::Frame& frame, const Numbers& numbers) {
  using Node = expressions::NodeOf<Numbers>;
  static_assert(Node::batched && Node::shape::size == 1, "odot::nn::add_losses: one number per sample, [N, 1]");
  const std::size_t samples = expressions::with_node(numbers, [](const auto& node) { return node.samples(); });
  const BatchView<typename Node::shape, S, Device> each(frame.template take<S>(samples), samples);
  each = numbers;
  return each;
}

}  // namespace detail

/// *sums += the samples' losses and hits, on any device. `sums` is memory of the device.
/// Shapes  losses [N, 1], or any other shape of one element, such as that of mean(…) of a batch; correct likewise: 1 if
///         the sample counts as correct, else 0
template <expressions::Operand Losses, expressions::Operand Correct>
void add_losses(kernels::LossSums* sums, const Losses& losses, const Correct& correct) {
  using S = typename expressions::NodeOf<Losses>::scalar;
  using Device = typename expressions::NodeOf<Losses>::device;
  auto& workspace = current_workspace<Device>();
  auto frame = workspace.frame();
  const auto each = detail::number_per_sample<S, Device>(frame, losses);
  const auto hits = detail::number_per_sample<S, Device>(frame, correct);
  detail::add_loss_pass<S>(workspace, each.samples(), each.data(), hits.data(), sums);
}

/// The same for a loss whose targets are numbers: no sample counts as correct.
template <expressions::Operand Losses>
void add_losses(kernels::LossSums* sums, const Losses& losses) {
  using S = typename expressions::NodeOf<Losses>::scalar;
  using Device = typename expressions::NodeOf<Losses>::device;
  auto& workspace = current_workspace<Device>();
  auto frame = workspace.frame();
  const auto each = detail::number_per_sample<S, Device>(frame, losses);
  detail::add_loss_pass<S>(workspace, each.samples(), each.data(), static_cast<const S*>(nullptr), sums);
}

/// Labels as a batch, on y's device, with which expressions can compute.
template <class Y>
BatchView<Shape<1>, const std::int32_t, typename Y::device> label_batch(const Y& y,
                                                                        std::span<const std::int32_t> labels) {
  return {labels.data(), y.samples()};
}

}  // namespace odot::nn
