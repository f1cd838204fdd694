#pragma once
// SPDX-License-Identifier: MIT
// Named: a layer's name in the paths of parameters.

#include <cstddef>
#include <string>
#include <string_view>

#include "odot/core/config.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/name.hpp"

namespace odot::nn {

/// Gives a layer of a Sequential a name in parameter paths instead of its position; "" omits its level.
template <FixedString Text, class Description>
struct Named {
  static constexpr std::string_view name = Text.view();
  using description = Description;
  template <ShapeType In>
  using bind = typename detail::BoundTo<Description, In>::type;
};

namespace detail {

/// A description to which nn::Named gives a name.
template <class Description>
concept HasName = requires { std::string_view(Description::name); };

/// Path of a layer's parameters below `parent`: the layer's name, if it has one, or its position.
ODOT_COLD inline std::string child_path(const std::string& parent, const std::string_view* name, std::size_t position) {
  if (name) return name->empty() ? parent : parent + std::string(*name) + ".";
  return parent + std::to_string(position) + ".";
}
template <class Description>
std::string child_path(const std::string& parent, std::size_t position) {
  if constexpr (HasName<Description>) {
    const std::string_view name(Description::name);
    return child_path(parent, &name, position);
  } else {
    return child_path(parent, nullptr, position);
  }
}

}  // namespace detail

}  // namespace odot::nn
