#pragma once
// SPDX-License-Identifier: MIT
// Blocks of dot-product attention on the GPU: 64 queries and 64 keys of one head of one sample, and their products.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/dot_product_attention/gpu/tiles.hpp"
#include "odot/kernels/lengths.hpp"

namespace odot::kernels::detail {

/// Threads per team: as many as a product over features has items.
inline constexpr unsigned gpu_team_threads = 128;
/// Teams per multiprocessor: as many as leave each thread the registers that it needs.
template <class S>
inline constexpr unsigned gpu_teams_per_processor = std::is_same_v<S, float> ? 4 : 1;

/// How many tokens the block that begins at `first` has, at most 64.
constexpr unsigned gpu_block_size(unsigned first, unsigned end) {
  return first >= end ? 0 : end - first < gpu_block ? end - first : gpu_block;
}
/// Blocks of queries, or of keys.
constexpr std::size_t gpu_blocks(const DotProductGeometry& g) { return (g.tokens + gpu_block - 1) / gpu_block; }

/// `count` rounded up to a multiple of `step`.
constexpr unsigned gpu_padded(unsigned count, unsigned step) { return (count + step - 1) / step * step; }

/// A block of queries and keys that are not padding. A causal block's queries begin no earlier than its keys, so that
/// every query sees a key.
struct GpuScoreBlock {
  unsigned first, key;  // the first query and the first key
  unsigned rows, columns;
  unsigned ahead;  // queries' start − keys' start, at most 64; from there on all keys are seen

  ODOT_HOST_DEVICE GpuScoreBlock(unsigned query_start, unsigned key_start, unsigned valid, bool causal)
      : first(query_start), key(key_start), rows(gpu_block_size(first, valid)), columns(gpu_block_size(key, valid)),
        ahead(causal && first < key + gpu_block ? first - key : gpu_block) {}

  /// A query sees the keys before the returned one.
  ODOT_HOST_DEVICE unsigned seen(unsigned row) const { return ahead + row < columns ? ahead + row + 1 : columns; }
  /// Whether all eight queries from `row` on see all four keys of a quad.
  ODOT_HOST_DEVICE bool is_whole(unsigned row, unsigned quad) const {
    return row + 8 <= rows && 4 * quad + 4 <= seen(row);
  }
  /// The first query that sees a key.
  ODOT_HOST_DEVICE unsigned first_to_see(unsigned column) const { return column > ahead ? column - ahead : 0; }
};

/// Tokens with `width` features per head.
template <class S>
struct GpuHeads {
  TokenArray<S> array;
  unsigned width;
};

/// One head of one sample. A sequence's tokens and a token's features are counted in 32 bits.
struct GpuAttentionUnit {
  std::size_t start;  // the sample's first token
  unsigned head;
  unsigned valid;  // tokens that are not padding
  bool causal;

  /// The head's features of `count` tokens from `token` on, at most `most` features from `feature` on.
  template <class S>
  ODOT_HOST_DEVICE GpuRows<S> rows(const GpuHeads<S>& of, unsigned token, unsigned count, unsigned feature,
                                   unsigned most) const {
    const unsigned features = gpu_block_size(feature, of.width);
    return {of.array.data + (start + token) * of.array.stride + (head * of.width + feature), of.array.stride, count,
            features < most ? features : most};
  }
  ODOT_HOST_DEVICE GpuScoreBlock block(unsigned first, unsigned key) const { return {first, key, valid, causal}; }
  /// A block of queries sees the keys before the returned one.
  ODOT_HOST_DEVICE unsigned visible(unsigned first) const {
    return first >= valid ? 0 : causal && first + gpu_block < valid ? first + gpu_block : valid;
  }
};

/// The arguments of all passes.
template <class S>
struct GpuAttention {
  DotProductGeometry g;
  TokenArray<const S> queries, keys, values;
  const std::int32_t* lengths;

  /// The unit of a team, and the first token of its block.
  ODOT_HOST_DEVICE GpuAttentionUnit unit(std::size_t team) const {
    const std::size_t number = team / gpu_blocks(g), sample = number / g.heads;
    return {sample * g.tokens, static_cast<unsigned>(number % g.heads),
            static_cast<unsigned>(valid_tokens(lengths, sample, g.tokens)), g.causal};
  }
  ODOT_HOST_DEVICE unsigned first(std::size_t team) const {
    return static_cast<unsigned>(team % gpu_blocks(g)) * gpu_block;
  }
  /// The place of a unit's token in an array [N, H, L]; and of its maximum in the statistics [N, H, 2, L], where the
  /// factor of its exponentials lies `tokens` numbers further on.
  ODOT_HOST_DEVICE std::size_t place(const GpuAttentionUnit& u, unsigned token) const {
    return u.start * g.heads + u.head * g.tokens + token;
  }
  ODOT_HOST_DEVICE std::size_t statistics_place(const GpuAttentionUnit& u, unsigned token) const {
    return 2 * place(u, 0) + token;
  }

  template <class T>
  ODOT_HOST_DEVICE GpuHeads<T> narrow(const TokenArray<T>& array) const {
    return {array, static_cast<unsigned>(g.width)};
  }
  template <class T>
  ODOT_HOST_DEVICE GpuHeads<T> wide(const TokenArray<T>& array) const {
    return {array, static_cast<unsigned>(g.value_width)};
  }
  ODOT_HOST_DEVICE GpuHeads<const S> q() const { return narrow(queries); }
  ODOT_HOST_DEVICE GpuHeads<const S> k() const { return narrow(keys); }
  ODOT_HOST_DEVICE GpuHeads<const S> v() const { return wide(values); }
};

/// Stages up to 64 features of a block of tokens, from `feature` on.
template <class Team, class S>
ODOT_HOST_DEVICE void stage_tokens(const Team& team, const GpuAttentionUnit& u, const GpuHeads<const S>& from,
                                   unsigned token, unsigned count, unsigned feature, GpuTile<S>& tile) {
  stage(team, u.rows(from, token, count, feature, gpu_features),
        u.rows(from, token, count, feature + gpu_features, gpu_features), tile);
}

/// finish(row, quad, products) for every eight rows of queries and four keys of a block: products_rj = left_r·right_j,
/// or zeros where no query sees any of the keys. Rows are read 32 features at a time, and their products are added up
/// in `sums`; the last features stay staged.
template <class Team, class S, class Finish>
ODOT_HOST_DEVICE void multiply_rows(const Team& team, const GpuAttentionUnit& u, const GpuScoreBlock& b,
                                    const GpuHeads<const S>& left, const GpuHeads<const S>& right, GpuTile<S>& staged,
                                    GpuTile<S>& sums, const Finish& finish) {
  constexpr unsigned rows = 8, quads = GpuTile<S>::quads;
  for (unsigned feature = 0; feature < left.width; feature += gpu_features) {
    const GpuRows<const S> queries = u.rows(left, b.first, b.rows, feature, gpu_features);
    const unsigned used = gpu_padded(queries.quads(), 4);
    stage(team, queries, u.rows(right, b.key, b.columns, feature, gpu_features), staged);
    team.each(gpu_padded(b.rows, rows) / rows * quads, [&](std::size_t i) {
      const unsigned row = static_cast<unsigned>(i) / quads * rows, quad = static_cast<unsigned>(i) % quads;
      const auto kept = sums.column(row, quad);
      Quad<S> products[rows] = {};
      if (4 * quad < b.seen(row + rows - 1)) {
        ODOT_UNROLL
        for (unsigned r = 0; r < rows; ++r)
          if (feature > 0) products[r] = kept[r];
        add_dot_products(staged, used, row, quad, products);
      }
      if (feature + gpu_features >= left.width) {
        finish(row, quad, products);
      } else {
        ODOT_UNROLL
        for (unsigned r = 0; r < rows; ++r) kept[r] = products[r];
      }
    });
  }
}

}  // namespace odot::kernels::detail
