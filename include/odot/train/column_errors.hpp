#pragma once
// SPDX-License-Identifier: MIT
// column_errors: how far a network's forecasts are off, variable by variable.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/sequence_loader.hpp"
#include "odot/data/windows.hpp"
#include "odot/nn/network.hpp"

namespace odot {

/// Mean absolute and mean squared error.
struct ForecastError {
  double absolute = 0, squared = 0;

  double root() const { return std::sqrt(squared); }
};

/// Errors of a network's outputs, for every column of the targets the mean over samples and steps.
/// Shapes  targets [N, horizon, columns], the network's output as many numbers a sample
/// Errors  compile time: another number of outputs than targets;  ArgumentError: an empty set
template <class Model, class Device, class Scalar, ShapeType S, ShapeType T>
std::vector<ForecastError> column_errors(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                                         const data::Windows<S, T>& set) {
  using Out = typename Model::output_shape;
  static_assert(T::rank == 2, "odot::column_errors: targets must be rank 2, [horizon, columns]");
  static_assert(Out::size == T::size, "odot::column_errors: the network must have as many outputs as a sample targets");
  constexpr std::size_t columns = T::extents[1];
  data::Loader<data::Windows<S, T>, Scalar, Device> loader(
      set, std::min<std::size_t>(set.size(), 4 * Device::piece_samples));
  Batch<Out, Scalar, Device> y(loader.size(0));
  std::vector<ForecastError> errors(columns);
  std::size_t at = 0;
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    y.resize(batch.x.samples());
    network.predict(batch.x, y, workspace, batch.lengths);
    const auto outputs = on_host<Device>(std::span<const Scalar>(y.span()));
    for (std::size_t i = 0; i < outputs.size(); ++i, ++at) {
      const double off = static_cast<double>(outputs[i]) - static_cast<double>(set.targets[at]);
      errors[at % columns].absolute += std::abs(off);
      errors[at % columns].squared += off * off;
    }
  }
  const double count = static_cast<double>(set.targets.size() / columns);
  for (ForecastError& error : errors) error = {error.absolute / count, error.squared / count};
  return errors;
}

/// The mean over columns; with `units`, each column's errors in units of its own, such as a standardisation's deviation.
inline ForecastError mean_error(std::span<const ForecastError> columns, std::span<const double> units = {}) {
  ForecastError mean;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double unit = units.empty() ? 1 : units[c], share = 1 / static_cast<double>(columns.size());
    mean.absolute += columns[c].absolute * unit * share;
    mean.squared += columns[c].squared * unit * unit * share;
  }
  return mean;
}

}  // namespace odot
