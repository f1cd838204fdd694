#pragma once
// SPDX-License-Identifier: MIT
// Numbers of a training step that are not finite: what they are, where they were first seen, and the error that says
// so.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/view.hpp"
#include "odot/nn/parameters.hpp"

namespace odot::nn {

/// Numbers of a step with which a training can't continue.
enum class NonFinite {
  none,
  loss,            ///< NaN or infinite
  gradient,        ///< NaN or infinite in some elements
  large_gradient,  ///< finite, but beyond what the optimizer takes in some elements
  any_gradient,    ///< one of these two: they are counted on a device, without telling them apart
  gradient_norm    ///< that of a gradient whose elements are all finite
};

/// All that is known about it.
struct NonFiniteFinding {
  NonFinite what = NonFinite::none;
  std::string where = {};  ///< of a loss: what first showed it; of a gradient: the parameter; empty: not determined
  std::size_t count = 0, size = 0;  ///< elements of the gradient, and of the parameter
  double largest = 0;               ///< of large_gradient: the largest that the optimizer takes

  explicit operator bool() const { return what != NonFinite::none; }
};

/// The finding as an error to be thrown. `place` comes first in its text, such as "epoch 1, batch 2: ".
ODOT_COLD ODOT_FUNCTION NonFiniteError error_of(const NonFiniteFinding& finding, const std::string& place = "");

/// Classifies a step's numbers: its loss, and the number of gradient elements that the optimizer can't take.
inline NonFinite non_finite(double loss, std::int64_t beyond) {
  if (!std::isfinite(loss)) return NonFinite::loss;
  return beyond > 0 ? NonFinite::any_gradient : NonFinite::none;
}

/// Whether an element of `values`, memory of the device, is NaN or infinite.
template <DeviceType Device, class Scalar>
ODOT_COLD bool any_non_finite(std::span<Scalar> values) {
  for (const auto value : on_host<Device>(values))
    if (!std::isfinite(value)) return true;
  return false;
}

/// The first parameter, in the order of the backward pass, whose gradient has elements that are not finite; where all
/// are, the first with elements beyond `largest`. `gradients`: memory of the host, laid out as the table says.
template <class Scalar>
ODOT_COLD NonFiniteFinding non_finite_gradient(std::span<const Scalar> gradients,
                                               const std::vector<ParameterInfo>& table, Scalar largest) {
  const auto first_with = [&](NonFinite what, const auto& fails) {
    for (auto info = table.rbegin(); info != table.rend(); ++info) {
      std::size_t count = 0;
      for (const Scalar g : gradients.subspan(info->offset, info->size)) count += fails(g);
      if (count > 0) return NonFiniteFinding{what, info->name, count, info->size, static_cast<double>(largest)};
    }
    return NonFiniteFinding();
  };
  const auto infinite = first_with(NonFinite::gradient, [](Scalar g) { return !std::isfinite(g); });
  return infinite ? infinite
                  : first_with(NonFinite::large_gradient, [&](Scalar g) { return !(std::abs(g) <= largest); });
}

/// The first parameter that is not finite, of a block in a device's memory; empty where all are.
template <DeviceType Device, class Scalar>
ODOT_COLD std::string non_finite_parameter(std::span<Scalar> block, const std::vector<ParameterInfo>& table) {
  for (const auto& info : table)
    if (any_non_finite<Device>(block.subspan(info.offset, info.size))) return "parameter " + info.name;
  return {};
}

/// The first layer whose output is not finite, by what a training forward pass left in `cache` and by its result y;
/// empty where all are.
template <class Model, ShapeType Out, class Scalar, DeviceType Device>
ODOT_COLD std::string non_finite_output(Scalar* cache, BatchView<Out, Scalar, Device> y) {
  std::string where;
  Model::visit_outputs(cache, y.samples(), "", [&](const std::string& path, std::span<const Scalar> values) {
    if (where.empty() && any_non_finite<Device>(values))
      where = "the output of layer " + path.substr(0, path.size() - 1);
  });
  return where.empty() && any_non_finite<Device>(y.span()) ? "the output of the last layer" : where;
}

#if ODOT_DEFINITIONS

NonFiniteError error_of(const NonFiniteFinding& finding, const std::string& place) {
  const std::string elements = std::to_string(finding.count) + " of " + std::to_string(finding.size) + " elements";
  const std::string advice = "; lower the learning rate, or check the input data";
  switch (finding.what) {
    case NonFinite::loss:
      return NonFiniteError(place + "the loss is not finite" +
                            (finding.where.empty() ? "" : "; first seen in " + finding.where) + advice);
    case NonFinite::gradient:
      return NonFiniteError(place + "the gradient of " + finding.where + " is not finite in " + elements + advice);
    case NonFinite::large_gradient:
      return NonFiniteError(place + "the gradient of " + finding.where + " is beyond " +
                            number_text::general(finding.largest, 9) + " in " + elements +
                            ": more than the optimizer can take (the square of a larger one overflows); lower the "
                            "learning rate, set max_gradient_norm, or check the input data");
    case NonFinite::any_gradient:
      return NonFiniteError(place + "the gradient is not finite, or too large for the optimizer, in " +
                            std::to_string(finding.count) + " elements" + advice);
    case NonFinite::gradient_norm:
      return NonFiniteError(place + "the norm of the gradient is beyond the largest double" + advice);
    case NonFinite::none:
      break;
  }
  return NonFiniteError(place + "all numbers are finite");
}

#endif

}  // namespace odot::nn
