// expect: odot::nn: a layer needs   static void forward(auto pass, auto x, auto y);
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// Its forward needs an object.
struct Twice {
  template <odot::ShapeType In>
  struct bind : odot::nn::Layer<In, In> {
    void forward(auto /*pass*/, auto x, auto y) {
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) y[n][i] = 2 * x[n][i];
    }
  };
};

int main() {
  odot::Network<odot::nn::Sequential<odot::Shape<8>, Twice>> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<8>> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
