// expect: odot::nn::Sequential: every layer must be a description, with a member template bind<In>, as nn::Linear<10> is
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A layer as other libraries have it.
struct Twice {
  void forward(const float* x, float* y, int n) {
    for (int i = 0; i < n; ++i) y[i] = 2 * x[i];
  }
};

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>, Twice, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<8>> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
