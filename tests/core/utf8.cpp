// SPDX-License-Identifier: MIT
#include "odot/core/utf8.hpp"

#include <doctest/doctest.h>

using namespace odot;

namespace {

bool is(std::string_view text, std::uint32_t code, std::size_t length) {
  const utf8::Character c = utf8::front(text);
  return c.code == code && c.length == length;
}

}  // namespace

TEST_CASE("characters of one to four bytes are read") {
  CHECK(is("az", 'a', 1));
  CHECK(is(std::string_view("\0", 1), 0, 1));
  CHECK(is("\xc3\xa9!", 0xE9, 2));
  CHECK(is("\xe2\x8a\x99", 0x2299, 3));
  CHECK(is("\xf0\x9f\x99\x82", 0x1F642, 4));
  CHECK(is("\xc2\x80", 0x80, 2));
  CHECK(is("\xe0\xa0\x80", 0x800, 3));
  CHECK(is("\xf4\x8f\xbf\xbf", 0x10FFFF, 4));
}

TEST_CASE("what is no character has the length 0") {
  for (const char* text :
       {"", "\x80", "\xbf", "\xc3", "\xc3z", "\xe2\x8a", "\xf0\x9f\x99", "\xff", "\xfe", "\xf8\x88\x80\x80\x80"})
    CHECK(is(text, 0, 0));
  for (const char* text : {"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf"})
    CHECK(is(text, 0, 0));  // longer than needed
  for (const char* text : {"\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80"}) CHECK(is(text, 0, 0));
}

TEST_CASE("control characters are those of ASCII and their like above 127") {
  for (const std::uint32_t code : {0u, 0x1Bu, 0x1Fu, 0x7Fu, 0x80u, 0x9Bu, 0x9Fu}) CHECK(utf8::is_control(code));
  for (const std::uint32_t code : {0x20u, 0x7Eu, 0xA0u, 0x2299u}) CHECK_FALSE(utf8::is_control(code));
}
