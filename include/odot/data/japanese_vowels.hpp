#pragma once
// SPDX-License-Identifier: MIT
// JapaneseVowels: which of nine speakers says "ae", from 7 to 29 frames of 12 cepstrum coefficients.

#include <filesystem>
#include <string>
#include <utility>

#include "odot/core/error.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/ts.hpp"

namespace odot::data {

/// JapaneseVowels: 270 training and 370 test sequences, as they are. `folder` holds JapaneseVowels_TRAIN.ts and
/// JapaneseVowels_TEST.ts of the UEA archive.
/// Errors  those of read_ts; FileError: a file that is missing, or whose number of sequences or classes is wrong
/// Source  Kudo, Toyama, Shimbo, "Multidimensional curve classification using passing-through regions", 1999
ODOT_FUNCTION Split<Sequences<Shape<29, 12>>> load_japanese_vowels(const std::filesystem::path& folder);

#if ODOT_DEFINITIONS

namespace detail {

inline Sequences<Shape<29, 12>> read_vowels(const std::filesystem::path& file, std::size_t sequences) {
  auto set = read_ts<Shape<29, 12>>(file);
  if (set.size() != sequences || set.classes.size() != 9)
    throw FileError(file.string(), "expected " + std::to_string(sequences) + " sequences of 9 classes, found " +
                                       std::to_string(set.size()) + " of " + std::to_string(set.classes.size()) +
                                       "; is the file whole?");
  set.name = "japanese-vowels";
  return set;
}

}  // namespace detail

ODOT_FUNCTION Split<Sequences<Shape<29, 12>>> load_japanese_vowels(const std::filesystem::path& folder) {
  Split<Sequences<Shape<29, 12>>> split{detail::read_vowels(folder / "JapaneseVowels_TRAIN.ts", 270),
                                        detail::read_vowels(folder / "JapaneseVowels_TEST.ts", 370)};
  if (split.train.classes != split.test.classes)
    throw FileError((folder / "JapaneseVowels_TEST.ts").string(), "its classes are not those of the training file");
  return split;
}

#endif

}  // namespace odot::data
