// SPDX-License-Identifier: MIT
// The models of the trainer fashion_mnist on the GPU; compiled where ODOT_GPU is set.

#include "trainer.hpp"

#include <odot/gpu.hpp>

#include <map>
#include <string>

using namespace odot;

namespace {

using Image = models::FashionMnistImage;
using Run = trainer::ModelChoice<Image>::Run;

Run find(const std::string& model) {
  static const std::map<std::string, Run> runs{
      {"a", trainer::run<models::ModelA, Gpu>},
      {"b", trainer::run<models::ModelB, Gpu>},
      {"c", trainer::run<models::ModelC, Gpu>},
      {"d", trainer::run<models::ModelD, Gpu>},
      {"e", trainer::run<models::ModelE, Gpu>},
      {"f", trainer::run<models::ModelF, Gpu>},
      {"g", trainer::run<models::ModelG, Gpu>},
      {"h", trainer::run<models::ModelH, Gpu>},
      {"single-head", trainer::run<models::SingleHead, Gpu>},
      {"no-skip", trainer::run<models::WithoutSkip, Gpu>},
      {"b-scaled", trainer::run<models::ScaledModelB, Gpu>},
      {"control", trainer::run<models::Control<Image>, Gpu>},
  };
  return runs.at(model);
}

}  // namespace

extern const trainer::GpuPart<Image> fashion_mnist_on_gpu;
const trainer::GpuPart<Image> fashion_mnist_on_gpu{Gpu::description, find};
