// SPDX-License-Identifier: MIT
// Your own layer, on the Cpu and on a Gpu: forward, backward, and a check that backward matches forward.

#include "device.hpp"
#include "program.hpp"

#include <cstdio>

using namespace odot;

/// Swish with a learned slope per feature: y = x σ(b ⊙ x), σ the logistic function.
/// Grad  dx = dy ⊙ (s + b x s (1 − s)) (overwritten);  db += Σₙ dy ⊙ x² s (1 − s) (added), s = σ(b x)
struct Swish {
  template <ShapeType In>
  struct bind : nn::Layer<In, In, nn::Parameters<nn::Parameter<"weight", In, nn::Init::one>>> {
    static void forward(auto pass, auto x, auto y) { y = x * sigmoid(pass.parameter(nn::weight) * x); }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      const auto b = pass.parameter(nn::weight);
      const auto s = sigmoid(b * x);
      const auto slope = x * s * (1 - s);
      assign(dx, dy * (s + b * slope), added_to(pass.gradient(nn::weight)), batch_sum(dy * x * slope));
    }
  };
};

int check_and_train() try {
  // Every layer can be checked against central differences, alone or inside a model.
  const GradientReport alone = check_gradients<nn::Sequential<Shape<2, 5>, Swish>>();
  std::printf("Swish alone: %s (%s)\n", alone ? "right" : "WRONG", alone.message.c_str());

  using Model = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<32>, Swish, nn::Linear<10>, nn::LogSoftmax>;
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 2'000, 500);
  Network<Model, OnDevice> network{Seed{1}, nn::init::kaiming()};
  optim::Adam adam;
  const TrainingReport report = fit(network, adam, train, test, {.epochs = 5, .batch_size = 50}, ProgressBar{});
  std::printf("a model with Swish in it, on the %s: accuracy %.1f %%\n", OnDevice::name, report.accuracy);
  return alone ? 0 : 1;
} catch (const DeviceError& error) {
  return program::fail(77, error.what());  // CTest counts 77 as skipped
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Checks the gradients of a layer of your own and trains a model with it.",
                      check_and_train);
}
