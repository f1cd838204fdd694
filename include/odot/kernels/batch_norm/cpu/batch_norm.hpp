#pragma once
// SPDX-License-Identifier: MIT
// Batch normalisation on the CPU. A chunk is one or more whole samples; statistics are joined in the chunks' order.

#include <cmath>
#include <limits>

#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/moments.hpp"

namespace odot::kernels {

template <>
struct BatchNorm<Cpu> {
  static constexpr std::size_t most_chunks = 64;

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward_training(Workspace<Cpu>& workspace, const NormConstants& constants,
                               BatchView<Shape<C, H, W>, const S> x, TensorView<Shape<C>, const S> weight,
                               TensorView<Shape<C>, const S> bias, TensorView<Shape<C>, S> running_mean,
                               TensorView<Shape<C>, S> running_var, TensorView<Shape<2, C>, S> statistics,
                               BatchView<Shape<C, H, W>, S> y) {
    auto frame = workspace.frame();
    const Chunks chunks = Chunks::at_most(most_chunks, x.samples());
    auto* parts = frame.take<Moments>(chunks.count() * C);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t k, std::size_t) {
      for (std::size_t c = 0; c < C; ++c) {
        Moments all;
        for (std::size_t n = chunks.begin(k); n < chunks.end(k); ++n) all.join(moments_of<H * W>(&x[n](c, 0, 0)));
        parts[k * C + c] = all;
      }
    });
    auto* lines = frame.take<Line<S>>(C);
    for (std::size_t c = 0; c < C; ++c) {
      Moments batch;
      for (std::size_t k = 0; k < chunks.count(); ++k) batch.join(parts[k * C + c]);
      statistics(0, c) = static_cast<S>(batch.mean);
      statistics(1, c) = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
      update_running(batch, constants, running_mean[c], running_var[c]);
      lines[c] = line(batch.mean, statistics(1, c), weight, bias, c);
    }
    apply(workspace, x, lines, y);
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward_evaluation(Workspace<Cpu>& workspace, const NormConstants& constants,
                                 BatchView<Shape<C, H, W>, const S> x, TensorView<Shape<C>, const S> weight,
                                 TensorView<Shape<C>, const S> bias, TensorView<Shape<C>, const S> running_mean,
                                 TensorView<Shape<C>, const S> running_var, BatchView<Shape<C, H, W>, S> y) {
    auto frame = workspace.frame();
    auto* lines = frame.take<Line<S>>(C);
    for (std::size_t c = 0; c < C; ++c) {
      const auto rstd = static_cast<S>(1 / std::sqrt(static_cast<double>(running_var[c]) + constants.eps));
      lines[c] = line(static_cast<double>(running_mean[c]), rstd, weight, bias, c);
    }
    apply(workspace, x, lines, y);
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<C, H, W>, const S> x,
                       TensorView<Shape<C>, const S> weight, TensorView<Shape<2, C>, const S> statistics,
                       BatchView<Shape<C, H, W>, const S> dy, TensorView<Shape<C>, S> dweight,
                       TensorView<Shape<C>, S> dbias, BatchView<Shape<C, H, W>, S> dx) {
    auto frame = workspace.frame();
    const S *mean = &statistics(0, 0), *rstd = &statistics(1, 0);
    const Chunks chunks = Chunks::at_most(most_chunks, x.samples());
    // Phase 1: Σ dy and Σ dy x̂ of every channel.
    double* parts = frame.take<double>(chunks.count() * C * 2);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t k, std::size_t) {
      for (std::size_t c = 0; c < C; ++c) {
        double sum = 0, product = 0;
        for (std::size_t n = chunks.begin(k); n < chunks.end(k); ++n) {
          const auto grad = array(&dy[n](c, 0, 0), H * W);
          sum += static_cast<double>(long_sum<H * W>(grad));
          product += static_cast<double>(long_sum<H * W>(grad * (array(&x[n](c, 0, 0), H * W) - mean[c])) * rstd[c]);
        }
        parts[(k * C + c) * 2] = sum;
        parts[(k * C + c) * 2 + 1] = product;
      }
    });
    S* means = frame.take<S>(2 * C);  // mean(dy), mean(dy x̂)
    for (std::size_t c = 0; c < C; ++c) {
      double sum = 0, product = 0;
      for (std::size_t k = 0; k < chunks.count(); ++k) {
        sum += parts[(k * C + c) * 2];
        product += parts[(k * C + c) * 2 + 1];
      }
      // y = γ x̂ + β
      if (dweight) dweight[c] += static_cast<S>(product);
      if (dbias) dbias[c] += static_cast<S>(sum);
      const auto elements = static_cast<double>(x.samples() * H * W);
      means[c] = static_cast<S>(sum / elements);
      means[C + c] = static_cast<S>(product / elements);
    }
    if (!dx) return;
    // Phase 2: dx.
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t k, std::size_t) {
      for (std::size_t n = chunks.begin(k); n < chunks.end(k); ++n)
        for (std::size_t c = 0; c < C; ++c) {
          const S scale = (weight ? weight[c] : S{1}) * rstd[c];
          const auto grad = array(&dy[n](c, 0, 0), H * W);
          // x̂ = (x − μ) / σ
          array(&dx[n](c, 0, 0), H * W) =
              scale * (grad - means[c] - (array(&x[n](c, 0, 0), H * W) - mean[c]) * (rstd[c] * means[C + c]));
        }
    });
  }

 private:
  template <std::size_t Size, class S>
  static Moments moments_of(const S* plane) {
    const auto values = array(plane, Size);
    const auto size = static_cast<double>(Size);
    const double exact_mean = long_sum_in_double<Size>(values) / size;
    const S mean = static_cast<S>(exact_mean);
    const double squares = long_sum_in_double<Size>((values - mean).square());
    if (squares <= static_cast<double>((std::numeric_limits<S>::max)())) return {size, exact_mean, squares};
    // S can't hold the squares, or a value is NaN or infinite.
    const auto wide = values.template cast<double>();
    const double wide_mean = long_sum<Size>(wide) / size;
    return {size, wide_mean, long_sum<Size>((wide - wide_mean).square())};
  }

  /// y = (x − mean) · scale + shift of a channel. `shift` holds what rounding the mean has left out, which matters where the
  /// numbers are large next to their deviations.
  template <class S>
  struct Line {
    S mean, scale, shift;
  };
  template <class S, std::size_t C>
  static Line<S> line(double exact_mean, S rstd, TensorView<Shape<C>, const S> weight,
                      TensorView<Shape<C>, const S> bias, std::size_t c) {
    const S mean = static_cast<S>(exact_mean), scale = (weight ? weight[c] : S{1}) * rstd;
    const double left_out = (static_cast<double>(mean) - exact_mean) * static_cast<double>(scale);
    return {mean, scale, static_cast<S>(left_out + static_cast<double>(bias ? bias[c] : S{0}))};
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void apply(Workspace<Cpu>& workspace, BatchView<Shape<C, H, W>, const S> x, const Line<S>* lines,
                    BatchView<Shape<C, H, W>, S> y) {
    const Chunks chunks = Chunks::at_most(most_chunks, x.samples());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t k, std::size_t) {
      for (std::size_t n = chunks.begin(k); n < chunks.end(k); ++n)
        for (std::size_t c = 0; c < C; ++c)
          array(&y[n](c, 0, 0), H * W) =
              (array(&x[n](c, 0, 0), H * W) - lines[c].mean) * lines[c].scale + lines[c].shift;
    });
  }
};

static_assert(BatchNormKernel<BatchNorm<Cpu>, Cpu>);

}  // namespace odot::kernels
