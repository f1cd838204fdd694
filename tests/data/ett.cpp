// SPDX-License-Identifier: MIT
#include "odot/data/ett.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "data/text_file.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("ETTh2 takes its seven variables by name, in twelve, four and four months") {
  const TemporaryFolder folder;
  std::string text = "date,OT,HUFL,HULL,MUFL,MULL,LUFL,LULL\n";
  const std::size_t rows = 14400;
  for (std::size_t r = 0; r < rows; ++r) {
    text += "t," + std::to_string(7 * r);
    for (std::size_t c = 1; c < 7; ++c) text += "," + std::to_string(r + c);
    text += "\n";
  }
  write_text(folder, "ETTh2.csv", text);
  const auto f = data::load_etth2<6, 12>(folder.path());
  CHECK(f.columns == std::vector<std::string>{"HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"});
  CHECK(f.train.size() == 8640 - 6 - 12 + 1);
  CHECK(f.validation.size() == 2880 - 12 + 1);
  CHECK(f.test.size() == 2880 - 12 + 1);
  CHECK(std::abs(f.scale.original(static_cast<double>(f.validation.target(0)[6]), 6) - 7 * 8640.0) <= 0.1);
  CHECK(std::abs(f.scale.original(static_cast<double>(f.test.sample(0)[0]), 0) - (11520.0 - 6 + 1)) <= 0.1);
}

TEST_CASE("an ETTh2 that is cut or lacks a variable is rejected") {
  const TemporaryFolder folder;
  write_text(folder, "ETTh2.csv", "date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\nt,1,2,3,4,5,6,7\n");
  CHECK_THROWS_AS((data::load_etth2<6, 6>(folder.path())), ArgumentError);
  write_text(folder, "ETTh2.csv", "date,HUFL\nt,1\n");
  CHECK_THROWS_AS((data::load_etth2<6, 6>(folder.path())), TextFormatError);
}
