// SPDX-License-Identifier: MIT
#include "odot/nn/parameters.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

using namespace odot;
using namespace odot::nn;

using List = Parameters<Parameter<"weight", Shape<5, 3, 2, 2>>, Parameter<"bias", Shape<5>, Init::zero>,
                        Parameter<"scale", Shape<2, 3>, Init::one>>;

static_assert(List::count == 3 && List::size == 60 + 5 + 6);
static_assert(List::offset(weight) == 0 && List::offset(bias) == 60 && List::offset(Name<"scale">{}) == 65);
static_assert(std::is_same_v<decltype(List::shape_of(bias)), Shape<5>>);
static_assert(std::is_same_v<decltype(List::shape_of(Name<"scale">{})), Shape<2, 3>>);
static_assert(Parameters<>::size == 0 && Parameters<>::count == 0);

template <bool Present>
using WithOption =
    Parameters<Parameter<"weight", Shape<5, 3>>, OptionalParameter<Present, "shift", Shape<4>, Init::one>,
               Parameter<"bias", Shape<5>, Init::zero>>;
inline constexpr Name<"shift"> shift;

static_assert(WithOption<true>::count == 3 && WithOption<true>::size == 15 + 4 + 5);
static_assert(WithOption<false>::count == 2 && WithOption<false>::size == 15 + 5);
static_assert(WithOption<true>::offset(bias) == 19 && WithOption<false>::offset(bias) == 15);
static_assert(std::is_same_v<decltype(WithOption<false>::shape_of(shift)), Shape<4>>,
              "its shape is known all the same");
static_assert(WithOption<false>::lacks(shift) && !WithOption<true>::lacks(shift) && !WithOption<false>::lacks(bias));
static_assert(std::is_same_v<Parameters<OptionalParameter<false, "shift", Shape<4>>>::prefixed<"a.">,
                             Parameters<OptionalParameter<false, "a.shift", Shape<4>>>>);

TEST_CASE("an absent optional array stands in no table") {
  std::vector<ParameterInfo> present, absent;
  WithOption<true>::list(present, "");
  WithOption<false>::list(absent, "");
  REQUIRE(present.size() == 3);
  REQUIRE(absent.size() == 2);
  CHECK(present[1].name == "shift");
  CHECK(present[1].init == Init::one);
  CHECK(absent[1].name == "bias");
  CHECK(absent[1].offset == 15);
}

TEST_CASE("the table lists the arrays one after the other, behind what it holds already") {
  std::vector<ParameterInfo> table;
  List::list(table, "0.");
  List::list(table, "1.conv.");
  REQUIRE(table.size() == 6);
  CHECK(table[0].name == "0.weight");
  CHECK(table[0].shape == std::vector<std::size_t>{5, 3, 2, 2});
  CHECK(table[1].offset == 60);
  CHECK(table[2].offset == 65);
  CHECK(table[2].size == 6);
  CHECK(table[2].init == Init::one);
  CHECK(table[3].name == "1.conv.weight");
  CHECK(table[3].offset == 71);
  CHECK(table[5].offset == 71 + 65);
}

TEST_CASE("fan-in and fan-out count what feeds and what is fed") {
  std::vector<ParameterInfo> table;
  List::list(table, "");
  CHECK(table[0].fan_in() == 3 * 2 * 2);  // an output of a convolution reads channels · kernel
  CHECK(table[0].fan_out() == 5 * 2 * 2);
  const ParameterInfo elementwise{
      .name = "", .offset = 0, .size = 24, .shape = {2, 3, 4}, .init = Init::drawn_elementwise};
  CHECK(elementwise.fan_in() == 1);
  CHECK(elementwise.fan_out() == 1);
  const ParameterInfo scalar{.name = "", .offset = 0, .size = 1, .shape = {}, .init = Init::drawn};
  CHECK(scalar.fan_in() == 1);
  CHECK(scalar.fan_out() == 1);
}
