#pragma once
// SPDX-License-Identifier: MIT
// Table: named columns of numbers, and Standardisation of columns.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"

namespace odot::data {

/// Rows of numbers under named columns.
struct Table {
  std::vector<std::string> columns;
  std::vector<double> values;  ///< [rows, columns]

  std::size_t rows() const { return columns.empty() ? 0 : values.size() / columns.size(); }

  /// One row, r < rows().
  std::span<const double> row(std::size_t r) const { return {values.data() + r * columns.size(), columns.size()}; }
};

/// Mean and standard deviation of every column, and what they make of a number: (value − mean)/deviation.
struct Standardisation {
  std::vector<double> mean, deviation;

  double standardised(double value, std::size_t column) const { return (value - mean[column]) / deviation[column]; }
  double original(double value, std::size_t column) const { return value * deviation[column] + mean[column]; }
};

/// Mean and deviation (of the population: over N) of each column of rows one after the other; a column whose values are
/// all the same gets the deviation 1.
/// Shapes  values [rows, columns]
/// Errors  ArgumentError: no rows, or an incomplete one
template <class Scalar>
Standardisation standardisation(std::span<const Scalar> values, std::size_t columns) {
  if (columns == 0 || values.empty() || values.size() % columns != 0)
    throw ArgumentError("odot::data::standardisation: expected rows of " + std::to_string(columns) +
                        " numbers, one or more, found " + std::to_string(values.size()) + " numbers");
  const auto rows = static_cast<double>(values.size() / columns);
  Standardisation scale{std::vector<double>(columns), std::vector<double>(columns)};
  for (std::size_t i = 0; i < values.size(); ++i) scale.mean[i % columns] += static_cast<double>(values[i]) / rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double distance = static_cast<double>(values[i]) - scale.mean[i % columns];
    scale.deviation[i % columns] += distance * distance / rows;
  }
  for (std::size_t c = 0; c < columns; ++c) {
    // Of equal values, the mean differs from them by rounding alone.
    const double rounding = 1e-12 * std::abs(scale.mean[c]), deviation = std::sqrt(scale.deviation[c]);
    scale.deviation[c] = deviation > rounding ? deviation : 1;
  }
  return scale;
}

}  // namespace odot::data
