// expect: odot: this device has no such kernel; specialise the template of odot::kernels for it
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A device with memory, but without kernels.
struct Abacus : odot::Cpu {
  static constexpr const char* name = "abacus";
};

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>>;

int main() {
  odot::Network<Model, Abacus> network{odot::Seed{1}};
  odot::Workspace<Abacus> workspace;
  const odot::Batch<odot::Shape<8>, float, Abacus> x(4);
  odot::Batch<odot::Shape<4>, float, Abacus> y(4);
  network.predict(x, y, workspace);
}
