#pragma once
// SPDX-License-Identifier: MIT
// The forward passes of an attention block on the CPU.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/kernels/attention_block/cpu/few_samples.hpp"
#include "odot/kernels/attention_block/cpu/memory.hpp"
#include "odot/kernels/batch_norm/contract.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image, bool Bias>
struct BlockForward {
  using T = BlockTile<S, Image, Bias>;
  using Form = BlockForm<const S>;
  using Maps = AllMaps<S, Image, Bias>;
  using X = BatchView<Image, const S>;
  using Y = BatchView<Image, S>;

  static void training(Workspace<Cpu>& workspace, const NormConstants& constants, X x, const Form& form,
                       S* running_mean, S* running_var, const BlockCache<T, S*>& cache, Y y);

  static void evaluation(Workspace<Cpu>& workspace, const NormConstants& constants, X x, const Form& form,
                         const S* running_mean, const S* running_var, Y y);

 private:
  static void softmaxes(const Maps& maps, const typename T::Tile& tile, std::size_t m,
                        const typename T::Scratch& scratch, S* kept) {
    const auto lanes = T::lanes(tile, maps[m], m);
    with_scores(T::scores_of(maps, tile, m), [&]<Scores Size>() {
      T::template softmaxes<Size>(lanes, tile.peaks, scratch.map, scratch.inverse, kept);
    });
  }

  static typename T::Line line_of(const Form& form, const S* mean, const S* rstd, std::size_t m) {
    const auto line = block_norm_line(form, mean, rstd, m);
    return {simd::all(line.scale), simd::all(line.shift - line.mean * line.scale)};
  }

  static void few_samples(Workspace<Cpu>& workspace, X x, const Form& form, const S* mean, const S* rstd, Y y) {
    using Few = FewSamples<S, Image, Bias>;
    auto frame = workspace.frame();
    S *scales = frame.take<S>(form.maps), *offsets = frame.take<S>(form.maps);
    for (std::size_t m = 0; m < form.maps; ++m) {
      const auto line = block_norm_line(form, mean, rstd, m);
      scales[m] = line.scale;
      offsets[m] = line.shift - line.mean * line.scale;
    }
    const ScoreBounds<S, Image, Bias> bounds(frame, form);
    const Few few(form, bounds, scales, offsets);
    const auto workers = std::min<std::size_t>(static_cast<std::size_t>(workspace.threads()), x.samples());
    S* memory = frame.take<S>(workers * Few::scratch);
    parallel_for(workspace.threads(), x.samples(), [&](std::size_t n, std::size_t worker) {
      few.evaluate(x[n].data(), y[n].data(), memory + worker * Few::scratch);
    });
  }
};

template <class S, ShapeType Image, bool Bias>
void BlockForward<S, Image, Bias>::training(Workspace<Cpu>& workspace, const NormConstants& constants, X x,
                                            const Form& form, S* running_mean, S* running_var,
                                            const BlockCache<T, S*>& cache, Y y) {
  auto frame = workspace.frame();
  const Maps maps(frame, form);
  const Chunks tiles(x.samples(), T::L);
  const BlockWorkers<T> workers(workspace, frame, tiles.count());
  const bool normed = form.norm != HeadNorm::none;

  // Phase 1: the softmax normalisers of every map, and the maps' moments.
  auto* moments = frame.take<Moments>(tiles.count() * form.maps);
  parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
    const auto& scratch = workers.scratch(worker);
    auto& tile = workers.tile(worker);
    T::load_input(x[tiles.begin(t)].data(), tiles.size(t), cache.x(t), cache.largest(t));
    cache.show(t, tiles, tile);
    for (std::size_t m = 0; m < form.maps; ++m) {
      softmaxes(maps, tile, m, scratch, cache.kept(t, m));
      if (normed) moments[t * form.maps + m] = T::moments(scratch.map, scratch.inverse, tile.samples);
    }
  });
  for (std::size_t m = 0; normed && m < form.maps; ++m) {
    Moments batch;
    for (std::size_t t = 0; t < tiles.count(); ++t) batch.join(moments[t * form.maps + m]);
    cache.mean()[m] = static_cast<S>(batch.mean);
    cache.rstd()[m] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
    update_running(batch, constants, running_mean[m], running_var[m]);
  }

  // Phase 2: every head again, straight into the convolution.
  parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
    auto& tile = workers.tile(worker);
    cache.show(t, tiles, tile);
    for (std::size_t m = 0; m < form.maps; ++m) {
      const auto line = line_of(form, cache.mean(), cache.rstd(), m);
      const auto lanes = T::lanes(tile, maps[m], m);
      with_scores(T::scores_of(maps, tile, m), [&]<Scores Size>() {
        T::add_head(tile, form, m, workers.scratch(worker), [&](std::size_t i, S* to) {
          T::template head_row<Size>(lanes, tile.peaks, cache.kept(t, m), line, i, to);
        });
      });
    }
    T::finish_output(tile, form, y[tiles.begin(t)].data());
  });
}

template <class S, ShapeType Image, bool Bias>
void BlockForward<S, Image, Bias>::evaluation(Workspace<Cpu>& workspace, const NormConstants& constants, X x,
                                              const Form& form, const S* running_mean, const S* running_var, Y y) {
  auto frame = workspace.frame();
  S* rstd = frame.take<S>(form.maps);
  if (form.norm != HeadNorm::none)
    for (std::size_t m = 0; m < form.maps; ++m)
      rstd[m] = static_cast<S>(1 / std::sqrt(static_cast<double>(running_var[m]) + constants.eps));
  const Chunks tiles(x.samples(), T::L);
  // A sample at a time where that takes clearly fewer registers.
  if (5 * x.samples() * FewSamples<S, Image, Bias>::registers <= 4 * tiles.count() * T::plane)
    return few_samples(workspace, x, form, running_mean, rstd, y);
  const Maps maps(frame, form);
  const BlockWorkers<T> workers(workspace, frame, tiles.count());
  S *inputs = frame.take<S>(workers.count() * Image::size * T::L), *all_largest = frame.take<S>(workers.count() * T::C);
  parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
    const auto& scratch = workers.scratch(worker);
    auto& tile = workers.tile(worker);
    S *input = inputs + worker * Image::size * T::L, *largest = all_largest + worker * T::C;
    T::load_input(x[tiles.begin(t)].data(), tiles.size(t), input, largest);
    tile.x = input;
    tile.largest = largest;
    tile.samples = tiles.size(t);
    for (std::size_t m = 0; m < form.maps; ++m) {
      softmaxes(maps, tile, m, scratch, nullptr);
      const auto line = line_of(form, running_mean, rstd, m);
      const auto lanes = T::lanes(tile, maps[m], m);
      T::add_head(tile, form, m, scratch,
                  [&](std::size_t i, S* to) { T::head_row(lanes, scratch.map, scratch.inverse, line, i, to); });
    }
    T::finish_output(tile, form, y[tiles.begin(t)].data());
  });
}

}  // namespace odot::kernels::detail
