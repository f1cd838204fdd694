// SPDX-License-Identifier: MIT
// Trains the models of "Element-Wise Attention Layers" on Fashion-MNIST: the control model, A to H, and the appendix's.

#include "trainer_main.hpp"

#include <odot/odot.hpp>

using namespace odot;

// Compiled beside this file, in fashion_mnist.control.cpp.
extern template int trainer::run<models::Control<models::FashionMnistImage>>(
    const trainer::Settings&, const trainer::ModelChoice<models::FashionMnistImage>&,
    const trainer::Images<models::FashionMnistImage>&);

#ifdef TRAINER_GPU
extern const trainer::GpuPart<models::FashionMnistImage> fashion_mnist_on_gpu;  // fashion_mnist.gpu.cpp
#endif

int main(int argc, char** argv) {
  using Image = models::FashionMnistImage;
  using trainer::run;
  const std::vector<trainer::ModelChoice<Image>> choices{
      {"a", "8 heads, 2 layers, batch norm", {34.539, 9.99, 0.0}, run<models::ModelA>},
      {"b", "8 heads, 2 layers", {7.5913, 81.46, 2.9e-5}, run<models::ModelB>},
      {"c", "16 heads, 2 layers, batch norm", {34.5388, 9.99, 0.0}, run<models::ModelC>},
      {"d", "16 heads, 2 layers", {7.4856, 81.66, 1e-6}, run<models::ModelD>},
      {"e", "8 heads, 4 layers, batch norm", {9.8522, 77.09, 3.2e-5}, run<models::ModelE>},
      {"f", "8 heads, 4 layers", {7.4806, 81.33, 4e-6}, run<models::ModelF>},
      {"g", "16 heads, 4 layers, batch norm", {10.0345, 76.37, 5.5e-5}, run<models::ModelG>},
      {"h", "16 heads, 4 layers", {7.7475, 80.79, -6e-6}, run<models::ModelH>},
      {"single-head", "1 head, 2 layers", {8.3712, 80.09, 6.9e-5}, run<models::SingleHead>},
      {"no-skip", "8 heads, 2 layers, no skip connection", {7.4980, 82.13, 2e-4, 0.1}, run<models::WithoutSkip>},
      {"b-scaled", "as b, the heads' norm of H·W·A", {.reported = false}, run<models::ScaledModelB>},
      {"control", "the VGG-like control model", {4.5083, 88.29, 0.002}, run<models::Control<Image>>},
  };
#ifdef TRAINER_GPU
  const trainer::GpuPart<Image>* gpu = &fashion_mnist_on_gpu;
#else
  const trainer::GpuPart<Image>* gpu = nullptr;
#endif
  return trainer::main<Image>(argc, argv, "fashion-mnist", {.model = "b", .batch_size = 4096}, choices,
                              data::load_fashion_mnist, gpu);
}
