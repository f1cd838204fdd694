// SPDX-License-Identifier: MIT
// Trains the models of "Element-Wise Attention Layers" on CIFAR-10: the control model and the attention model.

#include "trainer_main.hpp"

#include <odot/odot.hpp>

using namespace odot;

#ifdef TRAINER_GPU
extern const trainer::GpuPart<models::Cifar10Image> cifar10_on_gpu;  // cifar10.gpu.cpp
#endif

int main(int argc, char** argv) {
  using Image = models::Cifar10Image;
  using trainer::run;
  const std::vector<trainer::ModelChoice<Image>> choices{
      {"attention", "8 heads, 4 layers", {80.89, 41.81, 1e-4}, run<models::Cifar10Attention>},
      {"attention-scaled",
       "as attention, the heads' norm of H·W·A",
       {.reported = false},
       run<models::ScaledCifar10Attention>},
      {"control", "the VGG-like control model", {42.56, 67.12, 0.0062}, run<models::Control<Image>>},
  };
#ifdef TRAINER_GPU
  const trainer::GpuPart<Image>* gpu = &cifar10_on_gpu;
#else
  const trainer::GpuPart<Image>* gpu = nullptr;
#endif
  return trainer::main<Image>(argc, argv, "cifar-10-batches-bin", {.model = "attention", .batch_size = 1024}, choices,
                              data::load_cifar10, gpu);
}
