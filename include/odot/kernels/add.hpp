#pragma once
// SPDX-License-Identifier: MIT
// The element-wise sum, and the copy.

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct Addition {
  const S *a, *b;
  S* c;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(c, run.load(a) + run.load(b));
  }
};

template <class S>
struct Copy {
  const S* from;
  S* to;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(to, run.load(from));
  }
};

}  // namespace detail

/// c = a + b, element by element; c may be the memory of a or b.
/// Shapes  a, b [N, …] → c [N, …]
template <class Device>
struct Add {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, BatchView<Sh, const S, Device> a, BatchView<Sh, const S, Device> b,
                      BatchView<Sh, S, Device> c) {
    Parallel<Device>::template map<S>(workspace, 1, a.size(), detail::Addition<S>{a.data(), b.data(), c.data()});
  }

  /// c = a; nothing where both are the same memory.
  template <ShapeType Sh, class S>
  static void copy(Workspace<Device>& workspace, BatchView<Sh, const S, Device> a, BatchView<Sh, S, Device> c) {
    if (a.data() == c.data()) return;
    Parallel<Device>::template map<S>(workspace, 1, a.size(), detail::Copy<S>{a.data(), c.data()});
  }
};

}  // namespace odot::kernels
