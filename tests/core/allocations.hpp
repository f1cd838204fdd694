#pragma once
// SPDX-License-Identifier: MIT
// Counts what the test program asks of operator new, so that a test can say "this allocates nothing". Memory taken by
// malloc itself (Eigen's temporaries, OpenMP's threads) is not seen.

#include <cstddef>

namespace odot::test {

std::size_t allocations();      ///< calls of operator new so far, by all threads
std::size_t allocated_bytes();  ///< bytes asked for so far

}  // namespace odot::test
