// SPDX-License-Identifier: MIT
// What compile_time.py compiles: a perceptron, Adam, one training step, one prediction.

#include <dlib/dnn.h>

using Perceptron = dlib::loss_multiclass_log<dlib::fc<10, dlib::relu<dlib::fc<128, dlib::input<dlib::matrix<float>>>>>>;

int main() {
  Perceptron network;
  dlib::dnn_trainer<Perceptron, dlib::adam> trainer(network, dlib::adam(0, 0.9f, 0.999f));
  trainer.set_learning_rate(1e-3);
  const std::vector<dlib::matrix<float>> x(64, dlib::zeros_matrix<float>(28, 28));
  trainer.train_one_step(x, std::vector<unsigned long>(64, 1));
  return network(x).size() == 64 ? 0 : 1;
}
