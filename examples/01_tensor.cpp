// SPDX-License-Identifier: MIT
// Shapes are types, storage is on the heap, and tensors compute.

#include "program.hpp"

#include <odot/odot.hpp>

#include <cstdio>
#include <iostream>

using namespace odot;

int tour() {
  // A tensor's shape is part of its type: sizes and offsets are known to the compiler.
  Tensor<Shape<2, 3>> a{1, 2, 3, 4, 5, 6};
  static_assert(Shape<2, 3>::size == 6);
  std::cout << "a has shape " << Shape<2, 3>::to_string() << ", a(1, 2) = " << a(1, 2) << ":\n" << a << "\n";

  // Arithmetic is element by element; [3] broadcasts over [2, 3], and a number over everything. One pass, no temporaries.
  const Tensor<Shape<3>> b{10, 20, 30};
  std::cout << "2 a + b:\n" << 2 * a + b << "\n";

  // A softmax over axis 1, whose extent stays, as 1, so that it broadcasts back.
  const auto e = eval(exp(a - max<1>(a)));
  const Tensor<Shape<2, 3>> p = e / sum<1>(e);
  std::cout << "its softmax over axis 1:\n" << p << "\nwhose sums are\n" << sum<1>(p) << "\n";

  // Products, transposition, slices.
  std::cout << "a aᵀ:\n" << matmul(a, transpose(a)) << "\n";
  slice<1, 0, 1>(a) = 0;
  std::cout << "a with its first column cleared:\n" << a << "\n";

  // The number of samples in a batch is chosen at run time. Axes are counted without it.
  Batch<Shape<2, 3>> batch(4);
  for (std::size_t n = 0; n < batch.samples(); ++n) batch[n] = a * static_cast<float>(n);
  std::cout << "the mean of " << batch.samples() << " samples:\n" << batch_mean(batch) << "\n";

  // Views own nothing. The same memory can be seen under another shape of the same size; another size would not compile.
  const auto rows = a.view().as<Shape<3, 2>>();
  std::cout << "a as [3, 2]:\n" << rows << "\n";

  // Random numbers are a function of seed, stream and index, the same on every machine. Element i is number i.
  const Random random(Seed{42});
  const auto drawn = normal<Tensor<Shape<3>>>(random);
  std::printf("normal numbers: %+.6f %+.6f %+.6f\n", random.normal(0), random.normal(1), random.normal(2));
  std::cout << "as a tensor: " << drawn << "\n";
  return 0;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Shows shapes, tensors and their arithmetic, batches, views and random numbers.",
                      tour);
}
