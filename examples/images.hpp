#pragma once
// SPDX-License-Identifier: MIT
// The images that an example trains on: a set's files where there are any, else the built-in figures.

#include <odot/data/dataset.hpp>
#include <odot/data/find.hpp>
#include <odot/data/synthetic.hpp>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

namespace images {

/// The set's folder, as data::find finds it; none, and a word on standard error, where there is none.
inline std::optional<std::filesystem::path> folder_of(const std::string& set) {
  try {
    return odot::data::find(set);
  } catch (const odot::FileError& error) {
    std::fprintf(stderr, "%s\ntraining on the built-in figures instead; the result says nothing about %s\n",
                 error.what(), set.c_str());
    return std::nullopt;
  }
}

/// What `load` reads from the set's folder; built-in figures if there is none, and a few of them if it shall be quick.
template <class Shape>
odot::data::Split<odot::data::Dataset<Shape>> load(
    const std::string& set, odot::data::Split<odot::data::Dataset<Shape>> (*load_files)(const std::filesystem::path&),
    bool quick) {
  if (quick) return odot::data::synthetic<Shape>(odot::Seed{1}, 3'000, 500);
  if (const auto folder = folder_of(set)) return load_files(*folder);
  return odot::data::synthetic<Shape>(odot::Seed{1});
}

}  // namespace images
