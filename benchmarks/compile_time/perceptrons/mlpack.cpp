// SPDX-License-Identifier: MIT
// What compile_time.py compiles: a perceptron, Adam, one training step, one prediction.

#include <mlpack.hpp>

using Matrix = arma::fmat;

int main() {
  mlpack::FFN<mlpack::NegativeLogLikelihoodType<Matrix>, mlpack::GaussianInitialization, Matrix> network;
  network.Add<mlpack::Linear>(128);
  network.Add<mlpack::ReLU>();
  network.Add<mlpack::Linear>(10);
  network.Add<mlpack::LogSoftMax>();
  const Matrix x(784, 64, arma::fill::zeros), labels(1, 64, arma::fill::ones);
  ens::Adam adam(1e-3, 64, 0.9, 0.999, 1e-8, 64);
  network.Train(x, labels, adam);
  Matrix y;
  network.Predict(x, y);
  return y.n_cols == 64 ? 0 : 1;
}
