// SPDX-License-Identifier: MIT
#include "odot/kernels/gather.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "odot/kernels/parallel/cpu/parallel.hpp"

using namespace odot;
using Kernel = kernels::Gather<Cpu>;

TEST_CASE("rows of any width are found by their numbers and become numbers of another type") {
  for (const std::size_t width : {1u, 2u, 3u, 16u, 19u, 33u, 784u}) {
    CAPTURE(width);
    for (const int threads : {1, 3}) {
      Workspace<Cpu> workspace(threads);
      std::vector<std::uint8_t> bytes(100 * width);
      std::vector<float> floats(bytes.size());
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 7);
        floats[i] = static_cast<float>(i) / 3;
      }
      std::vector<std::size_t> chosen(500);
      for (std::size_t n = 0; n < chosen.size(); ++n) chosen[n] = n * 37 % 100;
      const std::size_t size = chosen.size() * width;
      std::vector<float> pixels(size), same(size);
      std::vector<double> wider(size);
      std::vector<std::int32_t> integers(size);
      Kernel::pixels(workspace, bytes.data(), width, chosen.data(), chosen.size(), pixels.data());
      Kernel::rows(workspace, floats.data(), width, chosen.data(), chosen.size(), same.data());
      Kernel::rows(workspace, floats.data(), width, chosen.data(), chosen.size(), wider.data());
      Kernel::rows(workspace, bytes.data(), width, chosen.data(), chosen.size(), integers.data());
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const std::size_t from = chosen[i / width] * width + i % width;
        wrong += pixels[i] != static_cast<float>(bytes[from]) / 255.0f;
        wrong += same[i] != floats[from];
        wrong += wider[i] != static_cast<double>(floats[from]);
        wrong += integers[i] != bytes[from];
      }
      CHECK(wrong == 0);
    }
  }
}
