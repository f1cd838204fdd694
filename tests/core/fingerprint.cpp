// SPDX-License-Identifier: MIT
#include "odot/core/fingerprint.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>

#include "odot/core/device.hpp"

using namespace odot;

namespace {

template <class... Parts>
constexpr std::uint64_t of(Parts... parts) {
  Fingerprint fingerprint;
  (fingerprint.add(parts), ...);
  return fingerprint.value();
}

}  // namespace

TEST_CASE("the same texts and numbers have the same fingerprint, known at compile time") {
  static_assert(of("0.weight", std::uint64_t{3}) == of("0.weight", std::uint64_t{3}));
  CHECK(of("a") == 0x089BE207B544F1E4u);  // FNV-1a of the bytes 61 00, by hand
  CHECK(device_fingerprint<Cpu>() == of("cpu"));
}

TEST_CASE("others have another, whether they differ in a letter, a number or where one ends") {
  const std::set<std::uint64_t> all{of(),
                                    of(""),
                                    of("ab"),
                                    of("a", "b"),
                                    of("ba"),
                                    of("ab", std::uint64_t{1}),
                                    of("ab", std::uint64_t{256}),
                                    of("ab", std::uint64_t{1}, std::uint64_t{0}),
                                    of(std::uint64_t{1}, "ab")};
  CHECK(all.size() == 9);
}
