#pragma once
// SPDX-License-Identifier: MIT
// Branches: layers with the same input, whose outputs are joined. The base of Add and Concat.

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
#include "odot/kernels/add.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/layer_calls.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/sequential.hpp"
#include "odot/nn/step.hpp"

namespace odot::nn::detail {

/// A branch's description bound to the shape In.
template <class Description, ShapeType In>
struct BranchOf {
  static constexpr bool described = LayerDescription<Description, In>;
  static_assert(
      described,
      "odot::nn: every branch must be a description, with a member template bind<In>, as nn::Linear<10> is, or an "
      "nn::Sequential of such");
  using type = typename BoundOrNoLayer<Description, In>::type;
};

/// Layers side by side. `Join` says how their outputs are joined:
///     static void put<Index>(workspace, out, y)          output number Index goes to y; they come in order
///     static auto gradient<Index>(workspace, frame, dy)  its gradient
/// The cache holds, for each branch, its own cache, then its output if its backward reads that.
template <class Join, ShapeType In, ShapeType Out, class... D>
class BranchesLayer : public Layer<In, Out> {
  using children = std::tuple<typename BranchOf<D, In>::type...>;
  template <std::size_t Index>
  using child = std::tuple_element_t<Index, children>;
  static constexpr std::size_t count = sizeof...(D);
  using indices = std::make_index_sequence<count>;

  template <class C>
  static constexpr std::size_t kept(std::size_t n) {
    return C::backward_reads_output ? aligned(C::output_shape::size * n) : 0;
  }
  template <class C>
  static constexpr std::size_t room(std::size_t n) {
    return aligned(C::cache_elements(n)) + kept<C>(n);
  }
  static constexpr std::size_t sum_before(std::size_t index, const std::array<std::size_t, count>& sizes) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < index; ++i) sum += sizes[i];
    return sum;
  }
  static constexpr std::size_t cache_offset(std::size_t index, std::size_t n) {
    return sum_before(index, {room<typename BranchOf<D, In>::type>(n)...});
  }
  static constexpr std::size_t parameter_offset(std::size_t index) {
    return sum_before(index, {BranchOf<D, In>::type::parameter_count...});
  }
  static constexpr std::size_t buffer_offset(std::size_t index) {
    return sum_before(index, {BranchOf<D, In>::type::buffer_count...});
  }
  static constexpr std::size_t largest_output() { return (std::max)({BranchOf<D, In>::type::output_shape::size...}); }

 public:
  static constexpr std::size_t parameter_count = parameter_offset(count);
  static constexpr std::size_t buffer_count = buffer_offset(count);
  static constexpr bool backward_reads_input = (BranchOf<D, In>::type::backward_reads_input || ...);
  static constexpr bool couples_samples = (BranchOf<D, In>::type::couples_samples || ...);
  static constexpr bool takes_indices = child<0>::takes_indices;
  static constexpr std::size_t added_tokens = child<0>::added_tokens;
  static constexpr bool has_step = (steps<typename BranchOf<D, In>::type> && ...);
  static constexpr std::size_t state_elements = (BranchOf<D, In>::type::state_elements + ...);
  static constexpr std::size_t longest_stream = (std::min)({BranchOf<D, In>::type::longest_stream...});
  using without_step = typename FirstWithoutStep<typename BranchOf<D, In>::type...>::type;
  static constexpr std::size_t cache_elements(std::size_t n) { return cache_offset(count, n); }
  static constexpr std::size_t gradient_elements(std::size_t n) {
    return aligned(largest_output() * n) + aligned(In::size * n) +
           (std::max)({BranchOf<D, In>::type::gradient_elements(n)...});
  }
  static constexpr std::size_t prediction_elements() {
    return (std::max)({BranchOf<D, In>::type::output_shape::size + BranchOf<D, In>::type::prediction_elements()...});
  }
  static constexpr std::uint64_t flop() {
    return sum_flop({BranchOf<D, In>::type::flop()..., Join::flop(count, Out::size)});
  }

  ODOT_COLD static void list_parameters(std::vector<ParameterInfo>& table, const std::string& prefix) {
    std::size_t i = 0;
    (BranchOf<D, In>::type::list_parameters(table, child_path<D>(prefix, i++)), ...);
  }
  ODOT_COLD static void list_buffers(std::vector<ParameterInfo>& table, const std::string& prefix) {
    std::size_t i = 0;
    (BranchOf<D, In>::type::list_buffers(table, child_path<D>(prefix, i++)), ...);
  }
  ODOT_COLD static void describe(LayerParts& parts) {
    LayerWords words(Join::name);
    (words.add(branch_words<typename BranchOf<D, In>::type>(parts.inner())), ...);
    parts.push_back(words.text());
  }
  template <class Scalar, class Visitor>
  ODOT_COLD static void visit_outputs(const Scalar* cache, std::size_t n, const std::string& prefix,
                                      const Visitor& visit) {
    std::size_t i = 0;
    (visit_branch<D>(cache, n, prefix, visit, i++), ...);
  }

  static void forward(auto pass, auto x, auto y) {
    using Scalar = typename decltype(y)::scalar;
    each_branch([&]<std::size_t Index>() {
      using C = child<Index>;
      auto frame = pass.workspace().frame();
      Scalar* const memory = pass.training() && C::backward_reads_output
                                 ? output_memory<Index>(pass, x.samples())
                                 : frame.template take<Scalar>(C::output_shape::size * x.samples());
      const BatchView<typename C::output_shape, Scalar, typename decltype(y)::device> out(memory, x.samples());
      detail::forward<C>(child_pass<Index>(pass, x.samples()), x, out);
      Join::template put<Index>(pass.workspace(), constant(out), y);
    });
  }

  static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
    using Device = typename decltype(dx)::device;
    using Scalar = typename decltype(dx)::scalar;
    each_branch([&]<std::size_t Index>() {
      using C = child<Index>;
      auto frame = pass.workspace().frame();
      const BatchView<typename C::output_shape, const Scalar, Device> out(
          C::backward_reads_output ? output_memory<Index>(pass, x.samples()) : nullptr, x.samples());
      const auto gradient = Join::template gradient<Index>(pass.workspace(), frame, dy);
      const auto input_gradient =
          Index > 0 && dx ? decltype(dx)(frame.template take<Scalar>(In::size * x.samples()), x.samples()) : dx;
      detail::backward<C>(child_pass<Index>(pass, x.samples()), x, out, gradient, input_gradient);
      if (Index > 0 && dx) kernels::Add<Device>::forward(pass.workspace(), constant(input_gradient), constant(dx), dx);
    });
  }

  static void step(auto pass, auto x, auto y, auto* state) {
    using Scalar = typename decltype(y)::scalar;
    each_branch([&]<std::size_t Index>() {
      using C = child<Index>;
      using Token = one_token<typename C::output_shape>;
      auto frame = pass.workspace().frame();
      const BatchView<Token, Scalar, typename decltype(y)::device> out(
          frame.template take<Scalar>(Token::size * x.samples()), x.samples());
      const std::size_t at = sum_before(Index, {BranchOf<D, In>::type::state_elements...});
      detail::step<std::tuple_element_t<Index, std::tuple<D...>>, C>(
          pass.template child<C>(Index, parameter_offset(Index), buffer_offset(Index), 0), x, out,
          state + at * x.samples());
      Join::template put<Index>(pass.workspace(), constant(out), y);
    });
  }

 private:
  template <class Body>
  static void each_branch(const Body& body) {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) { (body.template operator()<Index>(), ...); }(indices{});
  }
  template <std::size_t Index>
  static auto child_pass(const auto& pass, std::size_t n) {
    return pass.template child<child<Index>>(Index, parameter_offset(Index), buffer_offset(Index),
                                             pass.training() ? cache_offset(Index, n) : 0);
  }
  /// Where a branch's output is kept, if its backward reads it.
  template <std::size_t Index>
  static auto* output_memory(const auto& pass, std::size_t n) {
    return pass.cache() + cache_offset(Index, n) + aligned(child<Index>::cache_elements(n));
  }
  template <class S, class Scalar, class Device>
  static BatchView<S, const Scalar, Device> constant(BatchView<S, Scalar, Device> view) {
    return view;
  }

  template <class C>
  ODOT_COLD static std::string branch_words(LayerParts inner) {
    C::describe(inner);
    if (inner.empty()) return "identity";
    return inner.size() == 1 ? inner[0] : "(" + joined_layers(inner) + ")";
  }
  template <class Description, class Scalar>
  static void visit_branch(const Scalar* cache, std::size_t n, const std::string& prefix, const auto& visit,
                           std::size_t i) {
    using C = typename BranchOf<Description, In>::type;
    const std::string path = child_path<Description>(prefix, i);
    const Scalar* own = cache + cache_offset(i, n);
    C::visit_outputs(own, n, path, visit);
    if constexpr (C::backward_reads_output)
      visit(path, std::span<const Scalar>(own + aligned(C::cache_elements(n)), C::output_shape::size * n));
  }
};

}  // namespace odot::nn::detail
