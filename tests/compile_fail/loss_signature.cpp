// expect: odot: the loss's evaluate must be a const or static member that takes (workspace, y, targets, scale, dy, sums)
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <cstdint>
#include <vector>

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<10>>;

/// It forgets the scale.
struct Forgetful {
  template <class Scalar>
  using target = std::int32_t;
  template <odot::ShapeType Output>
  static constexpr std::size_t targets = 1;
  void evaluate(auto& /*workspace*/, auto /*y*/, auto /*labels*/, auto /*dy*/, odot::nn::LossSums* /*sums*/) const {}
};

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<8>> x(4);
  const std::vector<std::int32_t> labels(4);
  return network.compute_gradients(Forgetful{}, x, labels).samples == 4 ? 0 : 1;
}
