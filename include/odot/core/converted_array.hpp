#pragma once
// SPDX-License-Identifier: MIT
// Arrays of snapshots as arrays of another floating-point type.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/half.hpp"
#include "odot/core/scalar_type.hpp"
#include "odot/core/shown_name.hpp"
#include "odot/core/snapshot.hpp"

namespace odot {

/// The numbers of an array of F64, F32, F16 or BF16 as another of these types, rounded to the nearest.
struct ConvertedArray {
  Snapshot::Array array;
  std::size_t overflowed = 0;  ///< finite numbers that became infinite
};
ODOT_FUNCTION ConvertedArray converted(const Snapshot::Array& array, ScalarType type);

#if ODOT_DEFINITIONS

namespace detail {

template <class T>
T number_at(const std::byte* bytes) {
  T number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

/// The number that lies at `bytes`, of a floating-point type.
inline double read_floating(ScalarType type, const std::byte* bytes) {
  switch (type) {
    case ScalarType::f64:
      return number_at<double>(bytes);
    case ScalarType::f32:
      return static_cast<double>(number_at<float>(bytes));
    default:
      return half::to_double(number_at<std::uint16_t>(bytes),
                             type == ScalarType::f16 ? half::binary16 : half::bfloat16);
  }
}

/// The same the other way round. Returns the number that was written.
inline double write_floating(ScalarType type, double number, std::byte* bytes) {
  if (type == ScalarType::f64) {
    std::memcpy(bytes, &number, sizeof number);
    return number;
  }
  if (type == ScalarType::f32) {
    const auto narrow = static_cast<float>(number);
    std::memcpy(bytes, &narrow, sizeof narrow);
    return static_cast<double>(narrow);
  }
  const half::Format format = type == ScalarType::f16 ? half::binary16 : half::bfloat16;
  const std::uint16_t bits = half::from_double(number, format);
  std::memcpy(bytes, &bits, sizeof bits);
  return half::to_double(bits, format);
}

}  // namespace detail

ODOT_FUNCTION ConvertedArray converted(const Snapshot::Array& array, ScalarType type) {
  if (!is_floating(array.type) || !is_floating(type))
    throw ArgumentError("odot::converted: " + shown_name(array.name) + " is of " + std::string(name_of(array.type)) +
                        "; only F64, F32, F16 and BF16 are converted");
  const std::size_t count = array.size(), from = size_of(array.type), to = size_of(type);
  ConvertedArray result{{array.name, array.shape, type, std::vector<std::byte>(count * to)}, 0};
  for (std::size_t i = 0; i < count; ++i) {
    const double number = detail::read_floating(array.type, array.bytes.data() + i * from);
    const double written = detail::write_floating(type, number, result.array.bytes.data() + i * to);
    if (std::isinf(written) && !std::isinf(number)) ++result.overflowed;
  }
  return result;
}

#endif

}  // namespace odot
