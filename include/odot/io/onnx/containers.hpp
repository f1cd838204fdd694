#pragma once
// SPDX-License-Identifier: MIT
// How layers that contain layers are exported to ONNX.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "odot/io/onnx/image_layers.hpp"
#include "odot/io/onnx/walk.hpp"
#include "odot/nn/add.hpp"
#include "odot/nn/branches.hpp"
#include "odot/nn/concat.hpp"
#include "odot/nn/gate.hpp"
#include "odot/nn/residual.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::io::onnx {

namespace detail {

/// What each branch makes of x.
template <ShapeType In, class... Branches>
std::vector<Value> put_branches(const Scope& scope, const Value& x) {
  std::vector<Value> outputs;
  std::size_t position = 0;
  const auto put_one = [&]<class B>() {
    const Scope branch = scope.at(nn::detail::child_path<B>(scope.path(), position++));
    outputs.push_back(put_layer<B, typename nn::detail::BranchOf<B, In>::type>(branch, x));
  };
  (put_one.template operator()<Branches>(), ...);
  return outputs;
}

}  // namespace detail

template <class... Layers, BoundBy<nn::Residual<Layers...>> L>
Value put(const nn::Residual<Layers...>*, Bound<L>, const Scope& scope, const Value& x) {
  using F = nn::Sequential<typename L::input_shape, Layers...>;
  return scope.add(detail::put_chain(static_cast<const F*>(nullptr), scope, x), x);
}

template <class... Layers, BoundBy<nn::Gate<Layers...>> L>
Value put(const nn::Gate<Layers...>*, Bound<L>, const Scope& scope, const Value& x) {
  using F = nn::Sequential<typename L::input_shape, Layers...>;
  Value factors = detail::put_chain(static_cast<const F*>(nullptr), scope, x);
  if (factors.dims.size() < x.dims.size()) factors = scope.unsqueeze(factors, {2, 3});
  return scope.multiply(x, factors);
}

template <class... B, BoundBy<nn::Add<B...>> L>
Value put(const nn::Add<B...>*, Bound<L>, const Scope& scope, const Value& x) {
  const auto outputs = detail::put_branches<typename L::input_shape, B...>(scope, x);
  Value sum = outputs.front();
  for (std::size_t i = 1; i < outputs.size(); ++i) sum = scope.add(sum, outputs[i]);
  return sum;
}

template <class... B, BoundBy<nn::Concat<B...>> L>
Value put(const nn::Concat<B...>*, Bound<L>, const Scope& scope, const Value& x) {
  constexpr std::size_t axis = 1 + nn::detail::concat_axis<typename L::output_shape>;
  return scope.concat(detail::put_branches<typename L::input_shape, B...>(scope, x), static_cast<std::int64_t>(axis));
}

}  // namespace odot::io::onnx
