// SPDX-License-Identifier: MIT
// Your own layer: forward, backward, and the check that they belong together.

#include "program.hpp"

#include <odot/odot.hpp>

#include <cmath>
#include <cstdio>

using namespace odot;

/// Swish with a learned slope per feature: y = x σ(b ⊙ x), σ the logistic function.
/// Grad  dx = dy ⊙ (s + b x s (1 − s)) (overwritten);  db += Σₙ dy ⊙ x² s (1 − s) (added), s = σ(b x)
struct Swish {
  template <ShapeType In>
  struct bind : nn::Layer<In, In, nn::Parameters<nn::Parameter<"weight", In, nn::Init::one>>> {
    static void forward(auto pass, auto x, auto y) {
      const auto b = pass.parameter(nn::weight);
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) y[n][i] = x[n][i] * logistic(b[i] * x[n][i]);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      const auto b = pass.parameter(nn::weight);
      const auto db = pass.gradient(nn::weight);
      for (std::size_t n = 0; n < x.samples(); ++n)
        for (std::size_t i = 0; i < In::size; ++i) {
          const auto s = logistic(b[i] * x[n][i]);
          // y = x s
          db[i] += dy[n][i] * x[n][i] * x[n][i] * s * (1 - s);
          if (dx) dx[n][i] = dy[n][i] * (s + b[i] * x[n][i] * s * (1 - s));
        }
    }

   private:
    static auto logistic(auto z) { return 1 / (1 + std::exp(-z)); }
  };
};

int check_and_train() {
  // Every layer can be checked against central differences, alone or inside a model.
  const GradientReport alone = check_gradients<nn::Sequential<Shape<2, 5>, Swish>>();
  std::printf("Swish alone: %s (%s)\n", alone ? "right" : "WRONG", alone.message.c_str());

  using Model = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<32>, Swish, nn::Linear<10>, nn::LogSoftmax>;
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 2'000, 500);
  Network<Model> network{Seed{1}, nn::init::kaiming()};
  optim::Adam adam;
  const TrainingReport report = fit(network, adam, train, test, {.epochs = 5, .batch_size = 50}, ProgressBar{});
  std::printf("a model with Swish in it: accuracy %.1f %%\n", report.accuracy);
  return alone ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Checks the gradients of a layer of your own and trains a model with it.",
                      check_and_train);
}
