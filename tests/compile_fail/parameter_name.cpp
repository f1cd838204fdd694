// expect: odot::nn: the layer declares no parameter or buffer of this name
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// y = gain ⊙ x, but it asks for a parameter that it does not declare.
struct Scale {
  template <odot::ShapeType In>
  struct bind : odot::nn::Layer<In, In, odot::nn::Parameters<odot::nn::Parameter<"gain", In>>> {
    static void forward(auto pass, auto x, auto y) {
      const auto gain = pass.parameter(odot::nn::weight);
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) y[n][i] = gain[i] * x[n][i];
    }
  };
};

int main() {
  odot::Network<odot::nn::Sequential<odot::Shape<3>, Scale>> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<3>> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
