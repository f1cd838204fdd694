#pragma once
// SPDX-License-Identifier: MIT
// Activation functions, and the kernel that applies them element by element.

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

// A function has value(x), and slope(z): its derivative at x, where z is y if slope_from_output() is true, else x. Both
// are generic in the type of their number, which is Lanes or Packed.

/// y = 1/(1 + exp(−x))
struct SigmoidFunction {
  constexpr bool slope_from_output() const { return true; }
  template <class N>
  ODOT_HOST_DEVICE N value(const N& x) const {
    return N(1) / (N(1) + exp(-x));
  }
  template <class N>
  ODOT_HOST_DEVICE N slope(const N& y) const {
    return y * (N(1) - y);
  }
};

struct TanhFunction {
  constexpr bool slope_from_output() const { return true; }
  template <class N>
  ODOT_HOST_DEVICE N value(const N& x) const {
    return tanh(x);
  }
  template <class N>
  ODOT_HOST_DEVICE N slope(const N& y) const {
    return (N(1) - y) * (N(1) + y);
  }
};

/// y = x σ(x), σ the sigmoid.
struct SiLUFunction {
  constexpr bool slope_from_output() const { return false; }
  template <class N>
  ODOT_HOST_DEVICE N value(const N& x) const {
    return x / (N(1) + exp(-x));
  }
  template <class N>
  ODOT_HOST_DEVICE N slope(const N& x) const {
    const N s = N(1) / (N(1) + exp(-x));
    return s * multiply_add(x, N(1) - s, N(1));
  }
};

/// y = x where x > 0, else negative_slope · x. The sign of x is y's unless the slope is negative.
struct LeakyReLUFunction {
  double negative_slope = 0.01;

  constexpr bool slope_from_output() const { return negative_slope >= 0; }
  template <class N>
  ODOT_HOST_DEVICE N value(const N& x) const {
    return select(x > N(0), x, x * N(negative_slope));
  }
  template <class N>
  ODOT_HOST_DEVICE N slope(const N& z) const {
    return select(z > N(0), N(1), N(negative_slope));
  }
};

/// y = x where x > 0, else alpha (exp(x) − 1).
struct ELUFunction {
  double alpha = 1;

  constexpr bool slope_from_output() const { return false; }  // from y, small slopes would lose their digits
  template <class N>
  ODOT_HOST_DEVICE N value(const N& x) const {
    // exp(x) − 1 = 2 t/(1 − t), t = tanh(x/2): nothing cancels, as t ≤ 0.
    const N t = tanh(N(0.5) * x);
    return select(x > N(0), x, N(2 * alpha) * t / (N(1) - t));
  }
  template <class N>
  ODOT_HOST_DEVICE N slope(const N& x) const {
    return select(x > N(0), N(1), N(alpha) * exp(x));
  }
};

namespace detail {

template <class F, class S>
struct ActivationForward {
  F function;
  const S* x;
  S* y;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(y, function.value(run.load(x)));
  }
};

template <class F, class S>
struct ActivationBackward {
  F function;
  const S *seen, *dy;
  S* dx;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    // y = f(x)
    run.store(dx, run.load(dy) * function.slope(run.load(seen)));
  }
};

}  // namespace detail

/// y = f(x), element by element; NaN stays NaN. y may be x's memory, dx dy's.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy f′(x) (overwritten; optional); `seen` is y where f.slope_from_output(), else x
template <class Device>
struct Activation {
  template <class F, ShapeType Sh, class S>
  static void forward(Workspace<Device>& workspace, const F& f, BatchView<Sh, const S, Device> x,
                      BatchView<Sh, S, Device> y) {
    Parallel<Device>::template map<S>(workspace, 1, x.size(), detail::ActivationForward<F, S>{f, x.data(), y.data()});
  }

  template <class F, ShapeType Sh, class S>
  static void backward(Workspace<Device>& workspace, const F& f, BatchView<Sh, const S, Device> seen,
                       BatchView<Sh, const S, Device> dy, BatchView<Sh, S, Device> dx) {
    if (!dx) return;
    Parallel<Device>::template map<S>(workspace, 1, dy.size(),
                                      detail::ActivationBackward<F, S>{f, seen.data(), dy.data(), dx.data()});
  }
};

}  // namespace odot::kernels
