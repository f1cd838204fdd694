#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the CPU: products of blocks, softmaxes by SIMD in between.
//
// A block of scores, 64 queries × 64 keys, takes 16 KiB in float and stays in the first-level cache between the products
// that fill and use it; the rows of q, k, v that belong to it (16 KiB each at a width of 64) stay in the second. What no
// arrangement saves are the products' multiply-adds, H·L²·(d + dv) forward and H·L²·(3d + 2dv) backward, at two registers
// of them a cycle, and an exponential (13 instructions a register) for each of the H·L² scores.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/dot_product_attention/cpu/backward.hpp"
#include "odot/kernels/dot_product_attention/cpu/forward.hpp"
#include "odot/kernels/lengths.hpp"

namespace odot::kernels {

template <>
struct DotProductAttention<Cpu> {
  static constexpr std::size_t query_block = detail::query_block, key_block = detail::key_block;

  template <class S>
  static void forward(Workspace<Cpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                      TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                      TokenArray<S> y, S* statistics) {
    using Task = detail::AttentionForward<S>;
    const std::size_t blocks = Chunks(g.tokens, query_block).count();  // of a unit
    const Chunks tasks(samples * g.heads * blocks, tasks_per_chunk(g, (std::min)(g.tokens, query_block)));
    const detail::AttentionScratch<S> sizes(g);
    auto frame = workspace.frame();
    S* memory = frame.take<S>(workers(workspace, tasks) * Task::scratch(sizes));
    parallel_for(workspace.threads(), tasks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t task = tasks.begin(c); task < tasks.end(c); ++task) {
        const detail::AttentionUnit unit = unit_of(g, lengths, task / blocks);
        const Task forward(unit, sizes, memory + worker * Task::scratch(sizes), q, k, v, y);
        forward.run(task % blocks * query_block, statistics ? statistics + unit.number * 2 * g.tokens : nullptr);
      }
    });
  }

  template <class S>
  static void backward(Workspace<Cpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                       TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                       TokenArray<const S> y, const S* statistics, TokenArray<const S> dy, TokenArray<S> dq,
                       TokenArray<S> dk, TokenArray<S> dv) {
    using Task = detail::AttentionBackward<S>;
    const std::size_t units = samples * g.heads;
    // A task takes a run of key blocks of a unit. Where units are few there are several runs, each with a dq of its own.
    const Chunks runs = Chunks::at_most(units < few_units ? most_runs : 1, g.tokens, key_block);
    const std::size_t own_dq = runs.count() > 1 ? g.tokens * g.width : 0;  // elements
    const Chunks tasks(units * runs.count(), tasks_per_chunk(g, 2 * g.tokens));
    detail::AttentionScratch<S> sizes(g);
    if (runs.chunk_size() > detail::attention_stretch) sizes.stretch_dq = sizes.lines(g.tokens * g.width);
    auto frame = workspace.frame();
    S* own = frame.take<S>(units * runs.count() * own_dq);
    S* memory = frame.take<S>(workers(workspace, tasks) * Task::scratch(sizes));

    // Phase 1: everything 0, so that gradients which share memory may all be added.
    const Chunks zeroed(units, tasks_per_chunk(g, 1));
    parallel_for(workspace.threads(), zeroed.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t number = zeroed.begin(c); number < zeroed.end(c); ++number) {
        const detail::AttentionUnit unit = unit_of(g, lengths, number);
        for (std::size_t i = 0; i < g.tokens; ++i) {
          std::fill_n(unit.rows(dq, g.width, i).data, g.width, S{0});
          std::fill_n(unit.rows(dk, g.width, i).data, g.width, S{0});
          std::fill_n(unit.rows(dv, g.value_width, i).data, g.value_width, S{0});
        }
      }
    });

    // Phase 2: the gradients, dq of several runs apart.
    parallel_for(workspace.threads(), tasks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t task = tasks.begin(c); task < tasks.end(c); ++task) {
        const detail::AttentionUnit unit = unit_of(g, lengths, task / runs.count());
        const std::size_t run = task % runs.count();
        const TokenArray<S> mine{own + task * own_dq, g.width};
        if (own_dq > 0) std::fill_n(mine.data, own_dq, S{0});
        const Task backward{unit,
                            q,
                            k,
                            v,
                            y,
                            dy,
                            dk,
                            dv,
                            statistics + unit.number * 2 * g.tokens,
                            sizes,
                            memory + worker * Task::scratch(sizes)};
        backward.run(runs.begin(run), runs.end(run), own_dq > 0 ? mine : unit.rows(dq, g.width, 0));
      }
    });

    // Phase 3: their sum, in the order of the runs.
    if (own_dq == 0) return;
    parallel_for(workspace.threads(), units, [&](std::size_t number, std::size_t) {
      const TokenArray<S> sum = unit_of(g, lengths, number).rows(dq, g.width, 0);
      for (std::size_t run = 0; run < runs.count(); ++run)
        strided_matrix(sum.data, g.tokens, g.width, sum.stride) +=
            matrix(own + (number * runs.count() + run) * own_dq, g.tokens, g.width);
    });
  }

 private:
  static constexpr std::size_t few_units = 8, most_runs = 8;

  static detail::AttentionUnit unit_of(const DotProductGeometry& g, const std::int32_t* lengths, std::size_t number) {
    return {g, number, valid_tokens(lengths, number / g.heads, g.tokens)};
  }
  /// So many that a thread has some 2¹⁷ multiply-adds to do before it asks for more.
  static std::size_t tasks_per_chunk(const DotProductGeometry& g, std::size_t rows) {
    return std::max<std::size_t>(1, (std::size_t{1} << 17) / (rows * g.tokens * (g.width + g.value_width)));
  }
  static std::size_t workers(const Workspace<Cpu>& workspace, const Chunks& tasks) {
    return (std::min)(static_cast<std::size_t>(workspace.threads()), tasks.count());
  }
};

static_assert(DotProductAttentionKernel<DotProductAttention<Cpu>, Cpu>);

}  // namespace odot::kernels
