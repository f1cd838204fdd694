// SPDX-License-Identifier: MIT
#include "odot/io/sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace odot;

namespace {

std::string hex(const io::Sha256::Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  return text;
}

std::string digest_of(std::string_view text) {
  io::Sha256 sha;
  sha.add(text);
  return hex(sha.digest());
}

}  // namespace

TEST_CASE("digests match the standard's examples") {
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(digest_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a digest does not depend on the pieces, and may be taken in between") {
  const std::string text = [] {
    std::string all;
    for (int i = 0; i < 300; ++i) all += static_cast<char>(i * 7);
    return all;
  }();
  for (std::size_t length = 0; length <= text.size(); ++length) {
    io::Sha256 sha;
    for (std::size_t at = 0; at < length; at += 1 + at % 70) {
      sha.add(std::string_view(text).substr(at, std::min(length - at, 1 + at % 70)));
      (void)sha.digest();
    }
    REQUIRE(hex(sha.digest()) == digest_of(std::string_view(text).substr(0, length)));
  }
}
