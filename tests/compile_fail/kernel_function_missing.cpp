// expect: the Abacus has all of kernels::Linear
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A device whose products lack backward.
struct Abacus : odot::Cpu {
  static constexpr const char* name = "abacus";
};

template <>
struct odot::kernels::Linear<Abacus> {
  template <class S, std::size_t In, std::size_t Out>
  static void forward(Workspace<Abacus>&, BatchView<Shape<In>, const S, Abacus>,
                      TensorView<Shape<Out, In>, const S, Abacus>, TensorView<Shape<Out>, const S, Abacus>,
                      BatchView<Shape<Out>, S, Abacus>) {}
};

static_assert(odot::kernels::LinearKernel<odot::kernels::Linear<Abacus>, Abacus>,
              "the Abacus has all of kernels::Linear");

int main() {}
