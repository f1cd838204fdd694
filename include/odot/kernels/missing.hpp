#pragma once
// SPDX-License-Identifier: MIT
// What all kernel contracts share: the error for a device that has no kernels.
//
// An op is a class template over the device. Most are written once, on the primitives (<op>.hpp, parallel/). The others
// have an implementation per device, and three places:
//     <op>/contract.hpp    the primary template declares the functions, and says what they do; a concept says what a device
//                          must offer. It is all that layers include
//     <op>/cpu/<op>.hpp    its specialisation for Cpu, <op>/gpu/<op>.hpp that for Gpu; each asserts the concept
// Every function takes the workspace first, then inputs, then outputs; views marked optional may be empty.

#include <string_view>
#include <type_traits>

#include "odot/core/device.hpp"

namespace odot::kernels::detail {

/// Base of a contract's primary template: the one error where a device's kernels are not included. The primary template's
/// functions are declared and never defined, so that the calls make no further errors.
template <class Device>
struct MissingKernels {
  static constexpr bool is_cpu = std::is_same_v<Device, Cpu>, is_gpu = Device::name == std::string_view("gpu");
  static_assert(
      !is_cpu,
      "odot: the kernels of the Cpu are not included; include odot/odot.hpp, or odot/cpu.hpp, or of the one op "
      "whose odot/kernels/<op>/contract.hpp is named here, odot/kernels/<op>/cpu/<op>.hpp");
  static_assert(
      !is_gpu,
      "odot: the kernels of the Gpu are not included; include odot/gpu.hpp, which needs nvcc, or Thrust on the "
      "host, or of the one op whose odot/kernels/<op>/contract.hpp is named here, "
      "odot/kernels/<op>/gpu/<op>.hpp");
  static_assert(is_cpu || is_gpu,
                "odot: this device has no such kernel; specialise the template of odot::kernels for it");
};

}  // namespace odot::kernels::detail
