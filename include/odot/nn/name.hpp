#pragma once
// SPDX-License-Identifier: MIT
// Names of parameters, buffers and layers as types, so that layers find them at compile time.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace odot::nn {

/// A string literal that can be a template argument.
template <std::size_t N>
struct FixedString {
  constexpr FixedString(const char (&text)[N]) { std::copy_n(text, N, data); }  // NOLINT: implicit by design
  constexpr std::string_view view() const { return {data, N - 1}; }
  friend constexpr bool operator==(const FixedString&, const FixedString&) = default;
  char data[N]{};

  /// Both texts, one after the other.
  template <std::size_t M>
  constexpr FixedString<N + M - 1> operator+(const FixedString<M>& next) const {
    char both[N + M - 1]{};
    std::copy_n(data, N - 1, both);
    std::copy_n(next.data, M, both + N - 1);
    return FixedString<N + M - 1>(both);
  }
};

/// A name as a value of its own type: `pass.parameter(nn::weight)`.
template <FixedString Text>
struct Name {
  static constexpr std::string_view text = Text.view();
};

// PyTorch's names.
inline constexpr Name<"weight"> weight;
inline constexpr Name<"bias"> bias;
inline constexpr Name<"running_mean"> running_mean;
inline constexpr Name<"running_var"> running_var;

}  // namespace odot::nn
