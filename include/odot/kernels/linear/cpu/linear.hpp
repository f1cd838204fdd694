#pragma once
// SPDX-License-Identifier: MIT
// The fully connected product on the CPU: Eigen's matrix products over chunks of the batch.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/linear/contract.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/row_stretches.hpp"

namespace odot::kernels {

/// Products of up to Rows rows with Columns columns, each element a sum of Terms terms. Long sums go in stretches, which are
/// added up in double, so that what a sum loses does not grow with its length.
template <class S, std::size_t Rows, std::size_t Terms, std::size_t Columns>
class LongProducts {
  static constexpr std::size_t stretch = 1 << 14;  // terms that are added up in the scalar of the data
  static constexpr bool is_long = Terms > stretch;
  static constexpr std::size_t size = Rows * Columns;

 public:
  /// Memory for `threads` workers, where sums are long.
  template <class Frame>
  LongProducts(Frame& frame, int threads) {
    if constexpr (is_long) {
      parts_ = frame.template take<S>(static_cast<std::size_t>(threads) * size);
      sums_ = frame.template take<double>(static_cast<std::size_t>(threads) * size);
    }
  }

  /// result = left · right
  template <class Left, class Right, class Result>
  void multiply([[maybe_unused]] std::size_t worker, const Left& left, const Right& right, Result& result) const {
    if constexpr (is_long) {
      const auto rows = static_cast<std::size_t>(left.rows());
      auto part = matrix(parts_ + worker * size, rows, Columns);
      auto sum = matrix(sums_ + worker * size, rows, Columns);
      sum.setZero();
      for (std::size_t first = 0; first < Terms; first += stretch) {
        const auto begin = static_cast<Eigen::Index>(first);
        const auto terms = static_cast<Eigen::Index>((std::min)(stretch, Terms - first));
        part.noalias() = left.middleCols(begin, terms) * right.middleRows(begin, terms);
        sum += part.template cast<double>();
      }
      result = sum.template cast<S>();
    } else {
      result.noalias() = left * right;
    }
  }

 private:
  S* parts_ = nullptr;
  double* sums_ = nullptr;
};

template <>
struct Linear<Cpu> {
  static constexpr std::size_t chunk_size = 128;  // samples a product
  static constexpr std::size_t most_partials = 16;

  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<In>, const S> x,
                      TensorView<Shape<Out, In>, const S> weight, TensorView<Shape<Out>, const S> bias,
                      BatchView<Shape<Out>, S> y) {
    auto frame = workspace.frame();
    const Chunks chunks(x.samples(), chunk_size);
    const LongProducts<S, chunk_size, In, Out> products(frame, workspace.threads());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t worker) {
      const auto xs = x.subbatch(chunks.begin(c), chunks.size(c));
      auto rows = matrix(y[chunks.begin(c)].data(), chunks.size(c), Out);
      products.multiply(worker, matrix(xs.data(), xs.samples(), In), matrix(weight.data(), Out, In).transpose(), rows);
      if (bias) rows.rowwise() += row_vector(bias.data(), Out);
    });
  }

  template <class S, std::size_t In, std::size_t Out>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<In>, const S> x,
                       TensorView<Shape<Out, In>, const S> weight, BatchView<Shape<Out>, const S> dy,
                       TensorView<Shape<Out, In>, S> dweight, TensorView<Shape<Out>, S> dbias,
                       BatchView<Shape<In>, S> dx) {
    auto frame = workspace.frame();
    const Chunks chunks = Chunks::at_most(most_partials, x.samples(), chunk_size);
    const Partials<S> partials(frame, chunks.count(), Out * In + Out);
    const LongProducts<S, chunk_size, Out, In> products(frame, workspace.threads());
    const RowStretches<S> stretches(workspace, frame, Chunks(chunks.chunk_size(), chunk_size).count(), Out * In + Out);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t worker) {
      const Chunks parts(chunks.size(c), chunk_size);
      stretches.sum(worker, 0, parts.count(), partials.start(c), [&](std::size_t first, std::size_t last, S* sum) {
        auto dw = matrix(sum, Out, In);
        auto db = row_vector(sum + Out * In, Out);
        for (std::size_t p = first; p < last; ++p) {
          const std::size_t begin = chunks.begin(c) + parts.begin(p), n = parts.size(p);
          const auto xs = matrix(x.data() + begin * In, n, In);
          const auto dys = matrix(dy.data() + begin * Out, n, Out);
          // y = x Wᵀ + b
          dw.noalias() += dys.transpose() * xs;
          db += dys.colwise().sum();
          if (!dx) continue;
          auto dxs = matrix(dx.data() + begin * In, n, In);
          products.multiply(worker, dys, matrix(weight.data(), Out, In), dxs);
        }
      });
    });
    partials.add_to(workspace.threads(), dweight.data(), 0, Out * In);
    if (dbias) partials.add_to(workspace.threads(), dbias.data(), Out * In, Out);
  }
};

static_assert(LinearKernel<Linear<Cpu>, Cpu>);

}  // namespace odot::kernels
