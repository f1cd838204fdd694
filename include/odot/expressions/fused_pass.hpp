#pragma once
// SPDX-License-Identifier: MIT
// One pass over samples that stores maps and adds up sums over the samples.

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "odot/expressions/passes.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::expressions::detail {

/// An element-wise entry, resolved: what is stored of each element.
template <class F, class Elements, class Value>
struct MapEntry {
  Elements target;
  Value value;
};
/// A sum over samples, resolved: its terms, and where the total goes.
template <class F, class Elements, class Value>
struct SumEntry {
  Elements target;
  Value value;
  using function = F;
};

/// Maps and sums over samples in one pass over [samples, Target].
template <class Space, class Maps, class Sums>
struct FusedPass;
template <class Space, class... Map_, class... Sum_>
struct FusedPass<Space, Nodes<Map_...>, Nodes<Sum_...>> {
  Nodes<Map_...> maps;
  Nodes<Sum_...> sums;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    using Number = typename Run::Number;
    const auto all =
        sums.apply([&](const auto&... sum) { return kernels::terms(load_number<Space>(sum.value, run)...); });
    maps.apply([&](const auto&... map) {
      const Number values[] = {load_number<Space>(map.value, run)...};
      std::size_t next = 0;
      (map.target.template store<Space>(run, values[next++]), ...);
      return 0;
    });
    return all;
  }
  template <class Run, class Totals>
  ODOT_HOST_DEVICE void finish(const Run& run, const Totals& totals) const {
    sums.apply([&](const auto&... sum) {
      std::size_t next = 0;
      (store(run, sum, totals[next++]), ...);
      return 0;
    });
  }

 private:
  template <class Run, class Entry_, class Number>
  static ODOT_HOST_DEVICE void store(const Run& run, const Entry_& sum, const Number& total) {
    using F = typename Entry_::function;
    if constexpr (F::reads) run.store(sum.target.data, F()(run.load(sum.target.data), total));
    else run.store(sum.target.data, total);
  }
};

template <class E>
inline constexpr bool is_sum = false;
template <class F, class Elements, class Value>
inline constexpr bool is_sum<SumEntry<F, Elements, Value>> = true;

/// The entries of one kind.
template <bool Sums>
auto of_kind() {
  return std::tuple<>();
}
template <bool Sums, class First, class... Rest>
auto of_kind(const First& first, const Rest&... rest) {
  if constexpr (is_sum<First> == Sums) return std::tuple_cat(std::make_tuple(first), of_kind<Sums>(rest...));
  else return of_kind<Sums>(rest...);
}
template <class... E>
auto as_nodes(const std::tuple<E...>& entries) {
  return std::apply([](const E&... entry) { return Nodes<E...>(entry...); }, entries);
}

/// The shape that entries are passes over.
template <class E>
struct PassOf {
  using shape = typename decltype(E::target)::shape;
  static constexpr bool batched = decltype(E::target)::batched;
  static constexpr std::size_t samples(const E& entry) { return entry.target.samples(); }
};
template <class F, class Elements, class Value>
struct PassOf<SumEntry<F, Elements, Value>> {
  using shape = typename Value::shape;
  static constexpr bool batched = Value::batched;
  static constexpr std::size_t samples(const SumEntry<F, Elements, Value>& entry) { return entry.value.samples(); }
};

template <class First, class... Rest>
inline constexpr bool one_pass = ((std::is_same_v<typename PassOf<First>::shape, typename PassOf<Rest>::shape> &&
                                   PassOf<First>::batched == PassOf<Rest>::batched) &&
                                  ...);

}  // namespace odot::expressions::detail
