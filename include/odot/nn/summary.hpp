#pragma once
// SPDX-License-Identifier: MIT
// summary: what a model is made of, layer by layer.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/nn/branches.hpp"
#include "odot/nn/chain_layer.hpp"
#include "odot/nn/frozen.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/named.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/summary_table.hpp"

namespace odot {

namespace nn::detail {

/// A function's text that ends in "… T = odot::nn::Linear<10>]", or has it before a ';', as "Linear".
constexpr std::string_view name_in(std::string_view function) {
  const std::size_t begin = function.find("T = ");
  if (begin == std::string_view::npos) return "layer";
  std::string_view type = function.substr(begin + 4);
  int depth = 0;  // of parentheses and braces, as in "(anonymous namespace)"
  std::size_t end = 0, start = 0;
  for (; end < type.size(); ++end) {
    const char c = type[end];
    if (c == '(' || c == '{') ++depth;
    else if (c == ')' || c == '}') --depth;
    else if (depth == 0 && (c == '<' || c == ';' || c == ']')) break;
    else if (depth == 0 && c == ':') start = end + 1;
  }
  return type.substr(start, end - start);
}
template <class T>
constexpr std::string_view kind_of() {
#if defined(__GNUC__) || defined(__clang__)
  return name_in(__PRETTY_FUNCTION__);
#else
  return "layer";
#endif
}

/// The description inside of nn::Named.
template <class D>
struct Unnamed {
  using type = D;
};
template <FixedString Text, class D>
struct Unnamed<Named<Text, D>> : Unnamed<D> {};

/// The walk through a model's layers; sizes in elements.
class SummaryWalk {
 public:
  SummaryWalk(std::vector<LayerSummary>& layers, std::span<const BlockRange> frozen, std::size_t scalar)
      : layers_(layers), frozen_(frozen), scalar_(scalar) {}

  /// Appends the layer L that the description D has made, then its parts. `offset`: of its parameters. `kept`: what
  /// training keeps of its output; `written`: the memory that predict takes for its output.
  template <class D, class L>
  ODOT_COLD void add(std::string name, std::size_t depth, std::size_t offset, std::size_t kept, std::size_t written) {
    constexpr std::size_t many = std::size_t{1} << 12;  // so that the caches' rounding vanishes
    layers_.push_back({.kind = std::string(kind_of<typename Unnamed<D>::type>()),
                       .name = std::move(name),
                       .depth = depth,
                       .output_shape = {L::output_shape::extents.begin(), L::output_shape::extents.end()},
                       .parameters = L::parameter_count,
                       .frozen = frozen_in(offset, L::parameter_count),
                       .buffers = L::buffer_count,
                       .training_bytes = scalar_ * (L::cache_elements(many) / many + kept),
                       .evaluation_bytes = scalar_ * (L::prediction_elements() + written),
                       .flop = L::flop()});
    add_parts(static_cast<const L*>(nullptr), depth + 1, offset);
  }

 private:
  /// The parts of a chain. A single one without a name is the chain itself.
  template <ShapeType In, ShapeType Out, class... D, class... C>
  ODOT_COLD void add_parts(const ChainLayer<In, Chain<Out, Link<D, C>...>>*, std::size_t depth, std::size_t offset) {
    using Plan = ChainPlan<C...>;
    if constexpr (sizeof...(C) == 1 && (is_nameless<D>() && ...)) {
      (add_parts(static_cast<const C*>(nullptr), depth, offset), ...);
    } else {
      std::size_t i = 0;
      const auto add_one = [&]<class Description, class Part>() {
        const std::size_t slot = Plan::slot_table.slot[i];
        const bool own = i == 0 || slot != Plan::slot_table.slot[i - 1];
        const std::size_t size = Part::output_shape::size;
        add<Description, Part>(name_of<Description>(i), depth, offset + Plan::parameter_offset(i),
                               own && slot != Plan::own_slots ? size : 0, own ? size : 0);
        ++i;
      };
      (add_one.template operator()<D, C>(), ...);
    }
  }
  /// The branches of a layer.
  template <class Join, ShapeType In, ShapeType Out, class... D>
  ODOT_COLD void add_parts(const BranchesLayer<Join, In, Out, D...>*, std::size_t depth, std::size_t offset) {
    std::size_t i = 0;
    const auto add_one = [&]<class Description>() {
      using Part = typename BranchOf<Description, In>::type;
      constexpr std::size_t size = Part::output_shape::size;
      add<Description, Part>(name_of<Description>(i++), depth, offset, Part::backward_reads_output ? size : 0, size);
      offset += Part::parameter_count;
    };
    (add_one.template operator()<D>(), ...);
  }
  void add_parts(const void*, std::size_t, std::size_t) {}

  template <class D>
  static constexpr bool is_nameless() {
    if constexpr (HasName<D>) return std::string_view(D::name).empty();
    else return false;
  }
  template <class D>
  ODOT_COLD static std::string name_of(std::size_t position) {
    std::string name = child_path<D>("", position);
    if (!name.empty()) name.pop_back();
    return name;
  }

  ODOT_COLD std::size_t frozen_in(std::size_t offset, std::size_t size) const {
    std::size_t count = 0;
    for (const BlockRange& range : frozen_) {
      const std::size_t begin = (std::max)(offset, range.offset),
                        end = (std::min)(offset + size, range.offset + range.size);
      if (begin < end) count += end - begin;
    }
    return count;
  }

  std::vector<LayerSummary>& layers_;
  std::span<const BlockRange> frozen_;
  std::size_t scalar_;
};

template <class Model, class Scalar>
ODOT_COLD ModelSummary summary_of(std::span<const BlockRange> frozen, std::size_t training_bytes) {
  ModelSummary all{.input_shape = {Model::input_shape::extents.begin(), Model::input_shape::extents.end()},
                   .input_bytes = Model::input_shape::size * sizeof(InputNumber<Model, Scalar>),
                   .bytes_per_number = sizeof(Scalar),
                   .training_bytes = training_bytes};
  constexpr std::size_t output = Model::output_shape::size;
  SummaryWalk(all.layers, frozen, sizeof(Scalar)).add<Model, Model>("", 0, 0, output, output);
  return all;
}

}  // namespace nn::detail

/// A table of the model's layers: output shapes, parameters, memory and floating-point operations per sample.
///     std::cout << summary<ModelB>();
///     std::cout << summary(network);          knows what is frozen
/// Your own layer's FLOP are what its bind says: static constexpr std::uint64_t flop() (nn::Layer); "–" if it does not.
/// Memory is that of the numbers that layers keep for backward, or need at once in predict; a kernel's own scratch memory,
/// which does not grow with the batch, is left out.
template <nn::BoundLayer Model, class Scalar = float>
ODOT_COLD ModelSummary summary() {
  return nn::detail::summary_of<Model, Scalar>({}, Network<Model, Cpu, Scalar>::training_memory_per_sample);
}
template <class Model, DeviceType Device, class Scalar>
ODOT_COLD ModelSummary summary(const Network<Model, Device, Scalar>& network) {
  return nn::detail::summary_of<Model, Scalar>(network.frozen(),
                                               Network<Model, Device, Scalar>::training_memory_per_sample);
}

}  // namespace odot
