#pragma once
// SPDX-License-Identifier: MIT
// Tensor and Batch: the owners behind the views. Storage is on the heap, 64-byte aligned, row-major, zero at first.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>

#include "odot/core/buffer.hpp"
#include "odot/core/checked.hpp"
#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/expression_base.hpp"
#include "odot/core/view.hpp"

namespace odot {

/// One tensor of a static shape.
template <ShapeType S, class Scalar = float, DeviceType Device = Cpu>
class Tensor {
 public:
  using shape = S;

  Tensor() : buffer_(S::size) {}

  /// From values in row-major order. Throws ArgumentError unless there are exactly as many as the shape has elements.
  Tensor(std::initializer_list<Scalar> values) : Tensor(from({values.begin(), values.size()})) {}
  /// The same from a vector or another array of the host: Tensor<Shape<2, 3>>::from(values).
  static Tensor from(std::span<const Scalar> values) {
    if (values.size() != S::size)
      throw ArgumentError("odot::Tensor " + S::to_string() + ": expected " + std::to_string(S::size) +
                          " values, found " + std::to_string(values.size()));
    Tensor tensor;
    tensor.buffer_.from_host(values.data());
    return tensor;
  }
  /// The value of an expression of this shape, or of one that broadcasts to it.
  template <ExpressionNode Expression>
  Tensor(const Expression& expression) : Tensor() {
    assign(view(), expression);
  }

  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  /// Copies elements. (There is no copy constructor, so that no copy is by chance: eval(x) makes one.)
  Tensor& operator=(const Tensor& other) {
    view() = other.view();
    return *this;
  }
  /// = += −= *= /= of an expression, a tensor, a view or a number: expressions.hpp.
  template <class Value>
  Tensor& operator=(const Value& value) {
    view() = value;
    return *this;
  }
  template <class Value>
  Tensor& operator+=(const Value& value) {
    view() += value;
    return *this;
  }
  template <class Value>
  Tensor& operator-=(const Value& value) {
    view() -= value;
    return *this;
  }
  template <class Value>
  Tensor& operator*=(const Value& value) {
    view() *= value;
    return *this;
  }
  template <class Value>
  Tensor& operator/=(const Value& value) {
    view() /= value;
    return *this;
  }

  Scalar* data() { return buffer_.data(); }
  const Scalar* data() const { return buffer_.data(); }
  static constexpr std::size_t size() { return S::size; }

  /// The elements in row-major order, on the Cpu.
  Scalar* begin() { return view().begin(); }
  Scalar* end() { return view().end(); }
  const Scalar* begin() const { return view().begin(); }
  const Scalar* end() const { return view().end(); }

  TensorView<S, Scalar, Device> view() ODOT_LIFETIMEBOUND { return TensorView<S, Scalar, Device>(data()); }
  TensorView<S, const Scalar, Device> view() const ODOT_LIFETIMEBOUND {
    return TensorView<S, const Scalar, Device>(data());
  }
  operator TensorView<S, Scalar, Device>() ODOT_LIFETIMEBOUND { return view(); }
  operator TensorView<S, const Scalar, Device>() const ODOT_LIFETIMEBOUND { return view(); }

  /// A copy on another device, or on the same one.
  template <DeviceType Other>
  Tensor<S, Scalar, Other> to() const {
    Tensor<S, Scalar, Other> copy;
    detail::copy_between<Device, Other>(data(), copy.data(), S::size);
    return copy;
  }

  template <class... Index>
  Scalar& operator()(Index... index) {
    return view()(index...);
  }
  template <class... Index>
  const Scalar& operator()(Index... index) const {
    return view()(index...);
  }

 private:
  Buffer<Scalar, Device> buffer_;
};

/// A run-time number of samples of one static shape.
template <ShapeType S, class Scalar = float, DeviceType Device = Cpu>
class Batch {
 public:
  using shape = S;

  Batch() = default;
  Batch(Batch&& other) noexcept : buffer_(std::move(other.buffer_)), samples_(std::exchange(other.samples_, 0)) {}
  Batch& operator=(Batch&& other) noexcept {
    std::swap(buffer_, other.buffer_);
    std::swap(samples_, other.samples_);
    return *this;
  }
  /// Throws ArgumentError if this number of samples exceeds what memory can hold.
  explicit Batch(std::size_t samples) : buffer_(elements(samples)), samples_(samples) {}

  /// The value of an expression of batches.
  template <ExpressionNode Expression>
  Batch(const Expression& expression) : Batch(expression.samples()) {
    static_assert(
        detail::is_batched<Expression>,
        "odot::Batch: an expression without a batch has no number of samples; make the batch first, and assign");
    if constexpr (detail::is_batched<Expression>) assign(view(), expression);
  }
  /// Copies elements, and takes over the number of samples. (There is no copy constructor, so that no copy is
  /// accidental: eval(x) makes one.)
  Batch& operator=(const Batch& other) {
    become(other.samples(), other);
    return *this;
  }
  /// Assigns an expression, a batch or a view, and takes over its number of samples; a number or a tensor is assigned
  /// to every sample.
  template <class Value>
  Batch& operator=(const Value& value) {
    if constexpr (requires { value.samples(); } && !(ExpressionNode<Value> && !detail::is_batched<Value>))
      become(value.samples(), value);
    else view() = value;
    return *this;
  }
  template <class Value>
  Batch& operator+=(const Value& value) {
    view() += value;
    return *this;
  }
  template <class Value>
  Batch& operator-=(const Value& value) {
    view() -= value;
    return *this;
  }
  template <class Value>
  Batch& operator*=(const Value& value) {
    view() *= value;
    return *this;
  }
  template <class Value>
  Batch& operator/=(const Value& value) {
    view() /= value;
    return *this;
  }

  /// The elements in row-major order, on the Cpu.
  Scalar* begin() { return view().begin(); }
  Scalar* end() { return view().end(); }
  const Scalar* begin() const { return view().begin(); }
  const Scalar* end() const { return view().end(); }

  /// From the values of `samples` samples in row-major order. Throws ArgumentError if their number does not fit.
  Batch(std::size_t samples, std::initializer_list<Scalar> values) : Batch(samples) {
    if (values.size() != samples * S::size)
      throw ArgumentError("odot::Batch of " + std::to_string(samples) + " × " + S::to_string() + ": expected " +
                          std::to_string(samples * S::size) + " values, found " + std::to_string(values.size()));
    buffer_.from_host(values.begin());
  }

  /// The same from a vector or another array of the host; the number of samples follows from its size:
  /// Batch<Shape<4>>::from(values). Throws ArgumentError if the last sample would be incomplete.
  static Batch from(std::span<const Scalar> values) {
    if (values.size() % S::size != 0)
      throw ArgumentError("odot::Batch of " + S::to_string() + ": expected a multiple of " + std::to_string(S::size) +
                          " values, found " + std::to_string(values.size()));
    Batch batch(values.size() / S::size);
    batch.buffer_.from_host(values.data());
    return batch;
  }

  Scalar* data() { return buffer_.data(); }
  const Scalar* data() const { return buffer_.data(); }
  std::size_t samples() const { return samples_; }
  std::size_t size() const { return samples_ * S::size; }  // elements

  BatchView<S, Scalar, Device> view() ODOT_LIFETIMEBOUND { return {data(), samples_}; }
  BatchView<S, const Scalar, Device> view() const ODOT_LIFETIMEBOUND { return {data(), samples_}; }
  operator BatchView<S, Scalar, Device>() ODOT_LIFETIMEBOUND { return view(); }
  operator BatchView<S, const Scalar, Device>() const ODOT_LIFETIMEBOUND { return view(); }

  /// A copy on another device, or on the same one.
  template <DeviceType Other>
  Batch<S, Scalar, Other> to() const {
    Batch<S, Scalar, Other> copy(samples_);
    detail::copy_between<Device, Other>(data(), copy.data(), size());
    return copy;
  }

  TensorView<S, Scalar, Device> operator[](std::size_t sample) ODOT_LIFETIMEBOUND { return view()[sample]; }
  TensorView<S, const Scalar, Device> operator[](std::size_t sample) const ODOT_LIFETIMEBOUND { return view()[sample]; }
  std::span<Scalar> span() ODOT_LIFETIMEBOUND { return {data(), size()}; }
  std::span<const Scalar> span() const ODOT_LIFETIMEBOUND { return {data(), size()}; }

  /// Makes it `samples` samples; allocates, and forgets the content, only when it must grow. Throws as the constructor.
  void resize(std::size_t samples) {
    if (elements(samples) > buffer_.size()) buffer_ = Buffer<Scalar, Device>(elements(samples));
    samples_ = samples;
  }

 private:
  /// Assigns a value with this number of samples. The value may read this batch: memory that is too small is freed
  /// last.
  template <class Value>
  void become(std::size_t samples, const Value& value) {
    if (elements(samples) > buffer_.size()) {
      Batch larger(samples);
      assign(larger.view(), value);
      *this = std::move(larger);
    } else {
      assign(BatchView<S, Scalar, Device>(data(), samples), value);
      samples_ = samples;
    }
  }
  static std::size_t elements(std::size_t samples) { return checked_product("odot::Batch", samples, S::size); }

  Buffer<Scalar, Device> buffer_;
  std::size_t samples_ = 0;
};

}  // namespace odot
