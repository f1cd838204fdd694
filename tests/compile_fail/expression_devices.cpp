// expect: odot: operands on two devices; to<Device>() copies
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A device of your own.
struct Other : odot::Cpu {
  static constexpr const char* name = "other";
};

int main() {
  const odot::Tensor<odot::Shape<4>> a;
  const odot::Tensor<odot::Shape<4>, float, Other> b;
  odot::Tensor<odot::Shape<4>> y;
  y = a + b;
}
