#pragma once
// SPDX-License-Identifier: MIT
// Forecasting: a table of a series as windows for training, validation and test.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/table.hpp"

namespace odot::data {

/// The lengths in rows of a series' parts, which follow each other; later rows are not used.
struct Parts {
  std::size_t train, validation, test;
};

/// Windows of `Input` rows and the `Horizon` rows after them, all `Variables` columns of both, standardised by the
/// training part's mean and deviation. A window of validation or test may begin in the previous part; its targets do
/// not.
template <std::size_t Input, std::size_t Horizon, std::size_t Variables>
struct Forecasting {
  using set = Windows<Shape<Input, Variables>, Shape<Horizon, Variables>>;
  set train, validation, test;
  Standardisation scale;             ///< of the columns
  std::vector<std::string> columns;  ///< their names
};

/// Errors  ArgumentError: a table with another number of columns, or fewer rows than the parts; a part that is too
///         short for a window
template <std::size_t Input, std::size_t Horizon, std::size_t Variables>
Forecasting<Input, Horizon, Variables> forecasting(const Table& table, const Parts& parts, const std::string& name,
                                                   bool synthetic = false);

/// Subtracts each window's last step from its values and targets, so that the change is what is forecast. The
/// difference between a forecast and its target stays the same.
/// Errors  compile time: windows and targets with different columns;  ArgumentError: those of Dataset::subset
template <ShapeType S, ShapeType T>
void make_relative(Windows<S, T>& set) {
  constexpr std::size_t columns = S::extents[1];
  static_assert(S::rank == 2 && T::rank == 2 && T::extents[1] == columns,
                "odot::data::make_relative: windows and targets must have the same columns");
  detail::whole(set);
  for (std::size_t n = 0; n < set.size(); ++n) {
    const std::size_t values = n * S::size, targets = n * T::size;
    std::array<float, columns> last;
    std::copy_n(set.sample(n).data() + S::size - columns, columns, last.begin());
    for (std::size_t i = 0; i < S::size; ++i) set.values[values + i] -= last[i % columns];
    for (std::size_t i = 0; i < T::size; ++i) set.targets[targets + i] -= last[i % columns];
  }
}

/// The same for all parts.
template <std::size_t Input, std::size_t Horizon, std::size_t Variables>
void make_relative(Forecasting<Input, Horizon, Variables>& data) {
  for (auto* part : {&data.train, &data.validation, &data.test}) make_relative(*part);
}

namespace detail {

/// The windows whose targets lie in rows [begin, end), of rows [·, variables].
template <class Set>
Set windows(std::span<const float> rows, std::size_t begin, std::size_t end, const std::string& name, bool synthetic) {
  constexpr std::size_t variables = Set::shape::extents[1], input = Set::shape::extents[0];
  constexpr std::size_t horizon = Set::target_shape::extents[0];
  Set set{.name = name, .synthetic = synthetic};
  for (std::size_t target = begin; target + horizon <= end; ++target) {
    const auto x = rows.subspan((target - input) * variables, input * variables);
    const auto y = rows.subspan(target * variables, horizon * variables);
    set.values.insert(set.values.end(), x.begin(), x.end());
    set.targets.insert(set.targets.end(), y.begin(), y.end());
  }
  return set;
}

inline void require_parts(const Table& table, const Parts& parts, std::size_t variables, std::size_t input,
                          std::size_t horizon) {
  if (table.columns.size() != variables)
    throw ArgumentError("odot::data::forecasting: expected a table of " + std::to_string(variables) +
                        " columns, found " + std::to_string(table.columns.size()));
  const std::size_t rows = table.rows();  // compared so that no sum overflows
  if (parts.train > rows || parts.validation > rows - parts.train || parts.test > rows - parts.train - parts.validation)
    throw ArgumentError("odot::data::forecasting: expected a table of at least " + std::to_string(parts.train) + " + " +
                        std::to_string(parts.validation) + " + " + std::to_string(parts.test) + " rows, found " +
                        std::to_string(rows));
  if (parts.train < input + horizon || parts.validation < horizon || parts.test < horizon)
    throw ArgumentError("odot::data::forecasting: a part is shorter than a window: expected " +
                        std::to_string(input + horizon) + " rows to train and " + std::to_string(horizon) +
                        " of the others at least");
}

}  // namespace detail

template <std::size_t Input, std::size_t Horizon, std::size_t Variables>
Forecasting<Input, Horizon, Variables> forecasting(const Table& table, const Parts& parts, const std::string& name,
                                                   bool synthetic) {
  detail::require_parts(table, parts, Variables, Input, Horizon);
  const std::span<const double> all(table.values);
  const Standardisation scale = standardisation(all.first(parts.train * Variables), Variables);
  std::vector<float> rows(table.values.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] = static_cast<float>(scale.standardised(table.values[i], i % Variables));

  using Set = typename Forecasting<Input, Horizon, Variables>::set;
  const std::size_t validation = parts.train, test = validation + parts.validation, end = test + parts.test;
  return {detail::windows<Set>(rows, Input, validation, name, synthetic),
          detail::windows<Set>(rows, validation, test, name, synthetic),
          detail::windows<Set>(rows, test, end, name, synthetic), scale, table.columns};
}

}  // namespace odot::data
