// SPDX-License-Identifier: MIT
// Batches of every kind of set on the Gpu against the Cpu.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/small_sets.hpp"
#include "odot/gpu.hpp"
#include "odot/odot.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class T>
std::vector<T> to_host(const T* device, std::size_t count) {
  std::vector<T> host(count);
  Gpu::copy_to_host(host.data(), device, count * sizeof(T));
  return host;
}

/// Loads every batch of a shuffled set on both devices and compares.
template <class Scalar, class Set>
void check_batches(const Set& set) {
  data::Loader<Set, Scalar, Cpu> cpu(set, 4);
  data::Loader<Set, Scalar, Gpu> gpu(set, 4);
  Workspace<Cpu> cpu_workspace;
  Workspace<Gpu> gpu_workspace;
  cpu.shuffle(Seed{1}, 3);
  gpu.shuffle(Seed{1}, 3);
  REQUIRE(gpu.count() == cpu.count());
  for (std::size_t b = 0; b < cpu.count(); ++b) {
    const auto expected = cpu.load(b, cpu_workspace);
    const auto found = gpu.load(b, gpu_workspace);
    REQUIRE(found.x.samples() == expected.x.samples());
    REQUIRE(found.targets.size() == expected.targets.size());
    const auto x = to_host(found.x.data(), found.x.span().size());
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == expected.x.data()[i]);
    const auto targets = to_host(found.targets.data(), found.targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) CHECK(targets[i] == expected.targets[i]);
    REQUIRE((found.lengths == nullptr) == (expected.lengths == nullptr));
    if (!found.lengths) continue;
    const auto lengths = to_host(found.lengths, found.x.samples());
    for (std::size_t i = 0; i < lengths.size(); ++i) CHECK(lengths[i] == expected.lengths[i]);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("batches of images and indices match the Cpu's", Scalar, float, double) {
  const auto images = numbered_images(50);
  check_batches<Scalar>(images);
  check_batches<Scalar>(data::reconstruction(images));
  check_batches<Scalar>(numbered_tokens(10));
}

TEST_CASE_TEMPLATE("a set matches the Cpu's batch", Scalar, float, double) {
  const auto set = numbered_images(50);
  const auto expected = data::batch_of<Scalar>(set);
  const auto found = data::batch_of<Scalar, Gpu>(set).template to<Cpu>();
  REQUIRE(found.samples() == 50);
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found.data()[i] == expected.data()[i]);
  CHECK((data::batch_of<Scalar, Gpu>(numbered_images(0)).samples() == 0));
}

TEST_CASE_TEMPLATE("batches of sequences match the Cpu's", Scalar, float, double) {
  check_batches<Scalar>(numbered_sequences(10));
}

TEST_CASE_TEMPLATE("batches of windows match the Cpu's", Scalar, float, double) {
  check_batches<Scalar>(numbered_windows(10));
}
