#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the CPU: one head of one sample, the sizes of its blocks, a worker's memory.

#include <algorithm>
#include <cstddef>

#include "odot/core/device.hpp"
#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/dot_product_attention/cpu/block_product.hpp"
#include "odot/kernels/dot_product_attention/cpu/score_rows.hpp"

namespace odot::kernels::detail {

constexpr std::size_t query_block = 64, key_block = 64;  // tokens
/// Tokens whose share of a sum is made by itself: at 10⁵ tokens a sum rounds some 180 times in a row, not 10⁵ times.
constexpr std::size_t attention_stretch = 1024;
static_assert(key_block % query_block == 0, "then a query sees a key of every block that its causal block visits");

/// One head of one sample.
struct AttentionUnit {
  const DotProductGeometry& g;
  std::size_t number, valid;  // sample · heads + head; tokens of the sample that are not padding

  /// Its rows from `token` on, of an array whose heads are `width` wide.
  template <class S>
  TokenArray<S> rows(const TokenArray<S>& array, std::size_t width, std::size_t token) const {
    const std::size_t sample = number / g.heads, head = number % g.heads;
    return {array.data + (sample * g.tokens + token) * array.stride + head * width, array.stride};
  }
  /// Keys that query number `query` sees, of `columns` from `key` on.
  std::size_t seen(std::size_t query, std::size_t key, std::size_t columns) const {
    return g.causal ? (std::min)(columns, query + 1 - key) : columns;
  }
};

/// Sizes of a worker's scratch memory, in elements. Every part begins at a multiple of the alignment, for every worker
/// alike: Eigen's sums take the elements that fill registers by their address, and would round differently otherwise.
template <class S>
struct AttentionScratch {
  static constexpr std::size_t lines(std::size_t elements) {
    return (elements + Cpu::alignment - 1) / Cpu::alignment * Cpu::alignment;
  }
  explicit AttentionScratch(const DotProductGeometry& g)
      : panel(lines(BlockProduct<S>::memory(key_block, key_block))),
        keys(ScoreRows<S>::padded((std::min)(g.tokens, key_block))),
        block(lines((std::min)(g.tokens, query_block) * keys)), row(lines(query_block)),
        key_columns(lines(g.width * keys)), value_columns(lines(g.value_width * keys)), tokens(lines(g.tokens)),
        stretch_values(g.tokens > attention_stretch ? lines(query_block * g.value_width) : 0) {}

  std::size_t panel;                       // columns of a product that fill no packet
  std::size_t keys;                        // in a row of a block
  std::size_t block;                       // of scores
  std::size_t row;                         // one number a query of a block
  std::size_t key_columns, value_columns;  // a block's keys and values; also its queries and gradients
  std::size_t tokens;                      // one number per token
  std::size_t stretch_values;              // a stretch's outputs of a block of queries
  std::size_t stretch_dq = 0;              // a stretch's gradient of all queries
};

}  // namespace odot::kernels::detail
