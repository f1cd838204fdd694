#pragma once
// SPDX-License-Identifier: MIT
// The fully connected product on the CPU: Eigen's matrix products over chunks of the batch.

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/linear/linear.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/row_stretches.hpp"

namespace odot::kernels {

template <>
struct Linear<Cpu> {
  static constexpr std::size_t chunk_size = 128;  // samples a product
  static constexpr std::size_t most_partials = 16;

  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<In>, const S> x,
                      TensorView<Shape<Out, In>, const S> weight, TensorView<Shape<Out>, const S> bias,
                      BatchView<Shape<Out>, S> y) {
    const Chunks chunks(x.samples(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const auto xs = x.subbatch(chunks.begin(c), chunks.size(c));
      auto rows = matrix(y[chunks.begin(c)].data(), chunks.size(c), Out);
      rows.noalias() = matrix(xs.data(), xs.samples(), In) * matrix(weight.data(), Out, In).transpose();
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
          if (dx) matrix(dx.data() + begin * In, n, In).noalias() = dys * matrix(weight.data(), Out, In);
        }
      });
    });
    partials.add_to(workspace.threads(), dweight.data(), 0, Out * In);
    if (dbias) partials.add_to(workspace.threads(), dbias.data(), Out * In, Out);
  }
};

}  // namespace odot::kernels
