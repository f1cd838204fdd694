#pragma once
// SPDX-License-Identifier: MIT
// The constants of a norm with running statistics.

namespace odot::kernels {

/// What batch norms, and the norms of attention heads, are told besides their arrays.
struct NormConstants {
  double eps = 1e-5;
  double momentum = 0.1;  ///< share of the new batch in the running statistics
  /// A running variance of 0 means that there was no batch yet: the first batch's statistics are taken whole.
  bool first_batch_whole = false;
};

}  // namespace odot::kernels
