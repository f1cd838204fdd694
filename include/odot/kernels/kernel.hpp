#pragma once
// SPDX-License-Identifier: MIT
// What all kernel contracts share.
//
// An op is a class template over the device: kernels::Linear<Cpu>. The contract, <op>/<op>.hpp, declares the primary
// template, says what the functions do and is all that layers include. <op>/cpu.hpp specialises it for Cpu. Every
// function takes the workspace first, then inputs, then outputs; views marked optional may be empty.

#include <string_view>
#include <type_traits>

#include "odot/core/device.hpp"

namespace odot::kernels::detail {

/// Base of a primary template: the one error for a device whose kernels are not included. It takes any call, so that the
/// error stays the only one. Nothing is defined.
template <class Device>
struct NoKernel {
  static constexpr bool is_cpu = std::is_same_v<Device, Cpu>, is_gpu = Device::name == std::string_view("gpu");
  static_assert(!is_cpu, "odot: the kernels of the Cpu are not included; include odot/odot.hpp, or odot/cpu.hpp");
  static_assert(
      !is_gpu,
      "odot: the kernels of the Gpu are not included; include odot/gpu.hpp, which needs nvcc, or Thrust on the host");
  static_assert(is_cpu || is_gpu,
                "odot: this device has no such kernel; specialise the template of odot::kernels for it");

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
  static void clip(const auto&...);
  static void evaluate(const auto&...);
  static void measure(const auto&...);
  static void update(const auto&...);
};

}  // namespace odot::kernels::detail
