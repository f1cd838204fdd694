#pragma once
// SPDX-License-Identifier: MIT
// Floating-point numbers of 16 bits, as files have them: IEEE's binary16 and bfloat16. Nothing computes in them.

#include <bit>
#include <cstdint>

namespace odot::half {

/// How the 16 bits are shared out; one more is the sign.
struct Format {
  int exponent_bits, mantissa_bits;
};
inline constexpr Format binary16{5, 10}, bfloat16{8, 7};

/// The nearest number of the format, of two equally near the even one. What is too large becomes infinite; NaN stays NaN,
/// with the first bits of its payload.
constexpr std::uint16_t from_double(double value, Format format) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 63 << 15);
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  const std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
  const int largest = (1 << format.exponent_bits) - 1, dropped = 52 - format.mantissa_bits;
  const auto infinity = static_cast<std::uint16_t>(sign | largest << format.mantissa_bits);
  if (exponent == 0x7FF) {
    const std::uint64_t quiet = mantissa == 0 ? 0 : std::uint64_t{1} << (format.mantissa_bits - 1);
    return static_cast<std::uint16_t>(infinity | mantissa >> dropped | quiet);
  }
  const int biased = exponent - 1023 + (largest >> 1);
  if (biased >= largest) return infinity;
  const int shift = biased > 0 ? dropped : dropped + 1 - biased;  // more for what is subnormal
  if (exponent == 0 || shift > 53) return sign;                   // less than half of the smallest number
  const std::uint64_t significand = std::uint64_t{1} << 52 | mantissa, half = std::uint64_t{1} << (shift - 1);
  const std::uint64_t rest = significand & (2 * half - 1);
  std::uint64_t rounded = significand >> shift;
  rounded += rest > half || (rest == half && (rounded & 1) != 0);
  // The significand's first bit adds 1 to the exponent, and so does what rounding carries.
  if (biased > 0) rounded += static_cast<std::uint64_t>(biased - 1) << format.mantissa_bits;
  return static_cast<std::uint16_t>(sign | rounded);
}

/// The number that the bits are, exactly.
constexpr double to_double(std::uint16_t bits, Format format) {
  const std::uint64_t sign = static_cast<std::uint64_t>(bits >> 15) << 63;
  const int largest = (1 << format.exponent_bits) - 1, bias = largest >> 1;
  const int exponent = bits >> format.mantissa_bits & largest;
  auto mantissa = static_cast<std::uint64_t>(bits & ((1 << format.mantissa_bits) - 1));
  const int shift = 52 - format.mantissa_bits;
  if (exponent == largest) return std::bit_cast<double>(sign | std::uint64_t{0x7FF} << 52 | mantissa << shift);
  if (exponent == 0 && mantissa == 0) return std::bit_cast<double>(sign);
  int power = exponent == 0 ? 1 - bias : exponent - bias;
  if (exponent == 0) {  // subnormal: moved up until its first bit is the one that is not stored
    for (; mantissa >> format.mantissa_bits == 0; mantissa <<= 1) --power;
    mantissa &= (std::uint64_t{1} << format.mantissa_bits) - 1;
  }
  return std::bit_cast<double>(sign | static_cast<std::uint64_t>(power + 1023) << 52 | mantissa << shift);
}

}  // namespace odot::half
