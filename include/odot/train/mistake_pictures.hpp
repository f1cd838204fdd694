#pragma once
// SPDX-License-Identifier: MIT
// Pictures of the images that a network is most wrong about. Needs stb_image_write (CMake target odot::io).

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/data/dataset.hpp"
#include "odot/io/picture.hpp"
#include "odot/io/png.hpp"
#include "odot/io/report.hpp"
#include "odot/train/mistakes.hpp"
#include "odot/train/report_sections.hpp"

namespace odot {

/// How bytes of images lie in a sample: one channel is grey, three are red, green and blue; of any other number, the
/// first is shown.
struct ImageExtents {
  std::size_t channels = 1, height = 0, width = 0;
};

/// A picture of each mistake, with its label, prediction and probabilities below. `sample(n)` has the n-th image, [C, H, W].
ODOT_COLD inline std::vector<io::ReportPicture> mistake_pictures(
    const Mistakes& mistakes, const ImageExtents& extents,
    const std::function<std::span<const std::uint8_t>(std::size_t)>& sample,
    const std::vector<std::string>& names = {});

/// The same for a set of images, [C, H, W], with the names of its classes.
///     report.section("Worst mistakes").pictures(mistake_pictures(mistakes, test));
template <ShapeType S>
std::vector<io::ReportPicture> mistake_pictures(const Mistakes& mistakes, const data::Dataset<S>& set) {
  static_assert(S::rank == 3, "odot::mistake_pictures: the set's samples must be images, [channels, height, width]");
  if constexpr (S::rank == 3)
    return mistake_pictures(
        mistakes, {S::extents[0], S::extents[1], S::extents[2]},
        [&](std::size_t n) { return std::span<const std::uint8_t>(set.sample(n)); }, set.classes);
  else return {};
}

inline std::vector<io::ReportPicture> mistake_pictures(
    const Mistakes& mistakes, const ImageExtents& extents,
    const std::function<std::span<const std::uint8_t>(std::size_t)>& sample, const std::vector<std::string>& names) {
  std::vector<io::ReportPicture> pictures;
  const std::size_t pixels = extents.height * extents.width;
  for (const Mistake& mistake : mistakes.worst()) {
    const std::span<const std::uint8_t> bytes = sample(mistake.sample);
    io::Picture picture = io::Picture::filled(extents.width, extents.height, extents.channels == 3 ? 3 : 1);
    if (bytes.size() != extents.channels * pixels)
      throw ArgumentError("odot::mistake_pictures: expected images of " + std::to_string(extents.channels * pixels) +
                          " bytes, found " + std::to_string(bytes.size()));
    for (std::size_t i = 0; i < picture.bytes.size(); ++i)
      picture.bytes[i] = bytes[i % picture.channels * pixels + i / picture.channels];
    const std::string caption = mistake_caption(mistake, names);
    pictures.push_back({io::encode_png(picture), "sample " + std::to_string(mistake.sample), caption});
  }
  return pictures;
}

}  // namespace odot
