#pragma once
// SPDX-License-Identifier: MIT
// The functions that expressions apply to their elements: function objects that are generic in their number, which is
// Lanes or Packed (kernels/parallel/lanes.hpp).

#include <bit>
#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::expressions {

/// What a function takes: numbers (what a comparison gave is 1 or 0), what comparisons gave, or one of these and two numbers.
enum class Arguments { numbers, masks, choice };

/// is_costly: worth remembering where it is needed again (repeats.hpp). is_exact: rounded correctly, so that a single number
/// gives the same bits as one in a register.
struct OfNumbers {
  static constexpr Arguments arguments = Arguments::numbers;
  static constexpr bool is_costly = false, is_exact = true;
};
struct CostlyOfNumbers {
  static constexpr Arguments arguments = Arguments::numbers;
  static constexpr bool is_costly = true, is_exact = true;
};
struct Elementary {
  static constexpr Arguments arguments = Arguments::numbers;
  static constexpr bool is_costly = true, is_exact = false;
};
struct OfMasks {
  static constexpr Arguments arguments = Arguments::masks;
  static constexpr bool is_costly = false, is_exact = true;
};

struct Negate : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return -a;
  }
};
struct Abs : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return abs(a);
  }
};
struct Exp : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return exp(a);
  }
};
struct Log : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return log(a);
  }
};
struct Log1p : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return log1p(a);
  }
};
struct Sqrt : CostlyOfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return sqrt(a);
  }
};
struct Rsqrt : CostlyOfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return N(1) / sqrt(a);
  }
};
struct Square : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return a * a;
  }
};
struct Tanh : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return tanh(a);
  }
};
/// −1, 0 or 1; NaN stays NaN.
struct Sign : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return select(a > N(0), N(1), select(a < N(0), N(-1), a));
  }
};
struct Sigmoid : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return N(1) / (N(1) + exp(-a));
  }
};
struct Erf : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return erf(a);
  }
};
struct Sin : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return sin(a);
  }
};
struct Cos : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    return cos(a);
  }
};

struct Plus : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a + b;
  }
};
struct Minus : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a - b;
  }
};
struct Times : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a * b;
  }
};
struct Divides : CostlyOfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a / b;
  }
};
/// a / Count. For a power of two it is a product, which is the same and quicker.
template <std::size_t Count>
struct DividedBy : CostlyOfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a) const {
    if constexpr (std::has_single_bit(Count) && std::is_floating_point_v<typename N::scalar>)
      return a * N(1 / static_cast<typename N::scalar>(Count));
    else return a / N(static_cast<typename N::scalar>(Count));
  }
};
struct Less : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a < b;
  }
};
struct LessEqual : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a <= b;
  }
};
struct EqualTo : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a == b;
  }
};
struct NotEqualTo : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return a != b;
  }
};
struct Power : Elementary {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return pow(a, b);
  }
};
struct Minimum : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return minimum(a, b);
  }
};
struct Maximum : OfNumbers {
  template <class N>
  ODOT_HOST_DEVICE auto operator()(const N& a, const N& b) const {
    return maximum(a, b);
  }
};

struct And : OfMasks {
  template <class M>
  ODOT_HOST_DEVICE auto operator()(const M& a, const M& b) const {
    return a && b;
  }
};
struct Or : OfMasks {
  template <class M>
  ODOT_HOST_DEVICE auto operator()(const M& a, const M& b) const {
    return a || b;
  }
};
struct Not : OfMasks {
  template <class M>
  ODOT_HOST_DEVICE auto operator()(const M& a) const {
    return !a;
  }
};
struct Select {
  static constexpr Arguments arguments = Arguments::choice;
  static constexpr bool is_costly = false, is_exact = true;
  template <class M, class N>
  ODOT_HOST_DEVICE auto operator()(const M& chosen, const N& a, const N& b) const {
    return select(chosen, a, b);
  }
};

}  // namespace odot::expressions
