// SPDX-License-Identifier: MIT
#include "accuracy/streams.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("streams of tokens of any size are as exact as float allows") {
  streams_of_any_size<2, OnCpu>();
  streams_of_any_size<6, OnCpu>();
}
TEST_CASE("streams of any length are as exact as float allows") {
  for (const std::size_t tokens : {1u, 1'000u, 100'000u, 1'000'000u, 10'000'000u}) {  // the last one takes a minute
    long_stream<2, OnCpu>(tokens);
    long_stream<6, OnCpu>(tokens);
  }
}
