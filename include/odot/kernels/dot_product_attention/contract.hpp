#pragma once
// SPDX-License-Identifier: MIT
// Contract of dot-product attention.

#include <cstddef>
#include <cstdint>

#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// What one call is about. Run-time numbers: one compiled kernel serves every model.
struct DotProductGeometry {
  std::size_t tokens = 1;       ///< L
  std::size_t heads = 1;        ///< H
  std::size_t width = 1;        ///< d: features of a query or key of one head
  std::size_t value_width = 1;  ///< dv: features of a value of one head
  bool causal = false;          ///< token i sees tokens 0 … i only
  double scale = 1;             ///< > 0; of the products q·k
};

/// Tokens with their heads side by side: head h of token i of sample n begins at data + (n·L + i)·stride + h·width.
/// So q, k and v may be columns of one array, the same array, or the tokens themselves.
template <class S>
struct TokenArray {
  S* data = nullptr;
  std::size_t stride = 0;  ///< elements from one token to the next

  constexpr operator TokenArray<const S>() const { return {data, stride}; }
};

/// For every sample and head, y_i = Σ_j a_ij v_j with a_ij = softmax over j of (scale · q_i·k_j).
/// Shapes  q, k [N, L, H·d], v [N, L, H·dv] → y [N, L, H·dv]
///         statistics [N, H, 2, L], for backward: m_i = max_j q_i·k_j, then 1/Σ_j exp(scale · (q_i·k_j − m_i)); apart,
///         since the logarithm of the sum would be lost next to a large maximum
///         lengths [N] (optional): tokens from there on are padding; as keys they are ignored, as queries they give 0
/// Grad    dq, dk, dv overwritten, 0 at padding; memory that two of them share, of equal width, receives their sum.
///         With δ_i = Σ_c dy_ic y_ic and ds_ij = scale · a_ij (dy_i·v_j − δ_i):
///         dq_i = Σ_j ds_ij k_j,  dk_j = Σ_i ds_ij q_i,  dv_j = Σ_i a_ij dy_i
/// Cost    2·H·L²·(d + dv) FLOP and H·L² exponentials forward; 2·H·L²·(3d + 2dv) and H·L² backward; causal: half of it.
///         No L×L matrix is kept: blocks of it are made again in backward from the statistics
/// Errors  none at run time. a_ij lies in [0, 1] for all finite products; a query with a product that is NaN or +∞ (as
///         where q·k overflows) gives NaN
/// Source  Vaswani et al., "Attention is all you need", 2017, section 3.2; the blocks: Dao et al., "FlashAttention",
///         2022, and Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018
template <class Device>
struct DotProductAttention : detail::MissingKernels<Device> {
  /// statistics may be null where no backward follows.
  template <class S>
  static void forward(Workspace<Device>& workspace, const DotProductGeometry& geometry, std::size_t samples,
                      TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                      TokenArray<S> y, S* statistics);
  template <class S>
  static void backward(Workspace<Device>& workspace, const DotProductGeometry& geometry, std::size_t samples,
                       TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                       TokenArray<const S> y, const S* statistics, TokenArray<const S> dy, TokenArray<S> dq,
                       TokenArray<S> dk, TokenArray<S> dv);
};

/// What a device's DotProductAttention must offer, checked by example calls.
template <class K, class Device, class S = float>
concept DotProductAttentionKernel =
    requires(Workspace<Device>& workspace, const DotProductGeometry& geometry, std::size_t samples,
             TokenArray<const S> x, const std::int32_t* lengths, TokenArray<S> y, S* statistics) {
      K::template forward<S>(workspace, geometry, samples, x, x, x, lengths, y, statistics);
      K::template backward<S>(workspace, geometry, samples, x, x, x, lengths, x, statistics, x, y, y, y);
    };

}  // namespace odot::kernels
