// SPDX-License-Identifier: MIT
#include "odot/optim/groups.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace odot;
using odot::optim::Group;
using odot::optim::ranges_of;

namespace {

using Groups = std::vector<Group<int>>;

nn::ParameterInfo row(const std::string& name, std::size_t offset, std::size_t size) {
  return {.name = name, .offset = offset, .size = size, .shape = {size}, .init = nn::Init::drawn};
}

const std::vector<nn::ParameterInfo> table{row("0.weight_x", 0, 10), row("0.weight_y", 10, 10), row("0.conv", 20, 5),
                                           row("1.weight_x", 25, 10), row("2.bias", 35, 1)};

/// "offset+size:options …"
std::string text(const std::vector<optim::Range<int>>& ranges) {
  std::string result;
  for (const auto& r : ranges)
    result += std::to_string(r.offset) + "+" + std::to_string(r.size) + ":" + std::to_string(r.hyperparameters) + " ";
  return result;
}

}  // namespace

TEST_CASE("without groups the whole block is one range") { CHECK(text(ranges_of(table, 7, Groups{})) == "0+36:7 "); }

TEST_CASE("groups cut the block, and neighbours of the same group stay together") {
  CHECK(text(ranges_of(table, 7, Groups{{"*.weight_*", 1}})) == "0+20:1 20+5:7 25+10:1 35+1:7 ");
}

TEST_CASE("the first group that matches counts") {
  CHECK(text(ranges_of(table, 7, Groups{{"0.*", 1}, {"*weight*", 2}})) == "0+25:1 25+10:2 35+1:7 ");
}

TEST_CASE("a group that matches no parameter is rejected by its pattern") {
  CHECK_THROWS_WITH_AS(
      ranges_of(table, 7, Groups{{"*.weight_*", 1}, {"heads.*", 2}}),
      "odot::optim: the group \"heads.*\" matches no parameter; see Network::parameter_table() for the "
      "names",
      ArgumentError);
  CHECK_THROWS_AS(ranges_of(table, 7, Groups{{"*", 1}, {"0.conv", 2}}), ArgumentError);  // nothing is left for it
}

TEST_CASE("a model without parameters has no ranges") { CHECK(ranges_of<int>({}, 7, {}).empty()); }

TEST_CASE("what a group does not name is the optimizer's") {
  struct Options {
    int a, b;
  };
  struct Own {
    int a;
    Options over(Options options) const { return {a, options.b}; }
  };
  const auto whole = optim::completed(Options{1, 2}, std::vector<Group<Own>>{{"x", {7}}, {"y", {8}}});
  REQUIRE(whole.size() == 2);
  CHECK(whole[0].pattern == "x");
  CHECK(whole[0].options.a == 7);
  CHECK(whole[0].options.b == 2);
  CHECK(whole[1].options.a == 8);
}
