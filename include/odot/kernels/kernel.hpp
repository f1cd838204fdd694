#pragma once
// SPDX-License-Identifier: MIT
// What all kernel contracts share.
//
// An op is a class template over the device: kernels::Linear<Cpu>. The contract, <op>/<op>.hpp, declares the primary
// template, says what the functions do and is all that layers include. <op>/cpu.hpp specialises it for Cpu. Every
// function takes the workspace first, then inputs, then outputs; views marked optional may be empty.

namespace odot::kernels::detail {

/// False, but only once a device is known: for the static_assert of a primary template.
template <class Device>
inline constexpr bool implemented = false;

/// Base of a primary template: takes any call, so that the static_assert stays the only error. Nothing is defined.
struct NoKernel {
  template <class... Explicit>
  static void forward(const auto&...);
  template <class... Explicit>
  static void forward_training(const auto&...);
  template <auto Explicit>
  static void forward_training(const auto&...);
  template <class... Explicit>
  static void forward_evaluation(const auto&...);
  template <auto Explicit>
  static void forward_evaluation(const auto&...);
  template <class... Explicit>
  static void backward(const auto&...);
  template <auto Explicit>
  static void backward(const auto&...);
  template <auto Explicit>
  static void step(const auto&...);
  template <class... Explicit>
  static void gather(const auto&...);
  template <class... Explicit>
  static void scatter(const auto&...);
  static void add(const auto&...);
  static void copy(const auto&...);
  static void rows(const auto&...);
  static void pixels(const auto&...);
  static void clip(const auto&...);
  static void evaluate(const auto&...);
  static void measure(const auto&...);
  static void update(const auto&...);
  static void unpack(const auto&...);
};

}  // namespace odot::kernels::detail
