// SPDX-License-Identifier: MIT
// An autoencoder squeezes MNIST's images through 16 numbers. How much better is it than the best linear method, the
// projection onto 16 principal components, which Eigen computes from the same tensors?

#include "images.hpp"
#include "program.hpp"

#include <odot/odot.hpp>

#include <Eigen/Eigenvalues>

#include <cstddef>
#include <cstdio>

using namespace odot;

constexpr std::size_t code = 16;
using Digit = Shape<1, 28, 28>;
using Autoencoder = nn::Sequential<Digit, nn::Flatten,                                    //
                                   nn::Linear<256>, nn::ReLU, nn::Linear<128>, nn::ReLU,  // encoder
                                   nn::Linear<code>,                                      //
                                   nn::Linear<128>, nn::ReLU, nn::Linear<256>, nn::ReLU,  // decoder
                                   nn::Linear<Digit::size>, nn::Sigmoid>;

/// Mean squared error of the test images, projected onto the first principal components of the training images.
double error_of_principal_components(const Batch<Digit>& train, const Batch<Digit>& test) {
  const Eigen::RowVectorXf mean = eigen(train).colwise().mean();
  const Eigen::MatrixXf x = eigen(train).rowwise() - mean, y = eigen(test).rowwise() - mean;
  const Eigen::MatrixXf products = x.transpose() * x;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products.cast<double>());  // in ascending order
  const Eigen::MatrixXf components = solver.eigenvectors().rightCols(code).cast<float>();
  const Eigen::MatrixXf codes = y * components;
  return (y - codes * components.transpose()).squaredNorm() / static_cast<double>(y.size());
}

int train_autoencoder(bool quick) {
  const auto [train, test] = images::load<Digit>("mnist", data::load_mnist, quick);
  const double linear = error_of_principal_components(data::batch_of(train), data::batch_of(test));

  Network<Autoencoder> network{Seed{1}, nn::init::kaiming()};
  optim::Adam adam{{.learning_rate = 2e-3}};
  FitOptions options{.epochs = quick ? 30u : 15u, .batch_size = 128};
  options.schedule = optim::schedule::one_cycle(options.epochs * (train.size() / options.batch_size + 1));
  const auto report = fit<nn::MeanSquaredError>(network, adam, data::reconstruction(train), data::reconstruction(test),
                                                options, ProgressBar{});

  std::printf("result model=autoencoder dataset=%s parameters=%zu epochs=%zu loss=%.5f pca_loss=%.5f ratio=%.2f\n",
              test.name.c_str(), Autoencoder::parameter_count, options.epochs, report.test_loss, linear,
              report.test_loss / linear);
  return report.test_loss <= linear * (test.synthetic ? 1.2 : 0.5) ? 0 : 1;
}

int main(int argc, char** argv) {
  return program::run(argc, argv,
                      "Compares an autoencoder of MNIST, with a code of 16 numbers, with 16 principal components.",
                      train_autoencoder);
}
