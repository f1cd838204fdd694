#pragma once
// SPDX-License-Identifier: MIT
// Contract of the choice of a token.

#include <cstddef>
#include <cstdint>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"
#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels {

/// The token that SelectToken takes of sample n; `tokens` where none is valid.
constexpr std::size_t chosen_token(std::size_t token, const std::int32_t* lengths, std::size_t n, std::size_t tokens) {
  if (!lengths) return token;
  const std::size_t valid = valid_tokens(lengths, n, tokens);
  return valid == 0 ? tokens : valid - 1;
}

/// One token of each sample: number `token`, or the last valid one where there are lengths; 0 where none is valid.
/// Shapes  x [N, L, D], lengths [N] (optional) → y [N, D]
/// Grad    dx = dy in the chosen token, else 0 (overwritten)
///
///   forward(workspace, x, token, lengths, y)
///   backward(workspace, dy, token, lengths, dx)
template <class Device>
struct SelectToken : detail::NoKernel<Device> {};

}  // namespace odot::kernels
