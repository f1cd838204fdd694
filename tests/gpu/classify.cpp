// SPDX-License-Identifier: MIT
// Network::classify and classification_report on the Gpu.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "odot/cpu.hpp"
#include "odot/gpu.hpp"
#include "odot/train/classification_report.hpp"
#include "odot/train/mistakes.hpp"
#include "support/classify_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("classify gives the place of predict's largest output on the Gpu") { check_classify_against_predict<Gpu>(); }

TEST_CASE("of equal outputs classify takes the first, and NaN before all, on the Gpu") {
  check_classify_chosen_outputs<Gpu>();
}

TEST_CASE("classify takes the lengths of sequences on the Gpu") { check_classify_sequences<Gpu>(); }

TEST_CASE("a network's report and its worst mistakes on the Gpu are those on the Cpu") {
  using Model = nn::Sequential<Shape<1, 4, 5>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
  const Network<Model> on_cpu{Seed{1}, nn::init::normal(0.5)};
  const Network<Model, Gpu> on_gpu{Seed{1}, nn::init::normal(0.5)};
  data::Dataset<Shape<1, 4, 5>> set;
  for (std::size_t i = 0; i < 301 * 20; ++i) set.values.push_back(static_cast<std::uint8_t>(i * 37 % 251));
  for (std::int32_t n = 0; n < 301; ++n) set.targets.push_back(n * 7 % 10);
  Workspace<Cpu> of_cpu(1);
  Workspace<Gpu> of_gpu;
  Mistakes expected(5), found(5);
  const ClassificationReport there = classification_report(on_cpu, of_cpu, set, {}, expected);
  const ClassificationReport here = classification_report(on_gpu, of_gpu, set, {}, found);
  CHECK(here.accuracy() == there.accuracy());
  CHECK(found.count() == expected.count());
  REQUIRE(found.worst().size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(found.worst()[i].sample == expected.worst()[i].sample);
    CHECK(std::abs(found.worst()[i].loss - expected.worst()[i].loss) <= 1e-4);
  }
}
