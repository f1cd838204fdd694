#pragma once
// SPDX-License-Identifier: MIT
// require_range, require_held: options within their bounds, and within those of the network's scalar.

#include <cmath>
#include <limits>
#include <string>

#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"

namespace odot::optim {

namespace detail {

/// "0.001", "1e-50", "inf": the number to 9 digits, whatever the locale is.
ODOT_COLD inline std::string text_of(double value) { return number_text::general(value, 9); }

template <class Scalar>
constexpr const char* name_of_scalar() {
  return std::numeric_limits<Scalar>::digits == 24 ? "float" : "double";
}

ODOT_COLD inline void require_held_by(const char* name, double value, double least, const char* scalar, double most) {
  if (!(std::abs(value) <= most))
    throw ArgumentError(std::string("odot::optim: ") + name + " must be a number that " + scalar +
                        " holds, as the network is of " + scalar + ", found " + text_of(value));
  if (value != 0 && !(value >= least))
    throw ArgumentError(std::string("odot::optim: ") + name + " must be 0 or at least " + text_of(least) +
                        ", as the network is of " + scalar + ", found " + text_of(value));
}

[[noreturn]] ODOT_COLD inline void refuse_one(const char* name, double value, const char* scalar) {
  throw ArgumentError(std::string("odot::optim: ") + name + " is 1 in " + scalar +
                      ", the network's scalar: found 1 - " + text_of(1 - value) +
                      "; choose a smaller one, or a network of double");
}

}  // namespace detail

/// Throws ArgumentError unless `low` ≤ value < `high`: NaN fails too.
ODOT_COLD inline void require_range(const char* name, double value, double low, double high) {
  if (value >= low && value < high) return;
  throw ArgumentError(std::string("odot::optim: ") + name + " must be at least " + detail::text_of(low) +
                      " and less than " + detail::text_of(high) + ", found " + detail::text_of(value));
}

/// Throws ArgumentError if `value` is beyond the scalar's largest number, or not 0 but below `least`, the smallest that
/// does not vanish next to the numbers that it is combined with.
template <class Scalar>
void require_held(const char* name, double value,
                  double least = static_cast<double>(std::numeric_limits<Scalar>::denorm_min())) {
  detail::require_held_by(name, value, least, detail::name_of_scalar<Scalar>(),
                          static_cast<double>((std::numeric_limits<Scalar>::max)()));
}

/// Throws ArgumentError if a decay rounds to 1 in the scalar: nothing new would count.
template <class Scalar>
void require_below_one(const char* name, double value) {
  if (!(static_cast<Scalar>(value) < Scalar{1})) detail::refuse_one(name, value, detail::name_of_scalar<Scalar>());
}

}  // namespace odot::optim
