#pragma once
// SPDX-License-Identifier: MIT
// Views: a pointer with a static shape. Kernels take and fill views; views own nothing and are passed by value.

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include "odot/core/device.hpp"
#include "odot/core/shape.hpp"

namespace odot {

/// Row-major elements of one tensor. `Scalar` may be const. A default-constructed view is empty and tests false:
/// kernels take such a view where an argument (a bias, say) is optional.
template <ShapeType S, class Scalar = float, DeviceType Device = Cpu>
class TensorView {
 public:
  using shape = S;
  using scalar = std::remove_const_t<Scalar>;
  using device = Device;

  constexpr TensorView() = default;
  constexpr explicit TensorView(Scalar* data) : data_(data) {}
  constexpr TensorView(const TensorView&) = default;

  /// Copies elements, of this type of view too: the view itself stays where it is (rebind). The right side is an
  /// expression, a tensor, a number: expressions.hpp.
  const TensorView& operator=(const TensorView& value) const {
    assign(*this, value);
    return *this;
  }
  template <class Value>
  const TensorView& operator=(const Value& value) const {
    assign(*this, value);
    return *this;
  }
  template <class Value>
  const TensorView& operator+=(const Value& value) const {
    assign(added_to(*this), value);
    return *this;
  }
  template <class Value>
  const TensorView& operator-=(const Value& value) const {
    assign(*this, *this - value);
    return *this;
  }
  template <class Value>
  const TensorView& operator*=(const Value& value) const {
    assign(*this, *this * value);
    return *this;
  }
  template <class Value>
  const TensorView& operator/=(const Value& value) const {
    assign(*this, *this / value);
    return *this;
  }
  /// Becomes a view of other elements.
  constexpr void rebind(const TensorView& other) { data_ = other.data_; }

  constexpr operator TensorView<S, const scalar, Device>() const { return TensorView<S, const scalar, Device>(data_); }

  constexpr Scalar* data() const { return data_; }
  static constexpr std::size_t size() { return S::size; }
  constexpr explicit operator bool() const { return data_ != nullptr; }
  constexpr std::span<Scalar, S::size> span() const { return std::span<Scalar, S::size>(data_, S::size); }

  /// The elements in row-major order.
  constexpr Scalar* begin() const
    requires(Device::host_accessible)
  {
    return data_;
  }
  constexpr Scalar* end() const
    requires(Device::host_accessible)
  {
    return data_ + S::size;
  }

  template <class... Index>
  constexpr Scalar& operator()(Index... index) const
    requires(Device::host_accessible)
  {
    assert(S::offset(index...) < S::size);
    return data_[S::offset(index...)];
  }
  constexpr Scalar& operator[](std::size_t element) const
    requires(Device::host_accessible)
  {
    assert(element < S::size);
    return data_[element];
  }

  /// The same elements under another shape of the same size.
  template <ShapeType Other>
  constexpr TensorView<Other, Scalar, Device> as() const {
    static_assert(Other::size == S::size, "odot::TensorView::as: both shapes must have as many elements");
    return TensorView<Other, Scalar, Device>(data_);
  }

 private:
  Scalar* data_ = nullptr;
};

/// A run-time number of samples of one static shape, one after the other: [N, S...].
template <ShapeType S, class Scalar = float, DeviceType Device = Cpu>
class BatchView {
 public:
  using shape = S;
  using scalar = std::remove_const_t<Scalar>;
  using device = Device;

  constexpr BatchView() = default;
  constexpr BatchView(Scalar* data, std::size_t samples) : data_(data), samples_(samples) {}
  constexpr BatchView(const BatchView&) = default;

  /// Copies elements, of this type of view too: the view itself stays where it is (rebind). The right side is an
  /// expression, a tensor, a number: expressions.hpp.
  const BatchView& operator=(const BatchView& value) const {
    assign(*this, value);
    return *this;
  }
  template <class Value>
  const BatchView& operator=(const Value& value) const {
    assign(*this, value);
    return *this;
  }
  template <class Value>
  const BatchView& operator+=(const Value& value) const {
    assign(added_to(*this), value);
    return *this;
  }
  template <class Value>
  const BatchView& operator-=(const Value& value) const {
    assign(*this, *this - value);
    return *this;
  }
  template <class Value>
  const BatchView& operator*=(const Value& value) const {
    assign(*this, *this * value);
    return *this;
  }
  template <class Value>
  const BatchView& operator/=(const Value& value) const {
    assign(*this, *this / value);
    return *this;
  }
  /// Becomes a view of other elements.
  constexpr void rebind(const BatchView& other) { data_ = other.data_, samples_ = other.samples_; }

  constexpr operator BatchView<S, const scalar, Device>() const { return {data_, samples_}; }

  constexpr Scalar* data() const { return data_; }
  constexpr std::size_t samples() const { return samples_; }
  constexpr std::size_t size() const { return samples_ * S::size; }  // elements
  constexpr explicit operator bool() const { return data_ != nullptr; }
  constexpr std::span<Scalar> span() const { return {data_, size()}; }

  /// The elements in row-major order.
  constexpr Scalar* begin() const
    requires(Device::host_accessible)
  {
    return data_;
  }
  constexpr Scalar* end() const
    requires(Device::host_accessible)
  {
    return data_ + size();
  }

  constexpr TensorView<S, Scalar, Device> operator[](std::size_t sample) const {
    assert(sample < samples_);
    return TensorView<S, Scalar, Device>(data_ + sample * S::size);
  }

  /// Samples [begin, begin + count).
  constexpr BatchView subbatch(std::size_t begin, std::size_t count) const {
    assert(begin + count <= samples_);
    return {data_ + begin * S::size, count};
  }

  /// The same elements under another shape of the same size.
  template <ShapeType Other>
  constexpr BatchView<Other, Scalar, Device> as() const {
    static_assert(Other::size == S::size, "odot::BatchView::as: both shapes must have as many elements");
    return {data_, samples_};
  }

 private:
  Scalar* data_ = nullptr;
  std::size_t samples_ = 0;
};

}  // namespace odot
