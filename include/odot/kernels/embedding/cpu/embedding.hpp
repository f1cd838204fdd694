#pragma once
// SPDX-License-Identifier: MIT
// The embedding on the CPU. Backward sorts the tokens by index, then sums the gradient of each row of the table.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/kernels/embedding/contract.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

namespace odot::kernels {

template <>
struct Embedding<Cpu> {
  template <class T, class S, std::size_t V, std::size_t D>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<1>, const T> index,
                      TensorView<Shape<V, D>, const S> weight, BatchView<Shape<D>, S> y) {
    detail::look_up(workspace, index, weight, y);
  }

  template <class T, class S, std::size_t V, std::size_t D>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<1>, const T> index, BatchView<Shape<D>, const S> dy,
                       TensorView<Shape<V, D>, S> dweight) {
    const std::size_t count = index.samples();
    auto frame = workspace.frame();
    // Tokens of row v: tokens[first[v]] to tokens[first[v + 1] − 1], in their order.
    std::size_t* const first = frame.take<std::size_t>(V + 2);
    std::size_t* const tokens = frame.take<std::size_t>(count + 1);
    std::fill_n(first, V + 2, std::size_t{0});
    const auto row = [&](std::size_t n) { return detail::row_of_index<V>(index.data()[n]); };
    for (std::size_t n = 0; n < count; ++n) ++first[(std::min)(row(n) + 2, V + 1)];
    for (std::size_t v = 2; v < V + 2; ++v) first[v] += first[v - 1];
    for (std::size_t n = 0; n < count; ++n)
      if (row(n) < V) tokens[first[row(n) + 1]++] = n;

    double* const totals = frame.take<double>(static_cast<std::size_t>(workspace.threads()) * D);
    const Chunks rows = Chunks::at_most(64, V);
    parallel_for(workspace.threads(), rows.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t v = rows.begin(c); v < rows.end(c); ++v)
        if (first[v] < first[v + 1])
          add_rows<D>(tokens + first[v], first[v + 1] - first[v], dy.data(), totals + worker * D,
                      dweight.data() + v * D);
    });
  }

 private:
  /// sum += Σ of the chosen rows of dy. If they are more than one stretch, the stretches' sums are joined in double.
  template <std::size_t D, class S>
  static ODOT_NOINLINE ODOT_FLATTEN void add_rows(const std::size_t* chosen, std::size_t count, const S* dy,
                                                  double* totals, S* sum) {
    const auto stretch = [&](std::size_t begin, std::size_t end, const auto& finish) {
      detail::for_all_runs<S>(0, std::integral_constant<std::size_t, D>{}, [&](const auto& run) {
        auto total = run.load_column(dy + chosen[begin] * D);
        for (std::size_t k = begin + 1; k < end; ++k) total = total + run.load_column(dy + chosen[k] * D);
        finish(run, total);
      });
    };
    if (count <= sum_stretch)
      return stretch(0, count, [&](const auto& run, const auto& total) { run.store(sum, run.load(sum) + total); });
    std::fill_n(totals, D, 0.0);
    for (std::size_t begin = 0; begin < count; begin += sum_stretch)
      stretch(begin, (std::min)(begin + sum_stretch, count), [&](const auto& run, const auto& total) {
        S numbers[simd::lanes<S>];
        run.store_to(numbers, total);
        for (std::size_t l = 0; l < run.count; ++l) totals[run.column + l] += static_cast<double>(numbers[l]);
      });
    for (std::size_t d = 0; d < D; ++d) sum[d] += static_cast<S>(totals[d]);
  }
};

static_assert(EmbeddingKernel<Embedding<Cpu>, Cpu>);

}  // namespace odot::kernels
