// expect: odot::nn: a layer needs   static void backward(auto pass, auto x, auto y, auto dy, auto dx);
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <cstdint>
#include <vector>

/// y = 2x, which can predict and has no backward.
struct Twice {
  template <odot::ShapeType In>
  struct bind : odot::nn::Layer<In, In> {
    static void forward(auto /*pass*/, auto x, auto y) {
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) y[n][i] = 2 * x[n][i];
    }
  };
};

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>, Twice, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<8>> x(4);
  const std::vector<std::int32_t> labels(4);
  return network.compute_gradients(x, labels).samples == 4 ? 0 : 1;
}
