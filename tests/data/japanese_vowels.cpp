// SPDX-License-Identifier: MIT
#include "odot/data/japanese_vowels.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "data/text_file.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// `count` sequences of one frame; every value says which one it is.
std::string vowels(std::size_t count, const std::string& classes = "1 2 3 4 5 6 7 8 9") {
  std::string text = "@problemName JapaneseVowels\n@dimensions 12\n@classLabel true " + classes + "\n@data\n";
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t d = 0; d < 12; ++d) text += std::to_string(i) + ":";
    text += std::to_string(1 + i % 9) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("training and test file are read") {
  const TemporaryFolder folder;
  write_text(folder, "JapaneseVowels_TRAIN.ts", vowels(270));
  write_text(folder, "JapaneseVowels_TEST.ts", vowels(370));
  const auto [train, test] = data::load_japanese_vowels(folder.path());
  CHECK(train.size() == 270);
  CHECK(test.size() == 370);
  CHECK(train.name == "japanese-vowels");
  CHECK(train.targets[10] == 1);
  CHECK(test.sample(369)[11] == 369);
}

TEST_CASE("a file with another number of sequences or other classes is rejected") {
  const TemporaryFolder folder;
  write_text(folder, "JapaneseVowels_TRAIN.ts", vowels(269));
  write_text(folder, "JapaneseVowels_TEST.ts", vowels(370));
  CHECK(says(message_of<FileError>([&] { data::load_japanese_vowels(folder.path()); }), "JapaneseVowels_TRAIN.ts",
             "expected 270 sequences of 9 classes, found 269 of 9"));
  write_text(folder, "JapaneseVowels_TRAIN.ts", vowels(270));
  write_text(folder, "JapaneseVowels_TEST.ts", vowels(370, "9 8 7 6 5 4 3 2 1"));
  CHECK(says(message_of<FileError>([&] { data::load_japanese_vowels(folder.path()); }), "JapaneseVowels_TEST.ts",
             "its classes are not those of the training file"));
}

TEST_CASE("a missing file is named") {
  const TemporaryFolder folder;
  CHECK(says(message_of<FileError>([&] { data::load_japanese_vowels(folder.path()); }), "JapaneseVowels_TRAIN.ts"));
}
