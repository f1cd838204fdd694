#pragma once
// SPDX-License-Identifier: MIT
// Table: named columns of numbers, and Standardisation of columns.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"

namespace odot::data {

/// Rows of numbers under named columns.
struct Table {
  std::vector<std::string> columns = {};
  std::vector<double> values = {};  ///< [rows, columns]
  std::vector<std::vector<std::string>> categories =
      {};  ///< [columns]: the names that a column's numbers 0, 1, … stand
           ///< for, none where numbers are numbers; none at all: no names

  std::size_t rows() const { return columns.empty() ? 0 : values.size() / columns.size(); }

  /// One row, r < rows().
  std::span<const double> row(std::size_t r) const { return {values.data() + r * columns.size(), columns.size()}; }

  /// The index of the first column of this name. Throws ArgumentError, listing all names, for an unknown name.
  std::size_t column(const std::string& name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
    std::string known;
    for (const std::string& each : columns) known += (known.empty() ? "" : ", ") + each;
    throw ArgumentError("odot::data::Table: no column is called \"" + name + "\"; there are: " + known);
  }

  /// Whether a column's numbers stand for names, column < columns.size().
  bool is_category(std::size_t column) const { return column < categories.size() && !categories[column].empty(); }
};

/// Mean and standard deviation of every column, with which a number becomes (value − mean)/deviation.
struct Standardisation {
  std::vector<double> mean, deviation;

  double standardised(double value, std::size_t column) const { return (value - mean[column]) / deviation[column]; }
  double original(double value, std::size_t column) const { return value * deviation[column] + mean[column]; }
};

namespace detail {

/// Mean over the rows of number(value, column), for every column. It adds up sums over 1024 rows, so that rounding
/// errors grow with rows / 1024, not with rows.
template <class Scalar, class Number>
std::vector<double> column_means(std::span<const Scalar> values, std::size_t columns, const Number& number) {
  const std::size_t block = 1024 * columns;
  std::vector<double> sums(columns), part(columns);
  for (std::size_t begin = 0; begin < values.size(); begin += block) {
    std::fill(part.begin(), part.end(), 0.0);
    for (std::size_t i = begin; i < (std::min)(begin + block, values.size()); ++i)
      part[i % columns] += number(static_cast<double>(values[i]), i % columns);
    for (std::size_t c = 0; c < columns; ++c) sums[c] += part[c];
  }
  for (double& sum : sums) sum /= static_cast<double>(values.size() / columns);
  return sums;
}

}  // namespace detail

/// Mean and deviation (of the population: over N) of each column. A column whose values are all the same, to 12 digits,
/// gets the deviation 1.
/// Shapes  values [rows, columns]
/// Errors  ArgumentError: no rows, or an incomplete one; a column with a number that is not finite, or whose square is
///         not finite
template <class Scalar>
Standardisation standardisation(std::span<const Scalar> values, std::size_t columns) {
  if (columns == 0 || values.empty() || values.size() % columns != 0)
    throw ArgumentError("odot::data::standardisation: expected rows of " + std::to_string(columns) +
                        " numbers, one or more, found " + std::to_string(values.size()) + " numbers");
  // Distances from the first row: in a column of equal values they are exactly 0.
  const auto first = [&](std::size_t c) { return static_cast<double>(values[c]); };
  Standardisation scale;
  scale.mean = detail::column_means(values, columns, [&](double v, std::size_t c) { return v - first(c); });
  for (std::size_t c = 0; c < columns; ++c) scale.mean[c] += first(c);
  scale.deviation = detail::column_means(values, columns, [&](double v, std::size_t c) {
    const double distance = v - scale.mean[c];
    return distance * distance;
  });
  for (std::size_t c = 0; c < columns; ++c) {
    if (!std::isfinite(scale.deviation[c]))
      throw ArgumentError("odot::data::standardisation: column " + std::to_string(c) +
                          " has a number that is not finite, or too large to be squared; check the data");
    // If values differ only by rounding, the deviation is only rounding error.
    const double rounding = 1e-12 * std::abs(scale.mean[c]), deviation = std::sqrt(scale.deviation[c]);
    scale.deviation[c] = deviation > rounding ? deviation : 1;
  }
  return scale;
}

/// Standardises rows, for instance a new sample for a network that was trained on standardised ones.
/// Shapes  values [rows, columns]
/// Errors  ArgumentError: an incomplete row
inline void standardise(std::span<float> values, const Standardisation& scale) {
  const std::size_t columns = scale.mean.size();
  if (columns == 0 || values.size() % columns != 0)
    throw ArgumentError("odot::data::standardise: expected rows of " + std::to_string(columns) + " numbers, found " +
                        std::to_string(values.size()) + " numbers");
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(scale.standardised(static_cast<double>(values[i]), i % columns));
}

}  // namespace odot::data
