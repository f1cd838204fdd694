#pragma once
// SPDX-License-Identifier: MIT
// Gathers pictures and shifts, mirrors, rotates, paints over, scales and mixes them in one pass.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/workspace.hpp"
#include "odot/kernels/between_pixels.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

/// What lies outside a picture: one number; its edge's pixels; or its mirror image, without the edge itself, and beyond
/// that the mirror image's edge.
enum class Border : std::uint8_t { fill, edge, reflect };

/// How a picture is changed: it is mirrored, then rotated about its centre, then shifted; then a part of it is enlarged
/// to the picture's size.
struct PictureChange {
  float cosine = 1, sine = 0;
  std::int32_t down = 0, right = 0;        ///< pixels
  std::int32_t cut_top = 0, cut_left = 0;  ///< of the square that is painted over; may be negative
  std::int32_t flip = 0;                   ///< 1: mirrored left and right
  float share = 1, top = 0, left = 0;      ///< of the enlarged part: its share of each side; its first pixel
};

/// How a picture is mixed: share · picture + (1 − share) · partner.
struct Mixture {
  std::size_t partner = 0;  ///< number in the set
  float share = 1;
};

/// The options that are the same for all pictures of a set.
template <class S>
struct AugmentPlan {
  const PictureChange* changes = nullptr;  ///< one per sample of the set
  const Mixture* mixtures = nullptr;       ///< one per sample of the set; null: nothing is mixed
  const S* scales = nullptr;               ///< [channels, 2]: mean and deviation; null: pixels stay as they are
  S fill = 0;
  Border border = Border::fill;
  bool rotates = false;  ///< whether a picture is rotated or enlarged
  std::int32_t cut = 0;  ///< side of the square that is painted over
};

namespace detail {

template <class Value, class S, std::size_t C, std::size_t H, std::size_t W, bool Rotates, bool Mixes>
struct AugmentRows {
  static constexpr auto height = static_cast<std::int32_t>(H), width = static_cast<std::int32_t>(W);
  const Value* values;
  const std::size_t* chosen;
  AugmentPlan<S> plan;
  S* out;

  /// A row of a changed picture.
  struct Source {
    const Value* plane;
    const PictureChange* change;
    std::int32_t row;
  };
  struct OfRow {
    Source own, partner;
    S share, mean, deviation;
  };

  ODOT_HOST_DEVICE OfRow of_row(std::size_t row) const {
    const std::size_t n = row / (C * H), channel = row / H % C, number = chosen[n];
    const auto i = static_cast<std::int32_t>(row % H);
    const auto source = [&](std::size_t of) {
      return Source{values + (of * C + channel) * (H * W), plan.changes + of, i};
    };
    OfRow result{source(number), {}, S{1}, S{0}, S{1}};
    if constexpr (Mixes) {
      result.partner = source(plan.mixtures[number].partner);
      result.share = static_cast<S>(plan.mixtures[number].share);
    }
    if (plan.scales) {
      result.mean = plan.scales[2 * channel];
      result.deviation = plan.scales[2 * channel + 1];
    }
    return result;
  }

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const OfRow& of) const {
    auto value = pixels(run, of.own);
    if constexpr (Mixes) value = value * of.share + pixels(run, of.partner) * (S{1} - of.share);
    run.store(out, plan.scales ? (value - of.mean) / of.deviation : value);
  }

 private:
  static ODOT_HOST_DEVICE S number(Value value) {
    if constexpr (std::is_same_v<Value, std::uint8_t>) return static_cast<S>(value) / S{255};
    else return static_cast<S>(value);
  }

  /// The coordinate inside the picture that is used for one outside; −1: none, the pixel is `fill`.
  ODOT_HOST_DEVICE std::int32_t inside(std::int32_t at, std::int32_t extent) const {
    if (at >= 0 && at < extent) return at;
    if (plan.border == Border::fill) return -1;
    if (plan.border == Border::reflect) at = at < 0 ? -at : 2 * (extent - 1) - at;
    return at < 0 ? 0 : at < extent ? at : extent - 1;
  }
  template <class Run>
  ODOT_HOST_DEVICE auto pixels(const Run& run, const Source& of) const {
    const auto column = static_cast<std::int32_t>(run.column);
    const auto value = Rotates ? rotated(run, of, column) : moved(run, of, column);
    const std::int32_t top = of.row - of.change->cut_top;
    if (plan.cut == 0 || top < 0 || top >= plan.cut) return value;
    const std::int32_t begin = of.change->cut_left, end = begin + plan.cut;
    const auto before = [&](std::int32_t position) {
      return run.columns_before(static_cast<std::size_t>(position > 0 ? position : 0));
    };
    return select(before(end) && !before(begin), run.number(plan.fill), value);
  }

  template <class Run>
  ODOT_HOST_DEVICE typename Run::Number moved(const Run& run, const Source& of, std::int32_t column) const {
    const PictureChange& change = *of.change;
    const std::int32_t row = inside(of.row - change.down, height), first = column - change.right;
    if (row < 0) return run.number(plan.fill);
    const Value* from = of.plane + row * width;
    if (!change.flip && first >= 0 && first + static_cast<std::int32_t>(run.count) <= width) {
      const auto value = run.load_from(from + first);
      if constexpr (std::is_same_v<Value, std::uint8_t>) return value / S{255};
      else return value;
    }
    return run.generate([&](std::size_t l) {
      const std::int32_t j = inside(first + static_cast<std::int32_t>(l), width);
      return j < 0 ? plan.fill : number(from[change.flip ? width - 1 - j : j]);
    });
  }

  /// Interpolates between the four pixels around the place from which a pixel comes. Bytes are divided by 255 last.
  template <class Run>
  ODOT_HOST_DEVICE typename Run::Number rotated(const Run& run, const Source& of, std::int32_t column) const {
    using Number = typename Run::Number;
    constexpr S last_row = S(H - 1), last_column = S(W - 1), middle_row = last_row / 2, middle_column = last_column / 2;
    const PictureChange& change = *of.change;
    const S cosine = static_cast<S>(change.cosine), sine = static_cast<S>(change.sine);
    const S share = static_cast<S>(change.share);
    const S v = (static_cast<S>(of.row) * share + static_cast<S>(change.top)) - static_cast<S>(change.down) -
                middle_row,
            u = (static_cast<S>(column) * share + static_cast<S>(change.left)) - static_cast<S>(change.right) -
                middle_column;
    // The place of the run's first pixel; the step from one pixel to the next is share · (sign · cosine, −sine).
    const S sign = change.flip ? S{-1} : S{1};
    const S x0 = sign * (cosine * u + sine * v) + middle_column, y0 = cosine * v - sine * u + middle_row;
    const auto all = run.all_lanes();
    const Number steps = all.count_from(0);
    Number x = steps * (share * sign * cosine) + x0, y = steps * (share * -sine) + y0, inside_share = 1;
    if (plan.border == Border::fill)
      inside_share = clamped(minimum(x + S{1}, S(W) - x), S{1}) * clamped(minimum(y + S{1}, S(H) - y), S{1});
    if (plan.border == Border::reflect) {
      x = minimum(abs(x), 2 * last_column - x);
      y = minimum(abs(y), 2 * last_row - y);
    }
    // Beyond the edge it is the edge's place.
    Number value = BetweenPixels<H, W>::at(all, of.plane, clamped(x, last_column), clamped(y, last_row));
    if constexpr (std::is_same_v<Value, std::uint8_t>) value = value * (S{1} / S{255});
    if (plan.border != Border::fill) return value;
    // `fill` may be far larger than the pixels: share · pixel + (fill − share · fill).
    const Number fill = run.number(plan.fill);
    value = multiply_add(value, inside_share, multiply_add(run.number(-plan.fill), inside_share, fill));
    if constexpr (std::is_same_v<Value, std::uint8_t>) return value;
    else return select(inside_share > Number(0), value, fill);  // a pixel at the edge may be NaN
  }

  /// Not below 0 and not above `most`.
  template <class Number>
  static ODOT_HOST_DEVICE Number clamped(const Number& value, S most) {
    return minimum(maximum(value, Number(0)), Number(most));
  }
};

/// The probabilities of the two labels of mixed pictures.
template <class T, class S>
struct MixLabels {
  const T* labels;  ///< of the set
  const std::size_t* chosen;
  const Mixture* mixtures;
  S* out;

  struct OfRow {
    std::size_t own, partner;
    S share;
  };
  ODOT_HOST_DEVICE OfRow of_row(std::size_t row) const {
    const Mixture& mixture = mixtures[chosen[row]];
    return {static_cast<std::size_t>(labels[chosen[row]]), static_cast<std::size_t>(labels[mixture.partner]),
            static_cast<S>(mixture.share)};
  }
  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run, const OfRow& of) const {
    run.store(out, select(run.column_is(of.own), run.number(of.share), 0) +
                       select(run.column_is(of.partner), run.number(S{1} - of.share), 0));
  }
};

}  // namespace detail

/// x[n] = the picture of sample chosen[n], changed as the plan says; bytes become 0 … 1 before. The bits are the same
/// on every device, except those of rotated and mixed pictures, which agree to rounding. All pointers are memory of the
/// device.
/// Shapes  values [samples of the set, C, H, W], chosen [N] → x [N, C, H, W]
template <class Device>
struct Augment {
  template <std::size_t C, std::size_t H, std::size_t W, class Value, class S>
  static void pictures(Workspace<Device>& workspace, const AugmentPlan<S>& plan, const Value* values,
                       const std::size_t* chosen, std::size_t count, S* x) {
    const auto run = [&]<bool Rotates, bool Mixes>() {
      Parallel<Device>::template map<S>(
          workspace, count * C * H, W, detail::AugmentRows<Value, S, C, H, W, Rotates, Mixes>{values, chosen, plan, x});
    };
    if (plan.mixtures) plan.rotates ? run.template operator()<true, true>() : run.template operator()<false, true>();
    else plan.rotates ? run.template operator()<true, false>() : run.template operator()<false, false>();
  }

  /// targets[n] = share [k = label of the picture] + (1 − share) [k = label of its partner].
  /// Shapes  labels [samples of the set], chosen [N] → targets [N, classes]
  template <class S>
  static void mixed_labels(Workspace<Device>& workspace, const Mixture* mixtures, const std::int32_t* labels,
                           const std::size_t* chosen, std::size_t count, std::size_t classes, S* targets) {
    Parallel<Device>::template map<S>(workspace, count, classes,
                                      detail::MixLabels<std::int32_t, S>{labels, chosen, mixtures, targets});
  }
};

}  // namespace odot::kernels
