// SPDX-License-Identifier: MIT
// The models of the trainer cifar10 on the GPU; compiled where ODOT_GPU is set.

#include "trainer.hpp"

#include <odot/gpu.hpp>

#include <map>
#include <string>

using namespace odot;

namespace {

using Image = models::Cifar10Image;
using Run = trainer::ModelChoice<Image>::Run;

Run find(const std::string& model) {
  static const std::map<std::string, Run> runs{
      {"attention", trainer::run<models::Cifar10Attention, Gpu>},
      {"attention-scaled", trainer::run<models::ScaledCifar10Attention, Gpu>},
      {"control", trainer::run<models::Control<Image>, Gpu>},
  };
  return runs.at(model);
}

}  // namespace

extern const trainer::GpuPart<Image> cifar10_on_gpu;
const trainer::GpuPart<Image> cifar10_on_gpu{Gpu::description, find};
