// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A device with a kernel of its own: the layers that need no other run on it.
struct Abacus : odot::Cpu {
  static constexpr const char* name = "abacus";
};

template <>
struct odot::kernels::Linear<Abacus> {
  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Abacus>&, BatchView<Shape<In>, const S, Abacus>,
                      TensorView<Shape<Out, In>, const S, Abacus>, TensorView<Shape<Out>, const S, Abacus>,
                      BatchView<Shape<Out>, S, Abacus>) {}

  template <class S, std::size_t In, std::size_t Out>
  static void backward(Workspace<Abacus>&, BatchView<Shape<In>, const S, Abacus>,
                       TensorView<Shape<Out, In>, const S, Abacus>, BatchView<Shape<Out>, const S, Abacus>,
                       TensorView<Shape<Out, In>, S, Abacus>, TensorView<Shape<Out>, S, Abacus>,
                       BatchView<Shape<In>, S, Abacus>) {}
};

static_assert(odot::kernels::LinearKernel<odot::kernels::Linear<Abacus>, Abacus>);

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>>;

int main() {
  odot::Network<Model, Abacus> network{odot::Seed{1}};
  odot::Workspace<Abacus> workspace;
  const odot::Batch<odot::Shape<8>, float, Abacus> x(4);
  odot::Batch<odot::Shape<4>, float, Abacus> y(4);
  network.predict(x, y, workspace);
}
