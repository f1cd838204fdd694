#pragma once
// SPDX-License-Identifier: MIT
// Enlarges images by a whole factor.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// A row is a row of the small image, W numbers.
template <std::size_t Scale, std::size_t W, class S>
struct RepeatPixels {
  const S* x;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto pixels = run.load(x);
    S* to = y + (run.row * Scale * W + run.column) * Scale;
    for (std::size_t u = 0; u < Scale; ++u) run.template store_repeated<Scale>(to + u * (Scale * W), pixels);
  }
};
template <std::size_t Scale, std::size_t W, class S>
struct SumPixels {
  const S* dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const S* from = dy + (run.row * Scale * W + run.column) * Scale;
    auto sum = run.template sum_of_groups<Scale>(from);
    for (std::size_t u = 1; u < Scale; ++u) sum = sum + run.template sum_of_groups<Scale>(from + u * (Scale * W));
    run.store(dx, sum);
  }
};

/// The place of position `index` of the enlarged axis on the original axis of `Extent`: between `first` and first + 1,
/// at the fraction `share` of the way. Positions are centres of pixels; those before the first centre count as the
/// first.
template <std::size_t Scale, std::size_t Extent, class S>
struct Between {
  std::size_t first, second;
  S share;

  ODOT_HOST_DEVICE explicit Between(std::size_t index) {
    // (index + 1/2)/Scale − 1/2 = (2 index + 1 − Scale)/(2 Scale)
    const std::size_t doubled = 2 * index + 1, place = doubled < Scale ? 0 : doubled - Scale;
    first = place / (2 * Scale);
    second = first + 1 < Extent ? first + 1 : first;
    share = static_cast<S>(place - first * (2 * Scale)) / static_cast<S>(2 * Scale);
  }
  /// The share of number r in it.
  ODOT_HOST_DEVICE S weight(std::size_t r) const {
    return (r == first ? S{1} - share : S{0}) + (r == second ? share : S{0});
  }
};
/// The positions in which number r has a share: first to last − 1.
template <std::size_t Scale, std::size_t Extent>
struct Reached {
  std::size_t first, last;
  ODOT_HOST_DEVICE explicit Reached(std::size_t r)
      : first(r * Scale < (Scale + 1) / 2 ? 0 : r * Scale - (Scale + 1) / 2),
        last(r * Scale + Scale + (Scale + 1) / 2 < Extent * Scale ? r * Scale + Scale + (Scale + 1) / 2
                                                                  : Extent * Scale) {}
};

// Bilinear interpolation is done axis by axis: along the lines first, while there are fewer of them.

/// A row is a row of the small image, a column one of the large image.
template <std::size_t Scale, std::size_t W, class S>
struct StretchLines {
  const S* x;
  S* lines;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const S* row = x + run.row * W;
    run.store(lines, run.generate([&](std::size_t l) {
      const Between<Scale, W, S> place(run.column + l);
      return row[place.first] + place.share * (row[place.second] - row[place.first]);
    }));
  }
};
/// A row is a row of the large image.
template <std::size_t Scale, std::size_t H, std::size_t W, class S>
struct StretchColumns {
  const S* lines;
  S* y;

  struct Rows {
    const S *first, *second;
    S share;
  };
  ODOT_HOST_DEVICE Rows of_row(std::size_t row) const {
    const std::size_t plane = row / (H * Scale);
    const Between<Scale, H, S> place(row % (H * Scale));
    const S* from = lines + plane * (H * Scale * W);
    return {from + place.first * (Scale * W), from + place.second * (Scale * W), place.share};
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const Rows& rows) const {
    const auto first = run.load_column(rows.first);
    run.store(y, multiply_add(Run::number(rows.share), run.load_column(rows.second) - first, first));
  }
};

/// A row is a row of the small image, a column one of the large image.
template <std::size_t Scale, std::size_t H, std::size_t W, class S>
struct GatherColumns {
  const S* dy;
  S* lines;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t r = run.row % H;
    const S* plane = dy + run.row / H * (H * Scale * (W * Scale));
    const Reached<Scale, H> rows(r);
    typename Run::Number sum(S{0});
    for (std::size_t i = rows.first; i < rows.last; ++i) {
      const S weight = Between<Scale, H, S>(i).weight(r);
      sum = multiply_add(run.load_column(plane + i * (W * Scale)), Run::number(weight), sum);
    }
    run.store(lines, sum);
  }
};
/// A row is a row of the small image.
template <std::size_t Scale, std::size_t W, class S>
struct GatherLines {
  const S* lines;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const S* row = lines + run.row * (W * Scale);
    run.store(dx, run.generate([&](std::size_t l) {
      const std::size_t s = run.column + l;
      const Reached<Scale, W> columns(s);
      S sum{0};
      for (std::size_t j = columns.first; j < columns.last; ++j) sum += row[j] * Between<Scale, W, S>(j).weight(s);
      return sum;
    }));
  }
};

}  // namespace detail

/// Enlarges images by a whole factor. Nearest: y[c, i, j] = x[c, ⌊i/Scale⌋, ⌊j/Scale⌋]. Bilinear: interpolated between
/// the four pixels whose centres surround that of (i, j); outside, the border's pixels are repeated.
/// Shapes  x [N, C, H, W] → y [N, C, H·Scale, W·Scale]
/// Grad    dx = Σ dy · x's share over the pixels in which x has one (overwritten; optional)
template <class Device>
struct Upsample2d {
  template <std::size_t Scale, class S, std::size_t C, std::size_t H, std::size_t W>
  static void nearest(Workspace<Device>& workspace, BatchView<Shape<C, H, W>, const S, Device> x,
                      BatchView<Shape<C, H * Scale, W * Scale>, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, x.samples() * (C * H), columns<W>,
                                      detail::RepeatPixels<Scale, W, S>{x.data(), y.data()});
  }
  template <std::size_t Scale, class S, std::size_t C, std::size_t H, std::size_t W>
  static void nearest_backward(Workspace<Device>& workspace,
                               BatchView<Shape<C, H * Scale, W * Scale>, const S, Device> dy,
                               BatchView<Shape<C, H, W>, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, dx.samples() * (C * H), columns<W>,
                                      detail::SumPixels<Scale, W, S>{dy.data(), dx.data()});
  }

  template <std::size_t Scale, class S, std::size_t C, std::size_t H, std::size_t W>
  static void bilinear(Workspace<Device>& workspace, BatchView<Shape<C, H, W>, const S, Device> x,
                       BatchView<Shape<C, H * Scale, W * Scale>, S, Device> y) {
    auto frame = workspace.frame();
    S* const lines = frame.template take<S>(x.size() * Scale);
    Parallel<Device>::template map<S>(workspace, x.samples() * (C * H), columns<W * Scale>,
                                      detail::StretchLines<Scale, W, S>{x.data(), lines});
    Parallel<Device>::template map<S>(workspace, x.samples() * (C * H * Scale), columns<W * Scale>,
                                      detail::StretchColumns<Scale, H, W, S>{lines, y.data()});
  }
  template <std::size_t Scale, class S, std::size_t C, std::size_t H, std::size_t W>
  static void bilinear_backward(Workspace<Device>& workspace,
                                BatchView<Shape<C, H * Scale, W * Scale>, const S, Device> dy,
                                BatchView<Shape<C, H, W>, S, Device> dx) {
    if (!dx) return;
    auto frame = workspace.frame();
    S* const lines = frame.template take<S>(dx.size() * Scale);
    Parallel<Device>::template map<S>(workspace, dx.samples() * (C * H), columns<W * Scale>,
                                      detail::GatherColumns<Scale, H, W, S>{dy.data(), lines});
    Parallel<Device>::template map<S>(workspace, dx.samples() * (C * H), columns<W>,
                                      detail::GatherLines<Scale, W, S>{lines, dx.data()});
  }

 private:
  template <std::size_t Count>
  static constexpr std::integral_constant<std::size_t, Count> columns{};
};

}  // namespace odot::kernels
