#pragma once
// SPDX-License-Identifier: MIT
// Convolutions in groups on the CPU: each group of each sample by itself, divided among threads. The weights' gradients
// are summed per group, over stretches of samples in a fixed order.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/core/parallel.hpp"
#include "odot/kernels/conv2d/cpu/im2col.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/grouped_conv/contract.hpp"
#include "odot/kernels/grouped_conv/cpu/depthwise.hpp"
#include "odot/kernels/grouped_conv/cpu/units.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/row_stretches.hpp"

namespace odot::kernels {

namespace detail {

/// The unit of a geometry.
template <class G, class S>
struct UnitOf {
  using Group = GroupedGeometry<Shape<G::group_c, G::H, G::W>, G::group_o, 1, G::rows, G::columns>;
  static constexpr bool is_line = G::H == 1 && G::rows.kernel == 1, is_square = G::rows == G::columns;
  static constexpr std::size_t K = G::columns.kernel, stride = G::columns.stride, padding = G::columns.padding;
  static constexpr auto choose() {
    if constexpr (is_line || !is_square || padding >= K) {
      return std::type_identity<Im2Col<Group, S>>{};
    } else {
      using Image = ConvGeometry<typename Group::input, Group::O, K, stride, padding>;
      constexpr bool few = Group::C * Group::O <= 4;
      if constexpr (Group::C == 1 && Group::O == 1) return std::type_identity<DepthwiseUnit<Image, S>>{};
      else if constexpr (stride == 1 || few) return std::type_identity<DirectUnit<Image, S>>{};
      else return std::type_identity<Im2Col<Group, S>>{};
    }
  }
  using type = typename decltype(choose())::type;
};

}  // namespace detail

template <>
struct GroupedConv<Cpu> {
  template <class G, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                      TensorView<typename G::weight, const S> weight, TensorView<typename G::bias, const S> bias,
                      BatchView<typename G::output, S> y) {
    using Unit = typename detail::UnitOf<G, S>::type;
    each_unit<G, S>(workspace, x.samples(), [&](std::size_t unit, std::size_t group, S* memory) {
      Unit::forward(x.data() + unit * in<G>, weight.data() + group * weights<G>,
                    bias ? bias.data() + group * G::group_o : nullptr, y.data() + unit * out<G>, memory);
    });
  }

  template <class G, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                       TensorView<typename G::weight, const S> weight, BatchView<typename G::output, const S> dy,
                       TensorView<typename G::weight, S> dweight, TensorView<typename G::bias, S> dbias,
                       BatchView<typename G::input, S> dx) {
    using Unit = typename detail::UnitOf<G, S>::type;
    weight_gradient<G>(workspace, x, dy, dweight, dbias);
    if (!dx) return;
    each_unit<G, S>(workspace, x.samples(), [&](std::size_t unit, std::size_t group, S* memory) {
      Unit::input_gradient(weight.data() + group * weights<G>, dy.data() + unit * out<G>, dx.data() + unit * in<G>,
                           memory);
    });
  }

 private:
  // Elements of a group.
  template <class G>
  static constexpr std::size_t in = G::group_c * G::H * G::W;
  template <class G>
  static constexpr std::size_t out = G::group_o * G::out_h * G::out_w;
  template <class G>
  static constexpr std::size_t weights = G::group_o * G::taps;

  /// Prepares a worker's memory, if its unit needs that.
  template <class G, class S>
  static void clear([[maybe_unused]] S* memory) {
    using Unit = typename detail::UnitOf<G, S>::type;
    if constexpr (requires { Unit::clear(memory); }) Unit::clear(memory);
  }

  /// body(group of a sample, group, memory)
  template <class G, class S, class Body>
  static void each_unit(Workspace<Cpu>& workspace, std::size_t samples, const Body& body) {
    constexpr std::size_t scratch = detail::UnitOf<G, S>::type::scratch, chunk_elements = 1 << 14;
    auto frame = workspace.frame();
    S* const memory = frame.take<S>(static_cast<std::size_t>(workspace.threads()) * scratch);
    const Chunks chunks(samples * G::groups, chunk_elements / (in<G> + out<G>));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t worker) {
      clear<G>(memory + worker * scratch);
      for (std::size_t unit = chunks.begin(c); unit < chunks.end(c); ++unit)
        body(unit, unit % G::groups, memory + worker * scratch);
    });
  }

  template <class G, class S>
  static void weight_gradient(Workspace<Cpu>& workspace, BatchView<typename G::input, const S> x,
                              BatchView<typename G::output, const S> dy, TensorView<typename G::weight, S> dweight,
                              TensorView<typename G::bias, S> dbias) {
    using Unit = typename detail::UnitOf<G, S>::type;
    constexpr std::size_t scratch = Unit::scratch, most_partials = G::groups < 16 ? 16 / G::groups : 1;
    constexpr std::size_t size = weights<G> + G::group_o;  // of a group's gradients
    auto frame = workspace.frame();
    const Chunks chunks = Chunks::at_most(most_partials, x.samples());
    const Partials<S> partials(frame, chunks.count() * G::groups, size);
    const RowStretches<S> stretches(workspace, frame, chunks.chunk_size(), size);
    S* const memory = frame.take<S>(static_cast<std::size_t>(workspace.threads()) * scratch);
    parallel_for(workspace.threads(), chunks.count() * G::groups, [&](std::size_t task, std::size_t worker) {
      const std::size_t c = task % chunks.count(), group = task / chunks.count();
      clear<G>(memory + worker * scratch);
      const auto add_samples = [&](std::size_t first, std::size_t last, S* dw) {
        for (std::size_t n = first; n < last; ++n) {
          const std::size_t unit = n * G::groups + group;
          const S* const grad = dy.data() + unit * out<G>;
          Unit::add_weight_gradient(x.data() + unit * in<G>, grad, dw, memory + worker * scratch);
          constexpr std::size_t plane = G::out_h * G::out_w;
          for (std::size_t o = 0; dbias && o < G::group_o; ++o)
            dw[weights<G> + o] += long_sum<plane>(array(grad + o * plane, plane));
        }
      };
      stretches.sum(worker, chunks.begin(c), chunks.end(c), partials.start(task), add_samples);
    });
    // The partial sums of a group lie one after the other.
    parallel_for(workspace.threads(), chunks.count() == 0 ? 0 : G::groups, [&](std::size_t group, std::size_t) {
      const S* const first = partials.data() + group * chunks.count() * size;
      for (std::size_t i = 0; i < size; ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < chunks.count(); ++c) sum += static_cast<double>(first[c * size + i]);
        if (i < weights<G>) dweight.data()[group * weights<G> + i] += static_cast<S>(sum);
        else if (dbias) dbias.data()[group * G::group_o + i - weights<G>] += static_cast<S>(sum);
      }
    });
  }
};

static_assert(GroupedConvKernel<GroupedConv<Cpu>, Cpu>);

}  // namespace odot::kernels
