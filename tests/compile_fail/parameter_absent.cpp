// expect: odot::nn: with these options the layer lacks this parameter or buffer; ask for parameter_or_empty
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// y = gain ⊙ x with a gain that may be absent, but it asks for one in any case.
template <bool Gain>
struct Scale {
  template <odot::ShapeType In>
  struct bind : odot::nn::Layer<In, In, odot::nn::Parameters<odot::nn::OptionalParameter<Gain, "gain", In>>> {
    static void forward(auto pass, auto x, auto y) { y = pass.parameter(odot::nn::Name<"gain">{}) * x; }
  };
};

int main() {
  odot::Network<odot::nn::Sequential<odot::Shape<3>, Scale<false>>> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<3>> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
