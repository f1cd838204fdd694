// expect: odot::nn::Sequential: a layer's bind<In> must derive from nn::Layer<In, Out>
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// It declares its shapes and nothing else.
struct Twice {
  template <odot::ShapeType In>
  struct bind {
    using input_shape = In;
    using output_shape = In;
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
  return network.predict(x).samples() == 4 ? 0 : 1;
}
