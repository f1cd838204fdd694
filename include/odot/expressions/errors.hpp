#pragma once
// SPDX-License-Identifier: MIT
// What evaluation throws. Apart from the templates that find the faults, so that each text is compiled once, not once per
// expression.

#include <cstddef>
#include <string>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"

namespace odot::expressions::detail {

/// Shape::to_string of a shape.
using ShapeText = std::string (*)();

[[noreturn]] ODOT_NOINLINE inline void throw_empty_operand(ShapeText shape) {
  throw ArgumentError("odot: an operand " + shape() + " of an expression is an empty view, which has no elements");
}
[[noreturn]] ODOT_NOINLINE inline void throw_other_samples(std::size_t expected, std::size_t found) {
  throw ArgumentError("odot: an expression of batches of " + std::to_string(expected) + " and of " +
                      std::to_string(found) + " samples; all must have as many as the target");
}
[[noreturn]] ODOT_NOINLINE inline void throw_other_target(std::size_t samples, std::size_t of_target, ShapeText shape) {
  throw ArgumentError("odot: an expression of " + std::to_string(samples) +
                      " samples can't be assigned to a batch of " + std::to_string(of_target) + " × " + shape());
}
[[noreturn]] ODOT_NOINLINE inline void throw_overlap(ShapeText shape) {
  throw ArgumentError(
      "odot: an assignment to " + shape() +
      " would read elements that it has overwritten: target and operand share memory, but not element by "
      "element; write eval(…) around the right side");
}

}  // namespace odot::expressions::detail
