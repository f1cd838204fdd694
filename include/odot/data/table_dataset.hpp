#pragma once
// SPDX-License-Identifier: MIT
// dataset: a table's columns as samples with labels, or with numbers, as targets.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/table.hpp"

namespace odot::data {

/// Which columns of a table become what.
struct TableColumns {
  std::vector<std::string> targets = {};   ///< the label's column, or those of the target's numbers, in their order
  std::vector<std::string> features = {};  ///< a sample's values, in their order; empty: all columns but the targets
  std::vector<std::string> classes = {};   ///< names of the labels 0, 1, …; empty: those that occur, in ascending order
};

/// Makes every row a sample of shape S. Labels are a column of names (CsvOptions::categories) or of numbers, one class
/// for each number that occurs; Dataset::classes has their names. If the targets are numbers, give their shape.
///     const data::Table table = data::read_csv("iris.csv", {.categories = {"species"}});
///     auto split = data::hold_out(data::dataset<Shape<4>>(table, {.targets = {"species"}}), 5, 0, Seed{1});
///     data::standardise(split);                                     // by the training samples
///     data::dataset<Shape<8>, Shape<1>>(houses, {.targets = {"price"}})
/// For a second file with the same labels, give `.classes = train.classes`: then labels have the same numbers in both,
/// even if a class is missing in the second.
/// Errors  ArgumentError: no whole rows; no such column; not exactly one column for labels; a number of features or
///         targets that does not fit the shapes; a number that is not finite or that a float can't hold; a label that
///         is not in `classes`
template <ShapeType S, class Target = std::int32_t>
Dataset<S, float, Target> dataset(const Table& table, const TableColumns& columns, const std::string& name = "table");

namespace detail {

/// The indices of the columns. Throws unless there are `expected` of them.
ODOT_FUNCTION std::vector<std::size_t> column_indices(const Table& table, const std::vector<std::string>& names,
                                                      const char* what, std::size_t expected, const std::string& shape);
/// Names of all columns that are not targets.
ODOT_FUNCTION std::vector<std::string> other_columns(const Table& table, const std::vector<std::string>& targets);
/// A number of the table as a float.
ODOT_FUNCTION float table_number(const Table& table, std::size_t row, std::size_t column);
/// The name of a row's label: the category, or the number as text.
ODOT_FUNCTION std::string label_name(const Table& table, std::size_t row, std::size_t column);
/// The names of all labels of a column: its categories, or the numbers that occur, in ascending order.
ODOT_FUNCTION std::vector<std::string> label_names(const Table& table, std::size_t column);
/// Every row's label as the index of its class.
ODOT_FUNCTION std::vector<std::int32_t> table_labels(const Table& table, std::size_t column,
                                                     const std::vector<std::string>& classes);

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::vector<std::size_t> column_indices(const Table& table, const std::vector<std::string>& names,
                                                      const char* what, std::size_t expected,
                                                      const std::string& shape) {
  if (names.size() != expected)
    throw ArgumentError(std::string("odot::data::dataset: expected ") + std::to_string(expected) + " columns of " +
                        what + ", as " + shape + " has, found " + std::to_string(names.size()));
  std::vector<std::size_t> found;
  for (const std::string& name : names) found.push_back(table.column(name));
  return found;
}

ODOT_FUNCTION std::vector<std::string> other_columns(const Table& table, const std::vector<std::string>& targets) {
  std::vector<std::string> others;
  for (const std::string& name : table.columns)
    if (std::find(targets.begin(), targets.end(), name) == targets.end()) others.push_back(name);
  return others;
}

ODOT_FUNCTION float table_number(const Table& table, std::size_t row, std::size_t column) {
  const double value = table.row(row)[column];
  if (!(std::abs(value) <= double{(std::numeric_limits<float>::max)()}))
    throw ArgumentError("odot::data::dataset: row " + std::to_string(row) + " of column \"" + table.columns[column] +
                        "\": expected a finite number that a float can hold, found " + number_text::shortest(value));
  return static_cast<float>(value);
}

ODOT_FUNCTION std::string label_name(const Table& table, std::size_t row, std::size_t column) {
  const double label = table.row(row)[column];
  if (!table.is_category(column)) return number_text::shortest(label + 0.0);  // −0 is 0
  const std::vector<std::string>& names = table.categories[column];
  if (!(label >= 0 && label < static_cast<double>(names.size())))
    throw ArgumentError("odot::data::dataset: row " + std::to_string(row) + " of column \"" + table.columns[column] +
                        "\": there is no category " + number_text::shortest(label) + "; there are " +
                        std::to_string(names.size()));
  return names[static_cast<std::size_t>(label)];
}

ODOT_FUNCTION std::vector<std::string> label_names(const Table& table, std::size_t column) {
  if (table.is_category(column)) return table.categories[column];
  std::vector<double> values;
  for (std::size_t r = 0; r < table.rows(); ++r) values.push_back(table.row(r)[column]);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<std::string> names;
  for (const double value : values) names.push_back(number_text::shortest(value + 0.0));
  return names;
}

ODOT_FUNCTION std::vector<std::int32_t> table_labels(const Table& table, std::size_t column,
                                                     const std::vector<std::string>& classes) {
  std::unordered_map<std::string_view, std::int32_t> indices;  // of equal names, the first one's
  for (std::size_t i = 0; i < classes.size(); ++i) indices.emplace(classes[i], static_cast<std::int32_t>(i));
  std::vector<std::int32_t> labels;
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const std::string label = label_name(table, r, column);
    const auto found = indices.find(label);
    if (found == indices.end())
      throw ArgumentError("odot::data::dataset: row " + std::to_string(r) + " of column \"" + table.columns[column] +
                          "\": the label \"" + label + "\" is none of the classes");
    labels.push_back(found->second);
  }
  return labels;
}

#endif

}  // namespace detail

template <ShapeType S, class Target>
Dataset<S, float, Target> dataset(const Table& table, const TableColumns& columns, const std::string& name) {
  using Set = Dataset<S, float, Target>;
  if (table.values.size() != table.rows() * table.columns.size())
    throw ArgumentError("odot::data::dataset: a table of " + std::to_string(table.columns.size()) + " columns has " +
                        std::to_string(table.values.size()) + " values, which are no whole rows");
  const auto targets =
      detail::column_indices(table, columns.targets, "targets", Set::target_shape::size,
                             std::is_same_v<Target, std::int32_t> ? "a label" : Set::target_shape::to_string());
  const auto features = detail::column_indices(
      table, columns.features.empty() ? detail::other_columns(table, columns.targets) : columns.features, "features",
      S::size, S::to_string());
  Set set{.name = name, .classes = columns.classes};
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const std::size_t column : features) set.values.push_back(detail::table_number(table, row, column));
    if constexpr (!std::is_same_v<Target, std::int32_t>)
      for (const std::size_t column : targets) set.targets.push_back(detail::table_number(table, row, column));
  }
  if constexpr (std::is_same_v<Target, std::int32_t>) {
    for (std::size_t row = 0; row < table.rows(); ++row) detail::table_number(table, row, targets.front());
    if (set.classes.empty()) set.classes = detail::label_names(table, targets.front());
    set.targets = detail::table_labels(table, targets.front(), set.classes);
  }
  return set;
}

}  // namespace odot::data
