#pragma once
// SPDX-License-Identifier: MIT
// The images that an example trains on: a set's files if there are any, otherwise built-in images.

#include <odot/data/dataset.hpp>
#include <odot/data/find.hpp>
#include <odot/data/synthetic.hpp>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

namespace images {

/// The set's folder, as data::find finds it. If there is none: nothing, and a message on standard error.
inline std::optional<std::filesystem::path> folder_of(const std::string& set) {
  try {
    return odot::data::find(set);
  } catch (const odot::FileError& error) {
    std::fprintf(stderr, "%s\ntraining on built-in images instead; the result says nothing about %s\n", error.what(),
                 set.c_str());
    return std::nullopt;
  }
}

/// What `load_files` reads from the set's folder; built-in images if there is none, and only a few of them if `quick`.
template <class Shape>
odot::data::Split<odot::data::Dataset<Shape>> load(
    const std::string& set, odot::data::Split<odot::data::Dataset<Shape>> (*load_files)(const std::filesystem::path&),
    bool quick) {
  if (quick) return odot::data::synthetic<Shape>(odot::Seed{1}, 3'000, 500);
  if (const auto folder = folder_of(set)) return load_files(*folder);
  return odot::data::synthetic<Shape>(odot::Seed{1});
}

}  // namespace images
