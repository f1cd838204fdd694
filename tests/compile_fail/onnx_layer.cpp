// expect: odot::io::export_onnx: this layer does not say how it is exported; give its bind a function
// names: Twice
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <odot/io/onnx.hpp>

/// A layer of the user's own, complete but for its export.
struct Twice {
  template <odot::ShapeType In>
  struct bind : odot::nn::Layer<In, In> {
    static void forward(auto, auto x, auto y) { y = 2 * x; }
    static void backward(auto, auto, auto, auto dy, auto dx) { dx = 2 * dy; }
  };
};

using Model = odot::nn::Sequential<odot::Shape<8>, odot::nn::Linear<4>, Twice, odot::nn::LogSoftmax>;

int main() { odot::io::export_onnx("model.onnx", odot::Network<Model>{odot::Seed{1}}); }
