#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: attention over tokens, by the size of the inputs and by the length of the sequence.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "accuracy/probe.hpp"
#include "odot/nn/element_wise_attention.hpp"
#include "odot/nn/self_attention.hpp"

namespace odot::test {

// ---- dot products

template <std::size_t L, bool Causal>
struct Dot : Bound<nn::SelfAttention<nn::SelfAttentionOptions{.heads = 2, .causal = Causal}>, Shape<L, 8>> {};

/// Tokens and weights whose products and sums float holds exactly, so that what differs is the softmax's doing: tokens of
/// `size` times whole numbers up to 2, weights of −1, 0 and 1.
template <nn::BoundLayer Layer>
Prepare<Layer> exact_scores(double size) {
  return [=](LayerRun<Layer, double>& run) {
    std::size_t position = 0;
    for (double& x : run.x.span()) x = size * std::round(2 * hash_uniform(position++));
    for (double& dy : run.dy.span()) dy = hash_uniform(position++);
    for (double& parameter : run.parameters) parameter = std::round(hash_uniform(position++));
  };
}

template <class Device>
void dot_products_of_any_size() {
  using All = Dot<37, false>;
  using Causal = Dot<37, true>;
  for (const double size : {0x1p-100, 0x1p-30, 0x1p-10, 1.0, 0x1p10, 0x1p20, 0x1p30, 0x1p50}) {
    check_row<All, Device>({"SelfAttention, exact scores", size, 37, 2e-6, 1e-5, size * size * size}, 5,
                           exact_scores<All>(size));
    check_row<Causal, Device>({"SelfAttention, causal, exact scores", size, 37, 2e-6, 1e-5, size * size * size}, 5,
                              exact_scores<Causal>(size));
  }
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0})
    check_row<All, Device>({"SelfAttention", size, 37, 2e-6, 1e-5}, 5, uniform<All>(size));
  check_row<All, Device>({"SelfAttention", 10, 37, 2e-5, 1e-4}, 5, uniform<All>(10));
}

template <std::size_t L, class Device>
void long_dot_products() {
  constexpr double pairs = static_cast<double>(L) * L;
  check_row<Dot<L, false>, Device>({"SelfAttention", 1, L, 2e-6, 1e-5, 0, pairs}, 1, uniform<Dot<L, false>>(1));
}

// ---- element-wise

template <std::size_t L, std::size_t Order, bool Causal>
struct ElementWise : Bound<nn::UnprojectedElementWiseAttention<nn::UnprojectedElementWiseAttentionOptions{
                               .order = Order, .causal = Causal}>,
                           Shape<L, 3>> {};

template <std::size_t Order, bool Causal>
std::string element_wise_name() {
  return "Element-wise attention, " + (Order == 0 ? std::string("full") : "order " + std::to_string(Order)) +
         (Causal ? ", causal" : "");
}

/// Queries and keys of `size` times numbers in [−1, 1), values in [−1, 1).
template <nn::BoundLayer Layer>
Prepare<Layer> queries_and_keys(double size) {
  return [=](LayerRun<Layer, double>& run) {
    std::size_t position = 0;
    for (double& x : run.x.span()) {
      x = (position % 3 == 2 ? 1 : size) * hash_uniform(position);
      ++position;
    }
    for (double& dy : run.dy.span()) dy = hash_uniform(position++);
  };
}

template <std::size_t Order, bool Causal, class Device>
void element_wise_of_any_size() {
  using Layer = ElementWise<37, Order, Causal>;
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 3.0, 10.0})
    check_row<Layer, Device>({element_wise_name<Order, Causal>(), size, 37, 1e-5, 1e-4}, 5,
                             queries_and_keys<Layer>(size));
  for (const double size : {1e3, 1e6, 1e15, 1e30})
    check_row<Layer, Device>({element_wise_name<Order, Causal>(), size, 37, 1e-5, 1e-4, size}, 5,
                             queries_and_keys<Layer>(size));
}

/// The same on every device.
template <class Device>
void element_wise_forms_of_any_size() {
  element_wise_of_any_size<0, false, Device>();
  element_wise_of_any_size<0, true, Device>();
  element_wise_of_any_size<2, false, Device>();
  element_wise_of_any_size<6, false, Device>();
  element_wise_of_any_size<6, true, Device>();
  element_wise_of_any_size<16, false, Device>();
}

/// Values that change in the middle of the sequence, so that sums which stop to grow show.
template <std::size_t L, std::size_t Order, bool Causal, class Device>
void long_element_wise(double bound = 1e-6, double gradient_bound = 1e-4) {
  using Layer = ElementWise<L, Order, Causal>;
  constexpr double work = static_cast<double>(L) * (Order == 0 ? L : 100);
  check_row<Layer, Device>({element_wise_name<Order, Causal>(), 0.5, L, bound, gradient_bound, 0, work}, 1,
                           [](LayerRun<Layer, double>& run) {
                             for (std::size_t t = 0; t < L; ++t) {
                               run.x.data()[3 * t] = 0.5 * hash_uniform(3 * t);
                               run.x.data()[3 * t + 1] = 0.5 * hash_uniform(3 * t + 1);
                               run.x.data()[3 * t + 2] = (t < L / 2 ? 0.1 : 0.9) + 0.02 * hash_uniform(3 * t + 2);
                               run.dy.data()[t] = 0.5 + hash_uniform(3 * L + t);
                             }
                           });
}

}  // namespace odot::test
