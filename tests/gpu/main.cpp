// SPDX-License-Identifier: MIT
// doctest's main function for the Gpu backend. Without a GPU, a program compiled for one says so and ends with code 77,
// which CTest counts as skipped.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "odot/core/gpu.hpp"

int main(int argc, char** argv) {
  const bool lists = std::any_of(argv + 1, argv + argc, [](std::string_view a) { return a.starts_with("--list"); });
  if (!lists) {
    try {
      std::printf("device: %s\n", odot::Gpu::description().c_str());
    } catch (const odot::DeviceError& error) {
      std::printf("skipped: %s\n", error.what());
      return 77;
    }
  }
  return doctest::Context(argc, argv).run();
}
