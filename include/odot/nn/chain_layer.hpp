#pragma once
// SPDX-License-Identifier: MIT
// ChainLayer: the passes through a chain of layers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/view.hpp"
#include "odot/kernels/lengths.hpp"
#include "odot/nn/chain.hpp"
#include "odot/nn/chain_plan.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/layer_calls.hpp"
#include "odot/nn/named.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/step.hpp"

namespace odot::nn::detail {

/// Whether a chain of layers ends in log-probabilities: the last layer that does more than reshape its input decides.
template <class... C>
constexpr bool end_in_log_probabilities() {
  bool ends = false;
  ((ends = C::log_probabilities || (C::is_view && ends)), ...);
  return ends;
}

template <ShapeType In, class Chain>
class ChainLayer;

/// The layer that a bound chain is.
template <ShapeType In, ShapeType Out, class... D, class... C>
class ChainLayer<In, Chain<Out, Link<D, C>...>> : public Layer<In, Out> {
  using Plan = ChainPlan<C...>;
  template <std::size_t Index>
  using child = std::tuple_element_t<Index, std::tuple<C...>>;
  static constexpr std::size_t last = sizeof...(C) - 1;
  using indices = std::make_index_sequence<sizeof...(C)>;

 public:
  static constexpr std::size_t parameter_count = Plan::parameter_offset(sizeof...(C));
  static constexpr std::size_t buffer_count = Plan::buffer_offset(sizeof...(C));
  static constexpr bool backward_reads_input = child<0>::backward_reads_input;
  static constexpr bool backward_reads_output = Plan::slot_table.last_is_read;
  static constexpr bool couples_samples = (C::couples_samples || ...);
  static constexpr bool log_probabilities = end_in_log_probabilities<C...>();
  static constexpr bool takes_indices = child<0>::takes_indices;
  static constexpr std::size_t added_tokens = (C::added_tokens + ...);
  static constexpr bool has_step = (steps<C> && ...);
  static constexpr std::size_t state_elements = (C::state_elements + ...);
  static constexpr std::size_t longest_stream = (std::min)({C::longest_stream...});
  using without_step = typename FirstWithoutStep<C...>::type;
  static constexpr std::size_t cache_elements(std::size_t n) { return Plan::cache_offset(sizeof...(C), n); }
  static constexpr std::size_t gradient_elements(std::size_t n) { return Plan::gradient_elements(n); }
  static constexpr std::size_t prediction_elements() {
    return (std::min)(Plan::own_slots, std::size_t{2}) * Plan::largest_between() +
           (std::max)({C::prediction_elements()...});
  }
  static constexpr std::uint64_t flop() { return sum_flop({C::flop()...}); }

  ODOT_COLD static void list_parameters(std::vector<ParameterInfo>& table, const std::string& prefix) {
    std::size_t i = 0;
    (C::list_parameters(table, child_path<D>(prefix, i++)), ...);
  }
  ODOT_COLD static void list_buffers(std::vector<ParameterInfo>& table, const std::string& prefix) {
    std::size_t i = 0;
    (C::list_buffers(table, child_path<D>(prefix, i++)), ...);
  }
  ODOT_COLD static void describe(LayerParts& parts) { (C::describe(parts), ...); }
  template <class Scalar, class Visitor>
  ODOT_COLD static void visit_outputs(const Scalar* cache, std::size_t n, const std::string& prefix,
                                      const Visitor& visit) {
    std::size_t i = 0;
    (visit_child<D, C>(cache, n, prefix, visit, i++), ...);
  }

  static void forward(auto pass, auto x, auto y) {
    auto frame = pass.workspace().frame();
    const auto slot_table = slot_memory(pass, y, frame);
    const auto lengths = input_lengths(pass, x.samples(), frame);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (detail::forward<child<Index>>(child_pass<Index>(pass, lengths, x.samples()), input<Index>(slot_table, x),
                                     output<Index>(slot_table, y)),
       ...);
    }(indices{});
  }

  static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
    using Scalar = typename decltype(dx)::scalar;
    auto frame = pass.workspace().frame();
    const auto slot_table = slot_memory(pass, y, frame);
    const auto lengths = input_lengths(pass, x.samples(), frame);
    std::array<Scalar*, 2> pieces{};
    for (std::size_t p = 0; p < Plan::gradient_pieces; ++p)
      pieces[p] = frame.template take<Scalar>(Plan::largest_between() * x.samples());
    const auto backward_child = [&]<std::size_t Index>() {
      detail::backward<child<Index>>(child_pass<Index>(pass, lengths, x.samples()), input<Index>(slot_table, x),
                                     constant(output<Index>(slot_table, y)), output_gradient<Index>(pieces, dy),
                                     input_gradient<Index>(pieces, dx, x.samples()));
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (backward_child.template operator()<last - Index>(), ...);
    }(indices{});
  }

  static void step(auto pass, auto x, auto y, auto* state) {
    using Scalar = typename decltype(y)::scalar;
    auto frame = pass.workspace().frame();
    std::array<Scalar*, 2> pieces{};  // outputs between the layers, alternately
    for (std::size_t p = 0; p < std::min<std::size_t>(last, 2); ++p)
      pieces[p] = frame.template take<Scalar>(largest_token() * x.samples());
    const auto step_child = [&]<std::size_t Index>() {
      const auto part =
          pass.template child<child<Index>>(Index, Plan::parameter_offset(Index), Plan::buffer_offset(Index), 0);
      detail::step<std::tuple_element_t<Index, std::tuple<D...>>, child<Index>>(
          part, token_input<Index>(pieces, x), token_output<Index>(pieces, y),
          state + state_offset(Index) * x.samples());
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (step_child.template operator()<Index>(), ...);
    }(indices{});
  }

 private:
  /// Elements of the largest token between the layers.
  static constexpr std::size_t largest_token() { return (std::max)({one_token<typename C::output_shape>::size...}); }
  template <std::size_t Index, class Y>
  static auto token_output(const auto& pieces, Y y) {
    using V = BatchView<one_token<typename child<Index>::output_shape>, typename Y::scalar, typename Y::device>;
    if constexpr (Index == last) return y;
    else return V(pieces[Index % 2], y.samples());
  }
  template <std::size_t Index, class X>
  static auto token_input(const auto& pieces, X x) {
    if constexpr (Index == 0) return x;
    else
      return constant(token_output<Index - 1>(
          pieces,
          BatchView<Shape<1>, std::remove_pointer_t<std::remove_cvref_t<decltype(pieces[0])>>, typename X::device>(
              nullptr, x.samples())));
  }
  static constexpr std::size_t state_offset(std::size_t layer) {
    const std::array<std::size_t, sizeof...(C)> sizes{C::state_elements...};
    std::size_t at = 0;
    for (std::size_t i = 0; i < layer; ++i) at += sizes[i];
    return at;
  }

  template <std::size_t Index, class P>
  static auto child_pass(const P& pass, const auto& lengths, std::size_t n) {
    return pass
        .template child<child<Index>>(Index, Plan::parameter_offset(Index), Plan::buffer_offset(Index),
                                      pass.training() ? Plan::cache_offset(Index, n) : 0)
        .with_lengths(lengths[Index]);
  }

  /// Valid lengths of every layer's input: the pass's, until a layer adds tokens.
  template <class P>
  static auto input_lengths(const P& pass, std::size_t n, auto& frame) {
    std::array<const std::int32_t*, sizeof...(C)> lengths;
    lengths.fill(pass.lengths());
    if constexpr (added_tokens > 0) {
      constexpr std::array<std::size_t, sizeof...(C)> added{C::added_tokens...}, tokens{C::input_shape::extents[0]...};
      for (std::size_t i = 1; i < lengths.size() && pass.lengths(); ++i) {
        lengths[i] = lengths[i - 1];
        if (added[i - 1] == 0) continue;
        const std::span<std::int32_t> longer(frame.template take<std::int32_t>(n), n);
        kernels::Lengths<typename P::device>::add(pass.workspace(), std::span(lengths[i - 1], n), tokens[i - 1],
                                                  added[i - 1], longer);
        lengths[i] = longer.data();
      }
    }
    return lengths;
  }

  /// Start of every slot. In training the slots lie in the cache, in predict alternately in two pieces of memory.
  template <class P, class Y>
  static auto slot_memory(const P& pass, Y y, auto& frame) {
    using Scalar = typename Y::scalar;
    std::array<Scalar*, Plan::own_slots + 1> slot_table{};
    if (pass.training()) {
      for (std::size_t s = 0; s < Plan::own_slots; ++s)
        slot_table[s] = pass.cache() + Plan::slot_offset(s, y.samples());
    } else {
      for (std::size_t s = 0; s < Plan::own_slots; ++s)
        slot_table[s] = s < 2 ? frame.template take<Scalar>(Plan::largest_between() * y.samples()) : slot_table[s - 2];
    }
    slot_table[Plan::own_slots] = const_cast<Scalar*>(y.data());  // written in forward alone, where y is not const
    return slot_table;
  }
  template <std::size_t Index, class Slots, class Y>
  static auto output(const Slots& slot_table, Y y) {
    using Scalar = std::remove_pointer_t<typename Slots::value_type>;  // y may hold indices
    return BatchView<typename child<Index>::output_shape, Scalar, typename Y::device>(
        slot_table[Plan::slot_table.slot[Index]], y.samples());
  }
  template <std::size_t Index, class Slots, class X>
  static auto input(const Slots& slot_table, X x) {
    if constexpr (Index == 0) return x;
    else return constant(output<Index - 1>(slot_table, x));
  }
  template <class S, class Scalar, class Device>
  static BatchView<S, const Scalar, Device> constant(BatchView<S, Scalar, Device> view) {
    return view;
  }

  template <std::size_t Index, class DY>
  static auto output_gradient(const auto& pieces, DY dy) {
    using V = BatchView<typename child<Index>::output_shape, const typename DY::scalar, typename DY::device>;
    if constexpr (Index == last) return V(dy);
    else return V(pieces[Plan::gradient_piece()[Index]], dy.samples());
  }
  template <std::size_t Index, class DX>
  static auto input_gradient(const auto& pieces, DX dx, std::size_t n) {
    using V = BatchView<typename child<Index>::input_shape, typename DX::scalar, typename DX::device>;
    if constexpr (Index == 0) return dx;
    else return V(pieces[Plan::gradient_piece()[Index - 1]], n);
  }

  template <class Description, class Child, class Scalar>
  static void visit_child(const Scalar* cache, std::size_t n, const std::string& prefix, const auto& visit,
                          std::size_t i) {
    const std::string path = child_path<Description>(prefix, i);
    Child::visit_outputs(cache + Plan::cache_offset(i, n), n, path, visit);
    if (const std::size_t slot = Plan::slot_table.slot[i]; slot != Plan::own_slots)
      visit(path, std::span<const Scalar>(cache + Plan::slot_offset(slot, n), Plan::output_size[i] * n));
  }
};

}  // namespace odot::nn::detail
