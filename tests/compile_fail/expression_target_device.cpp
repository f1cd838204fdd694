// expect: odot: target and expression are on two devices; to<Device>() copies
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A device of your own.
struct Other : odot::Cpu {
  static constexpr const char* name = "other";
};

int main() {
  const odot::Tensor<odot::Shape<4>> a;
  odot::Tensor<odot::Shape<4>, float, Other> y;
  y = 2 * a;
}
