// SPDX-License-Identifier: MIT
// Shapes are types, storage is on the heap, views are passed by value.

#include "program.hpp"

#include <odot/odot.hpp>

#include <cstdio>

using namespace odot;

int tour() {
  // A tensor's shape is part of its type: sizes and offsets are known to the compiler.
  Tensor<Shape<2, 3>> a{1, 2, 3, 4, 5, 6};
  static_assert(Shape<2, 3>::size == 6);
  std::printf("a has shape %s, a(1, 2) = %g\n", Shape<2, 3>::to_string().c_str(), static_cast<double>(a(1, 2)));

  // The number of samples in a batch is not: it is chosen at run time.
  Batch<Shape<2, 3>> batch(4);
  for (std::size_t n = 0; n < batch.samples(); ++n) batch[n](0, 0) = static_cast<float>(n);
  std::printf("a batch of %zu samples has %zu elements\n", batch.samples(), batch.size());

  // Views own nothing. The same memory can be seen under another shape of the same size; another size would not compile.
  const auto rows = a.view().as<Shape<3, 2>>();
  std::printf("the same six numbers as [3, 2]: element (2, 0) = %g\n", static_cast<double>(rows(2, 0)));

  // Random numbers are a function of seed, stream and index, the same on every machine.
  const Random random(Seed{42}, 0);
  std::printf("normal numbers: %+.6f %+.6f %+.6f\n", random.normal(0), random.normal(1), random.normal(2));
  return 0;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Shows shapes, tensors, batches, views and random numbers.", tour);
}
