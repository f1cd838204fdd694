#pragma once
// SPDX-License-Identifier: MIT
// How a layer declares its parameters and buffers: names, shapes, initial values; and their run-time table.

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "odot/core/shape.hpp"
#include "odot/nn/name.hpp"

namespace odot::nn {

/// How a parameter or buffer starts.
enum class Init {
  drawn,              ///< drawn from N(0, σ²), σ chosen for the whole network (see nn/init.hpp)
  drawn_elementwise,  ///< the same, but every weight multiplies one element: fan-in and fan-out are 1
  zero,
  one,
};

/// One named array of a layer. With a `Precision` other than 0 it is drawn from N(0, 1/Precision), whatever the
/// network's rule says.
template <FixedString Text, ShapeType S, Init Initial = Init::drawn, std::size_t Precision = 0>
struct Parameter {
  static_assert(Precision == 0 || Initial == Init::drawn, "odot::nn::Parameter: a precision is for Init::drawn");
  using shape = S;
  static constexpr std::string_view name = Text.view();
  static constexpr Init init = Initial;
  static constexpr std::size_t precision = Precision;
  static constexpr bool present = true;
  /// The same with `Prefix` before its name.
  template <FixedString Prefix>
  using prefixed = Parameter<Prefix + Text, S, Initial, Precision>;
};

/// An array that a layer has if Present, usually one of its options, is true. If it is false, the array takes no memory
/// and is in no table; pass.parameter_or_empty(name) is then an empty view.
template <bool Present, FixedString Text, ShapeType S, Init Initial = Init::drawn, std::size_t Precision = 0>
struct OptionalParameter : Parameter<Text, S, Initial, Precision> {
  static constexpr bool present = Present;
  template <FixedString Prefix>
  using prefixed = OptionalParameter<Present, Prefix + Text, S, Initial, Precision>;
};

/// The row of a parameter in the network's table.
struct ParameterInfo {
  std::string name;                ///< dotted path, "0.conv.weight"
  std::size_t offset = 0;          ///< elements from the start of the block
  std::size_t size = 0;            ///< elements
  std::vector<std::size_t> shape;  ///< extents
  Init init = Init::drawn;
  double deviation = 0;  ///< of its initial weights, if its layer fixes that; 0: the network's rule does

  std::size_t fan_in() const { return init == Init::drawn_elementwise || shape.empty() ? 1 : size / shape[0]; }
  std::size_t fan_out() const { return init == Init::drawn_elementwise || shape.size() < 2 ? 1 : size / shape[1]; }
};

namespace detail {
/// Appends a row to a table whose arrays lie one after the other.
ODOT_COLD inline void append_row(std::vector<ParameterInfo>& table, const std::string& prefix, std::string_view name,
                                 std::size_t size, std::span<const std::size_t> extents, Init init,
                                 std::size_t precision) {
  const std::size_t offset = table.empty() ? 0 : table.back().offset + table.back().size;
  table.push_back({prefix + std::string(name),
                   offset,
                   size,
                   {extents.begin(), extents.end()},
                   init,
                   precision == 0 ? 0.0 : 1 / std::sqrt(static_cast<double>(precision))});
}
}  // namespace detail

/// The arrays of a layer, one after the other without gaps.
template <class... P>
struct Parameters {
 private:
  template <class One>
  static constexpr std::size_t size_of = One::present ? One::shape::size : 0;

 public:
  static constexpr std::size_t count = (std::size_t{0} + ... + std::size_t{P::present});
  static constexpr std::size_t size = (std::size_t{0} + ... + size_of<P>);  // elements

  /// Offset in elements of the array called `name`.
  template <class N>
  static constexpr std::size_t offset(N /*name*/) {
    std::size_t at = 0, found = size;
    ((P::name == N::text ? (found = at) : (at += size_of<P>)), ...);
    return found;
  }

  /// Shape of the array called `name`.
  template <class N>
  static constexpr auto shape_of(N /*name*/) {
    constexpr bool known = ((P::name == N::text) || ...);
    static_assert(known, "odot::nn: the layer declares no parameter or buffer of this name");
    return first_named<N, P...>();
  }

  /// Whether the array called `name` is an OptionalParameter that is absent.
  template <class N>
  static constexpr bool lacks(N /*name*/) {
    return ((P::name == N::text && !P::present) || ...);
  }

  /// The same with `Prefix` before the names.
  template <FixedString Prefix>
  using prefixed = Parameters<typename P::template prefixed<Prefix>...>;

  /// Appends the arrays to a table whose arrays lie one after the other.
  static void list(std::vector<ParameterInfo>& table, const std::string& prefix) { (append<P>(table, prefix), ...); }

 private:
  template <class N, class First, class... Rest>
  static constexpr auto first_named() {
    if constexpr (First::name == N::text || sizeof...(Rest) == 0) return typename First::shape{};
    else return first_named<N, Rest...>();
  }

  template <class One>
  ODOT_COLD static void append(std::vector<ParameterInfo>& table, const std::string& prefix) {
    using S = typename One::shape;
    if constexpr (One::present)
      detail::append_row(table, prefix, One::name, S::size, S::extents, One::init, One::precision);
  }
};

/// Both lists, one after the other.
template <class... A, class... B>
constexpr Parameters<A..., B...> operator+(Parameters<A...>, Parameters<B...>) {
  return {};
}

/// The table of a model's parameters, or of its buffers; `list` is the function that lists them.
ODOT_COLD inline std::vector<ParameterInfo> listed(void (*list)(std::vector<ParameterInfo>&, const std::string&)) {
  std::vector<ParameterInfo> table;
  list(table, "");
  return table;
}

}  // namespace odot::nn
