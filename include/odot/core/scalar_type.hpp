#pragma once
// SPDX-License-Identifier: MIT
// ScalarType: the types of numbers that snapshots and files have.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot {

/// The types of numbers that an array of a snapshot may have.
enum class ScalarType : std::uint8_t { boolean, u8, i8, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

/// Its name in safetensors files ("F32"), and its size in bytes.
ODOT_FUNCTION std::string_view name_of(ScalarType type);
ODOT_FUNCTION std::size_t size_of(ScalarType type);

/// Whether it is one of F64, F32, F16 and BF16.
constexpr bool is_floating(ScalarType type) {
  return type == ScalarType::f16 || type == ScalarType::bf16 || type == ScalarType::f32 || type == ScalarType::f64;
}

/// The type of a C++ number.
template <class T>
constexpr ScalarType scalar_type_of() {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "odot::Snapshot: arrays are of numbers of at most 64 bits");
  constexpr bool is_signed = std::is_signed_v<T>;
  if constexpr (std::is_same_v<T, bool>) return ScalarType::boolean;
  else if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 8 ? ScalarType::f64 : ScalarType::f32;
  else if constexpr (sizeof(T) == 1) return is_signed ? ScalarType::i8 : ScalarType::u8;
  else if constexpr (sizeof(T) == 2) return is_signed ? ScalarType::i16 : ScalarType::u16;
  else if constexpr (sizeof(T) == 4) return is_signed ? ScalarType::i32 : ScalarType::u32;
  else return is_signed ? ScalarType::i64 : ScalarType::u64;
}

#if ODOT_DEFINITIONS

ODOT_FUNCTION std::string_view name_of(ScalarType type) {
  constexpr std::array<std::string_view, 13> names{"BOOL", "U8",  "I8",  "I16", "U16", "F16", "BF16",
                                                   "I32",  "U32", "F32", "F64", "I64", "U64"};
  return names.at(static_cast<std::size_t>(type));
}

ODOT_FUNCTION std::size_t size_of(ScalarType type) {
  return type <= ScalarType::i8 ? 1 : type <= ScalarType::bf16 ? 2 : type <= ScalarType::f32 ? 4 : 8;
}

#endif

}  // namespace odot
