#pragma once
// SPDX-License-Identifier: MIT
// What losses add up over samples, and the labels that they are compared with.

#include <cstddef>
#include <cstdint>
#include <string>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"

namespace odot::kernels {

/// What a loss adds up over samples.
struct LossSums {
  double loss = 0;           ///< Σ over the samples; of a likelihood in nats
  std::int64_t correct = 0;  ///< samples whose largest output is the label's (is_largest); 0 where there are no labels
  std::int64_t samples = 0;
};

/// Whether row[label] is the largest of a sample's outputs, and the first of those as large. A sample with an output that is
/// NaN has no largest one.
template <class S>
ODOT_HOST_DEVICE bool is_largest(const S* row, std::size_t classes, std::size_t label) {
  const S own = row[label];
  int others = 0;  // larger, or not to be compared
  for (std::size_t k = 0; k < classes; ++k) others += !(row[k] <= own);
  for (std::size_t k = 0; others == 0 && k < label; ++k) others += row[k] == own;
  return others == 0;
}

/// The label of sample n as an index. Throws ArgumentError, in the name of `loss`, where it is outside [0, classes).
inline std::size_t checked_label(const char* loss, std::int32_t label, std::size_t n, std::size_t classes) {
  if (label < 0 || static_cast<std::size_t>(label) >= classes)
    throw ArgumentError(std::string("odot::") + loss + ": label of sample " + std::to_string(n) + ": expected 0 to " +
                        std::to_string(classes - 1) + ", found " + std::to_string(label));
  return static_cast<std::size_t>(label);
}

}  // namespace odot::kernels
