// SPDX-License-Identifier: MIT
// Weights of networks on the Gpu in files.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "data/temporary_folder.hpp"
#include "odot/gpu.hpp"
#include "odot/io.hpp"
#include "odot/io/onnx.hpp"
#include "odot/odot.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Model = nn::Sequential<Shape<2, 5, 4>, nn::AttentionWise<2, nn::AttentionWiseOptions{.norm = true}>, nn::Flatten,
                             nn::Linear<4>>;

}  // namespace

TEST_CASE("weights written on one device are read on the other") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "w.safetensors";
  Network<Model> cpu{Seed{1}};
  Network<Model, Gpu> gpu{Seed{2}};
  io::save_weights(path, cpu);
  io::load_weights(path, gpu);
  CHECK(std::ranges::equal(on_host<Gpu>(gpu.parameters()), cpu.parameters()));
  Network<Model, Cpu, double> wide{Seed{3}};
  io::save_weights(path, Network<Model, Gpu>{Seed{4}});
  CHECK_THROWS_AS(io::load_weights(path, wide), FileError);
  io::load_weights(path, wide, {.convert = true});
  CHECK(std::ranges::equal(on_host<Gpu>(Network<Model, Gpu>{Seed{4}}.parameters()), wide.parameters()));
}

TEST_CASE("an ONNX file is the same from either device") {
  const Network<Model> cpu{Seed{1}};
  Network<Model, Gpu> gpu{Seed{2}};
  gpu.copy_weights_from(cpu);
  CHECK(io::onnx_content(gpu) == io::onnx_content(cpu));
}
