#pragma once
// SPDX-License-Identifier: MIT
// column_errors: how far forecasts are off, variable by variable.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/loader.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/pieces.hpp"

namespace odot {

/// Mean absolute and mean squared error.
struct ForecastError {
  double absolute = 0, squared = 0;

  double root() const { return std::sqrt(squared); }
};

/// Errors of forecasts: for every column of the targets, the mean over samples and steps.
/// Shapes  forecasts as the set's targets, [N, horizon, columns]
/// Errors  ArgumentError: not as many forecasts as targets, or none
template <class Scalar, ShapeType S, ShapeType T>
std::vector<ForecastError> column_errors(std::span<const Scalar> forecasts, const data::Windows<S, T>& set) {
  static_assert(T::rank == 2, "odot::column_errors: targets must be rank 2, [horizon, columns]");
  if (forecasts.size() != set.targets.size() || forecasts.empty())
    throw ArgumentError("odot::column_errors: expected as many forecasts as targets, " +
                        std::to_string(set.targets.size()) + " and at least one, found " +
                        std::to_string(forecasts.size()));
  constexpr std::size_t columns = T::extents[1];
  const double share = 1 / static_cast<double>(forecasts.size() / columns);
  std::vector<ForecastError> errors(columns);
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    const double off = static_cast<double>(forecasts[i]) - static_cast<double>(set.targets[i]);
    errors[i % columns].absolute += std::abs(off) * share;
    errors[i % columns].squared += off * off * share;
  }
  return errors;
}

/// A network's outputs for the windows of a set, in evaluation.
/// Shapes  → [N, horizon, columns]
/// Errors  compile time: outputs and targets differ in number;  ArgumentError: an empty set
template <class Model, class Device, class Scalar, ShapeType S, ShapeType T>
std::vector<Scalar> forecasts(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                              const data::Windows<S, T>& set) {
  using Out = typename Model::output_shape;
  static_assert(Out::size == T::size,
                "odot::column_errors: the network must have as many outputs as a sample has targets");
  data::Loader<data::Windows<S, T>, Scalar, Device> loader(set, nn::Pieces<Device>::evaluated(set.size()));
  Batch<Out, Scalar, Device> y(loader.size(0));
  std::vector<Scalar> forecasts;
  for (std::size_t b = 0; b < loader.count(); ++b) {
    const auto batch = loader.load(b, workspace);
    y.resize(batch.x.samples());
    network.predict(batch.x, y, workspace, batch.lengths);
    const auto outputs = on_host<Device>(std::span<const Scalar>(y.span()));
    forecasts.insert(forecasts.end(), outputs.begin(), outputs.end());
  }
  return forecasts;
}

/// The errors of a network's outputs.
/// Errors  as forecasts
template <class Model, class Device, class Scalar, ShapeType S, ShapeType T>
std::vector<ForecastError> column_errors(const Network<Model, Device, Scalar>& network, Workspace<Device>& workspace,
                                         const data::Windows<S, T>& set) {
  const std::vector<Scalar> found = forecasts(network, workspace, set);
  return column_errors(std::span<const Scalar>(found), set);
}

/// The baseline forecast: every step of the horizon is the last known step.
/// Shapes  → [N, horizon, columns]
/// Errors  compile time: windows and targets with different columns;  ArgumentError: values or targets for different
///         numbers of windows; windows with lengths, whose last step is not the last one known
template <ShapeType S, ShapeType T>
std::vector<float> last_step_repeated(const data::Windows<S, T>& set) {
  static_assert(T::rank == 2, "odot::last_step_repeated: targets must be rank 2, [horizon, columns]");
  constexpr std::size_t columns = T::extents[1], horizon = T::extents[0];
  static_assert(S::rank == 2 && S::extents[1] == columns,
                "odot::last_step_repeated: windows and targets must have the same columns");
  data::detail::whole(set);
  if (!set.lengths.empty())
    throw ArgumentError("odot::last_step_repeated: the windows of \"" + set.name +
                        "\" have lengths; expected windows without padding");
  std::vector<float> forecasts;
  for (std::size_t n = 0; n < set.size(); ++n)
    for (std::size_t step = 0; step < horizon; ++step) {
      const auto last = set.sample(n).template last<columns>();
      forecasts.insert(forecasts.end(), last.begin(), last.end());
    }
  return forecasts;
}

/// The mean over columns. With `units`, each column's errors are first multiplied by its unit, such as a
/// standardisation's deviation.
/// Errors  ArgumentError: not as many units as columns
inline ForecastError mean_error(std::span<const ForecastError> columns, std::span<const double> units = {}) {
  if (!units.empty() && units.size() != columns.size())
    throw ArgumentError("odot::mean_error: expected a unit for each of " + std::to_string(columns.size()) +
                        " columns, found " + std::to_string(units.size()));
  ForecastError mean;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const double unit = units.empty() ? 1 : units[c], share = 1 / static_cast<double>(columns.size());
    mean.absolute += columns[c].absolute * unit * share;
    mean.squared += columns[c].squared * unit * unit * share;
  }
  return mean;
}

}  // namespace odot
