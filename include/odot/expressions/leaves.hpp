#pragma once
// SPDX-License-Identifier: MIT
// The leaves of expressions: elements in memory, numbers, tensors that the expression owns.

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/core/expression_base.hpp"
#include "odot/core/tensor.hpp"
#include "odot/expressions/broadcast.hpp"
#include "odot/expressions/remember.hpp"
#include "odot/expressions/space.hpp"

namespace odot {

namespace expressions {

namespace detail {
template <class T>
inline constexpr bool is_view = false;
template <ShapeType S, class T, class D>
inline constexpr bool is_view<TensorView<S, T, D>> = true;
template <ShapeType S, class T, class D>
inline constexpr bool is_view<BatchView<S, T, D>> = true;
template <class T>
inline constexpr bool is_owner = false;
template <ShapeType S, class T, class D>
inline constexpr bool is_owner<Tensor<S, T, D>> = true;
template <ShapeType S, class T, class D>
inline constexpr bool is_owner<Batch<S, T, D>> = true;
}  // namespace detail

/// What may occur in an expression besides numbers: nodes, views, tensors, batches.
template <class T>
concept Operand =
    ExpressionNode<T> || detail::is_view<std::remove_cvref_t<T>> || detail::is_owner<std::remove_cvref_t<T>>;

/// Elements in memory. BatchStride: elements from a sample to the next, 0 where there is no batch.
template <ShapeType S, class Steps, std::size_t BatchStride, class T, class Device>
struct Source : ExpressionBase<Source<S, Steps, BatchStride, T, Device>> {
  using shape = S;
  using scalar = std::remove_const_t<T>;
  using device = Device;
  using steps = Steps;
  static constexpr bool batched = BatchStride > 0;
  static constexpr std::size_t batch_stride = BatchStride;
  template <class Target>
  using Layout = Alignment<S, Steps, Target>;

  T* data = nullptr;
  std::size_t count = 0;

  constexpr Source() = default;
  constexpr Source(T* first, std::size_t samples) : data(first), count(samples) {}
  constexpr Source(const Source&) = default;

  /// Copies elements, as a view does.
  const Source& operator=(const Source& value) const {
    assign(*this, value);
    return *this;
  }
  template <class Value>
  const Source& operator=(const Value& value) const {
    assign(*this, value);
    return *this;
  }
  template <class Value>
  const Source& operator+=(const Value& value) const {
    assign(added_to(*this), value);
    return *this;
  }
  template <class Value>
  const Source& operator-=(const Value& value) const {
    assign(*this, *this - value);
    return *this;
  }
  template <class Value>
  const Source& operator*=(const Value& value) const {
    assign(*this, *this * value);
    return *this;
  }
  template <class Value>
  const Source& operator/=(const Value& value) const {
    assign(*this, *this / value);
    return *this;
  }

  constexpr std::size_t samples() const { return batched ? count : 0; }

  template <class Target>
  static constexpr std::size_t merged_axes =
      (std::max)({Layout<Target>::contiguous_axes, Layout<Target>::constant_axes, std::size_t{Target::rank > 0}});
  template <class Target>
  static constexpr bool is_flat = (S::size == 1 && !batched) || (Layout<Target>::contiguous_axes == Target::rank &&
                                                                 batched && BatchStride == Target::size);
  /// Within a tensor's elements alone.
  template <class Target>
  static constexpr bool is_flat_sample = S::size == 1 || Layout<Target>::contiguous_axes == Target::rank;

  template <class Space, class Run>
  ODOT_HOST_DEVICE auto load(const Run& run) const {
    using Place = PlaceOf<Source, Space>;
    if constexpr (remembers<Run, Source>) return remembered<Source>(run);
    else if constexpr (Place::kind == Place::one) return typename Run::Number(data[Place::start(run.row)]);
    else if constexpr (Place::kind == Place::contiguous)
      return run.load_from(data + (Place::start(run.row) + run.column));
    else return run.load_strided(data + (Place::start(run.row) + run.column * Place::step), Place::step);
  }
  template <class Space, class Run, class Number>
  ODOT_HOST_DEVICE void store(const Run& run, const Number& value) const {
    using Place = PlaceOf<Source, Space>;
    static_assert(Place::kind != Place::one || S::size == 1, "odot: an element that is written must not be shared");
    if constexpr (Place::kind == Place::strided)
      run.store_strided(data + (Place::start(run.row) + run.column * Place::step), Place::step, value);
    else run.store_to(data + (Place::start(run.row) + run.column), value);
  }
};

template <class Node>
inline constexpr bool is_source = false;
template <ShapeType S, class Steps, std::size_t B, class T, class Device>
inline constexpr bool is_source<Source<S, Steps, B, T, Device>> = true;

/// Row-major elements.
template <ShapeType S, bool Batched, class T, class Device>
using Dense = Source<S, ContiguousStrides<S>, Batched ? S::size : 0, T, Device>;
template <class Node>
using DenseOf = Dense<typename Node::shape, Node::batched, const typename Node::scalar, typename Node::device>;

/// A number.
template <class S, class Device>
struct Constant : ExpressionBase<Constant<S, Device>> {
  using shape = Shape<>;
  using scalar = S;
  using device = Device;
  static constexpr bool batched = false;

  S value;

  constexpr explicit Constant(S number) : value(number) {}
  static constexpr std::size_t samples() { return 0; }

  template <class Target>
  static constexpr std::size_t merged_axes = Target::rank;
  template <class Target>
  static constexpr bool is_flat = true;
  template <class Target>
  static constexpr bool is_flat_sample = true;

  template <class Space, class Run>
  ODOT_HOST_DEVICE auto load(const Run&) const {
    return typename Run::Number(value);
  }
};

/// 0, 1, …, K − 1.
template <std::size_t K, class S, class Device>
struct Counting : ExpressionBase<Counting<K, S, Device>> {
  using shape = Shape<K>;
  using scalar = S;
  using device = Device;
  static constexpr bool batched = false;

  static constexpr std::size_t samples() { return 0; }

  template <class Target>
  static constexpr std::size_t merged_axes = 1;
  template <class Target>
  static constexpr bool is_flat = false;
  template <class Target>
  static constexpr bool is_flat_sample = Target::size == K;

  template <class Space, class Run>
  ODOT_HOST_DEVICE auto load(const Run& run) const {
    return run.count_from(K == 1 ? 0 : run.column);
  }
};

/// A tensor or a batch that the expression owns.
template <class Owner>
struct Held : ExpressionBase<Held<Owner>> {
  using view = decltype(std::declval<const Owner&>().view());
  using shape = typename view::shape;
  using scalar = typename view::scalar;
  using device = typename view::device;
  static constexpr bool batched = requires(const Owner& owner) { owner.samples(); };

  Owner owner;

  explicit Held(Owner&& from) : owner(std::move(from)) {}
  std::size_t samples() const {
    if constexpr (batched) return owner.samples();
    else return 0;
  }
};

/// Elements in memory that are read as another scalar.
template <class S, class Memory>
struct Converted : ExpressionBase<Converted<S, Memory>> {
  using shape = typename Memory::shape;
  using scalar = S;
  using device = typename Memory::device;
  using steps = typename Memory::steps;
  static constexpr bool batched = Memory::batched;
  static constexpr std::size_t batch_stride = Memory::batch_stride;

  Memory memory;

  constexpr explicit Converted(const Memory& elements) : memory(elements) {}
  constexpr std::size_t samples() const { return memory.samples(); }

  template <class Target>
  static constexpr std::size_t merged_axes = Memory::template merged_axes<Target>;
  template <class Target>
  static constexpr bool is_flat = Memory::template is_flat<Target>;
  template <class Target>
  static constexpr bool is_flat_sample = Memory::template is_flat_sample<Target>;

  template <class Space, class Run>
  ODOT_HOST_DEVICE auto load(const Run& run) const {
    return memory.template load<Space>(run);
  }
};

}  // namespace expressions

}  // namespace odot
