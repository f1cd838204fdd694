// SPDX-License-Identifier: MIT
#include "odot/io/xml_text.hpp"

#include <doctest/doctest.h>

#include <string>

#include "odot/core/random.hpp"

using namespace odot;
using io::xml_text;

TEST_CASE("what XML gives a meaning is written as entities") {
  CHECK(xml_text("R&D <2026>") == "R&amp;D &lt;2026&gt;");
  CHECK(xml_text("\"it's\"") == "&quot;it&#39;s&quot;");
  CHECK(xml_text("&amp;") == "&amp;amp;");
  CHECK(xml_text("]]>") == "]]&gt;");
  CHECK(xml_text("") == "");
}

TEST_CASE("text in any script is kept") {
  for (const char* text : {"Genauigkeit, %", "Größe ⊙ 精度", "🙂 emoji"}) CHECK(xml_text(text) == text);
}

TEST_CASE("control characters become blanks") {
  CHECK(xml_text(std::string("a\0b\nc\td\x1b[0m\x7f", 12)) == "a b c d [0m ");
  CHECK(xml_text("a\xc2\x9bz") == "a z");  // U+009B
}

TEST_CASE("what is not UTF-8, and what XML excludes, becomes U+FFFD") {
  const std::string replaced = "\xEF\xBF\xBD";
  CHECK(xml_text("Gr\xf6\xdf"
                 "e") == "Gr" + replaced + replaced + "e");           // Latin-1
  CHECK(xml_text("cut \xe2\x8a") == "cut " + replaced + replaced);    // a character's first two bytes of three
  CHECK(xml_text("\xc0\xbc") == replaced + replaced);                 // '<' in two bytes
  CHECK(xml_text("\xed\xa0\x80") == replaced + replaced + replaced);  // a surrogate
  CHECK(xml_text("\xf4\x90\x80\x80").size() == 4 * replaced.size());  // above U+10FFFF
  CHECK(xml_text("\xef\xbf\xbf") == replaced);                        // U+FFFF
}

TEST_CASE("whatever bytes go in, UTF-8 without markup comes out") {
  const Random random(Seed{1}, 0);
  std::uint64_t next = 0;
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (std::size_t i = 0; i < 24; ++i) bytes += static_cast<char>(random.bits(next++) & 0xFF);
    const std::string xml = xml_text(bytes);
    CHECK(xml.find_first_of("<>\"'") == xml.npos);
    for (std::string_view rest = xml; !rest.empty();) {
      const auto c = utf8::front(rest);
      REQUIRE(c.length > 0);
      REQUIRE_FALSE(utf8::is_control(c.code));
      rest.remove_prefix(c.length);
    }
  }
}
