#pragma once
// SPDX-License-Identifier: MIT
// 2-D convolution on the CPU: Winograd for 3×3 and stride 1 with many channels, direct for others of stride 1 (padding
// below the kernel's size), im2col for the rest. Threads take samples, or output channels of few samples.

#include <algorithm>
#include <type_traits>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/conv2d/cpu/direct.hpp"
#include "odot/kernels/conv2d/cpu/im2col.hpp"
#include "odot/kernels/conv2d/cpu/winograd.hpp"
#include "odot/kernels/conv2d/cpu/winograd_weight_gradient.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/row_stretches.hpp"

namespace odot::kernels {

template <>
struct Conv2d<Cpu> {
  static constexpr std::size_t most_partials = 16;

  /// Whether the direct kernel serves a geometry: its input gradient is a convolution with padding K − 1 − P.
  template <class G>
  static constexpr bool direct = G::stride == 1 && G::padding < G::K;

  /// Whether Winograd's kernels serve a geometry.
  template <class G>
  static constexpr bool winograd = direct<G> && G::K == 3 && G::C >= 16 && G::O >= 16 && G::out_h >= 4 && G::out_w >= 4;
  /// Whether Winograd is faster than the direct kernel for this number of samples, which share one transform of the
  /// kernels.
  template <class G, class S>
  static constexpr bool winograd_pays(std::size_t samples) {
    using Winograd = detail::WinogradConv<G, S>;
    return Winograd::kernels_cost + samples * Winograd::sample_cost < samples * detail::DirectConv<G, S>::cost;
  }
  /// The fewest samples for which Winograd computes the weight gradient, which works on registers of samples.
  template <class S>
  static constexpr std::size_t winograd_samples = (simd::lanes<S> + 1) / 2;

  template <class G, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                      TensorView<typename G::weight, const S> weight, TensorView<typename G::bias, const S> bias,
                      BatchView<typename G::output, S> y) {
    auto frame = workspace.frame();
    if constexpr (direct<G>) {
      convolve<G>(workspace, x, weight.data(), bias.data(), y);
    } else {
      using General = detail::Im2Col<G, S>;
      if (x.samples() < 2 * samples_per_chunk) return convolve_columns<G>(workspace, x, weight.data(), bias.data(), y);
      const WorkerMemory<S, General::scratch> memory(workspace, frame);
      each_sample(workspace, x.samples(), [&](std::size_t n, std::size_t worker) {
        General::forward(x[n].data(), weight.data(), bias.data(), y[n].data(), memory.of(worker));
      });
    }
  }

  template <class G, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                       TensorView<typename G::weight, const S> weight, BatchView<typename G::output, const S> dy,
                       TensorView<typename G::weight, S> dweight, TensorView<typename G::bias, S> dbias,
                       BatchView<typename G::input, S> dx) {
    if (dweight) weight_gradient<G>(workspace, x, dy, dweight, dbias);
    if (!dx) return;
    auto frame = workspace.frame();
    if constexpr (direct<G>) {
      // y = w ⋆ x  ⇒  dx = flipped w ⋆ dy, channels exchanged
      using Back = ConvGeometry<typename G::output, G::C, G::K, 1, G::K - 1 - G::padding>;
      S* flipped = frame.take<S>(G::weight::size);
      flip<G>(weight.data(), flipped);
      convolve<Back>(workspace, dy, static_cast<const S*>(flipped), static_cast<const S*>(nullptr), dx);
    } else {
      using General = detail::Im2Col<G, S>;
      const WorkerMemory<S, General::scratch> memory(workspace, frame);
      each_sample(workspace, x.samples(), [&](std::size_t n, std::size_t worker) {
        General::input_gradient(weight.data(), dy[n].data(), dx[n].data(), memory.of(worker));
      });
    }
  }

 private:
  static constexpr std::size_t samples_per_chunk = 4;
  /// Multiply-adds; with fewer, one thread is quicker. Starting a team takes about as long as half of them.
  template <class S>
  static constexpr std::size_t work_for_threads = (std::size_t{1} << 16) * simd::lanes<S>;

  /// body(sample, worker)
  template <class Body>
  static void each_sample(Workspace<Cpu>& workspace, std::size_t samples, const Body& body) {
    const Chunks chunks(samples, samples_per_chunk);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) body(n, worker);
    });
  }

  /// Scratch memory of every worker of each_sample.
  template <class S, std::size_t Elements>
  class WorkerMemory {
   public:
    WorkerMemory(const Workspace<Cpu>& workspace, Workspace<Cpu>::Frame& frame)
        : memory_(frame.take<S>(static_cast<std::size_t>(workspace.threads()) * Elements)) {}
    S* of(std::size_t worker) const { return memory_ + worker * Elements; }

   private:
    S* memory_;
  };

  /// y = weight ⋆ x + bias
  template <class G, class S>
  static void convolve(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x, const S* weight,
                       const S* bias, BatchView<typename G::output, S> y) {
    if constexpr (winograd<G>)
      if (winograd_pays<G, S>(x.samples())) {
        using Winograd = detail::WinogradConv<G, S>;
        const std::size_t work = Winograd::kernels_cost + x.samples() * Winograd::sample_cost;
        const int threads = work * simd::lanes<S> < 2 * work_for_threads<S> ? 1 : workspace.threads();
        return Winograd::convolve(workspace, threads, x, weight, bias, y);
      }
    convolve_direct<G>(workspace, x, weight, bias, y);
  }

  /// y = weight ⋆ x + bias, threads taking samples, or output channels where there are too few of those.
  template <class G, class S>
  static void convolve_direct(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x, const S* weight,
                              const S* bias, BatchView<typename G::output, S> y) {
    using Direct = detail::DirectConv<G, S>;
    auto frame = workspace.frame();
    const WorkerMemory<S, Direct::planes_size> planes(workspace, frame);
    const WorkerMemory<S, Direct::lines_size> lines(workspace, frame);
    if (x.samples() >= 2 * samples_per_chunk)
      return each_sample(workspace, x.samples(), [&](std::size_t n, std::size_t worker) {
        Direct::pad(x[n].data(), planes.of(worker));
        Direct::forward(planes.of(worker), weight, bias, 0, Direct::blocks, y[n].data(), lines.of(worker));
      });
    const Chunks runs = Chunks::at_most(16, Direct::blocks);
    constexpr std::size_t work = G::output::size * G::C * G::K * G::K;
    const int threads = work < work_for_threads<S> ? 1 : workspace.threads();
    for (std::size_t n = 0; n < x.samples(); ++n) {
      Direct::pad(x[n].data(), planes.of(0));
      parallel_for(threads, runs.count(), [&](std::size_t run, std::size_t worker) {
        Direct::forward(planes.of(0), weight, bias, runs.begin(run), runs.end(run), y[n].data(), lines.of(worker));
      });
    }
  }

  /// y = weight ⋆ x + bias of few samples: their columns are planes of a 1×1 convolution, and threads take output
  /// channels.
  template <class G, class S>
  static void convolve_columns(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x, const S* weight,
                               const S* bias, BatchView<typename G::output, S> y) {
    using General = detail::Im2Col<G, S>;
    using Columns = ConvGeometry<Shape<G::taps, 1, General::pixels>, G::O, 1, 1, 0>;
    auto frame = workspace.frame();
    S* columns = frame.take<S>(General::scratch);
    for (std::size_t n = 0; n < x.samples(); ++n) {
      General::gather(x[n].data(), columns);
      convolve_direct<Columns, S>(workspace, {columns, 1}, weight, bias, {y[n].data(), 1});
    }
  }

  template <class G, class S>
  static void weight_gradient_winograd(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                                       BatchView<typename G::output, const S> dy,
                                       TensorView<typename G::weight, S> dweight,
                                       TensorView<typename G::bias, S> dbias) {
    using Winograd = detail::WinogradWeightGradient<G, S>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), Winograd::L), runs = Chunks::at_most(most_partials, tiles.count());
    constexpr std::size_t size = Winograd::partial_size + G::O, rows = Winograd::tile_rows;
    const Partials<S> partials(frame, runs.count(), size);
    const RowStretches<S> stretches(workspace, frame, runs.chunk_size() * rows, size, Winograd::units_per_stretch);
    const WorkerMemory<S, Winograd::scratch> memory(workspace, frame);
    parallel_for(workspace.threads(), runs.count(), [&](std::size_t run, std::size_t worker) {
      const auto add_units = [&](std::size_t first, std::size_t last, S* du) {
        for (std::size_t unit = first; unit < last; ++unit) {
          const std::size_t t = unit / rows, r = unit % rows, n = tiles.begin(t);
          Winograd::unit(x[n].data(), dy[n].data(), tiles.size(t), r, du, memory.of(worker));
          for (std::size_t k = 0; r == 0 && k < tiles.size(t); ++k)
            add_bias_gradient<G>(dy, n + k, du + Winograd::partial_size);
        }
      };
      stretches.sum(worker, runs.begin(run) * rows, runs.end(run) * rows, partials.start(run), add_units);
    });
    const S *du = partials.sum(workspace.threads()), *db = du + Winograd::partial_size;
    const Chunks channels = Chunks::at_most(most_partials, G::O);
    parallel_for(workspace.threads(), channels.count(), [&](std::size_t k, std::size_t) {
      Winograd::finish(du, channels.begin(k), channels.end(k), dweight.data());
    });
    if (dbias) array(dbias.data(), G::O) += array(db, G::O);
  }

  /// db[o] += Σ dy[n][o]
  template <class G, class S>
  static void add_bias_gradient(BatchView<typename G::output, const S> dy, std::size_t n, S* db) {
    for (std::size_t o = 0; o < G::O; ++o)
      db[o] += long_sum<G::out_h * G::out_w>(array(&dy[n](o, 0, 0), G::out_h * G::out_w));
  }

  template <class G, class S>
  static void flip(const S* weight, S* flipped) {
    for (std::size_t o = 0; o < G::O; ++o)
      for (std::size_t c = 0; c < G::C; ++c)
        for (std::size_t k = 0; k < G::K * G::K; ++k)
          flipped[(c * G::O + o) * G::K * G::K + G::K * G::K - 1 - k] = weight[(o * G::C + c) * G::K * G::K + k];
  }

  template <class G, class S>
  static void weight_gradient(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                              BatchView<typename G::output, const S> dy, TensorView<typename G::weight, S> dweight,
                              TensorView<typename G::bias, S> dbias) {
    if constexpr (winograd<G>)
      if (x.samples() >= winograd_samples<S>) return weight_gradient_winograd<G>(workspace, x, dy, dweight, dbias);
    using Algorithm = std::conditional_t<direct<G>, detail::DirectConvWeightGradient<G, S>, detail::Im2Col<G, S>>;
    auto frame = workspace.frame();
    const Chunks chunks = Chunks::at_most(most_partials, x.samples());
    const Partials<S> partials(frame, chunks.count(), G::weight::size + G::O);
    const RowStretches<S> stretches(workspace, frame, chunks.chunk_size(), G::weight::size + G::O);
    const WorkerMemory<S, Algorithm::scratch> memory(workspace, frame);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t worker) {
      const auto add_samples = [&](std::size_t first, std::size_t last, S* dw) {
        for (std::size_t n = first; n < last; ++n) {
          if constexpr (direct<G>) Algorithm::add(x[n].data(), dy[n].data(), dw, memory.of(worker));
          else Algorithm::add_weight_gradient(x[n].data(), dy[n].data(), dw, memory.of(worker));
          add_bias_gradient<G>(dy, n, dw + G::weight::size);
        }
      };
      stretches.sum(worker, chunks.begin(c), chunks.end(c), partials.start(c), add_samples);
    });
    partials.add_to(workspace.threads(), dweight.data(), 0, G::weight::size);
    if (dbias) partials.add_to(workspace.threads(), dbias.data(), G::weight::size, G::O);
  }
};

static_assert(Conv2dKernel<Conv2d<Cpu>, Cpu>);

}  // namespace odot::kernels
