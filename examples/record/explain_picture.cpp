// SPDX-License-Identifier: MIT
#include "classify_pictures.hpp"

#include <odot/core/error.hpp>
#include <odot/io/png.hpp>
#include <odot/io/resize_picture.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace trainer {

namespace {

using odot::io::Colour;
using odot::io::Picture;

/// A picture's bytes, channel after channel, as a picture.
Picture picture_of(const PictureBytes& bytes, const ImageExtents& extents) {
  Picture picture = Picture::filled(extents.width, extents.height, extents.channels);
  const std::size_t pixels = extents.height * extents.width;
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < extents.channels; ++c) picture.bytes[i * extents.channels + c] = bytes[c * pixels + i];
  return picture;
}

/// Colours over a picture, from none where the map has its least number to orange where it has its largest.
Picture tinted(const Picture& under, const LayerView& view, const std::vector<double>& map) {
  constexpr Colour orange{255, 110, 0};
  constexpr double opacity = 0.9;
  const auto [least, most] = std::minmax_element(map.begin(), map.end());
  const double range = *most > *least ? *most - *least : 1;
  Picture result = odot::io::in_colour(under);
  for (std::size_t y = 0; y < result.height; ++y)
    for (std::size_t x = 0; x < result.width; ++x) {
      const std::size_t row = y * view.height / result.height, column = x * view.width / result.width;
      const double share = opacity * (map[row * view.width + column] - *least) / range;
      std::uint8_t* const pixel = result.pixel(x, y);
      for (std::size_t c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>(std::lround((1 - share) * pixel[c] + share * orange[c]));
    }
  return result;
}

/// A row for each layer: the picture, and over it each head's map.
Picture drawn(const Picture& picture, const std::vector<LayerView>& views) {
  constexpr std::size_t side = 84;  // pixels, at least
  const Picture under = odot::io::magnified(picture, (side + picture.width - 1) / picture.width);
  std::size_t columns = 0;
  for (const LayerView& view : views) columns = (std::max)(columns, 1 + view.heads.size());
  std::vector<Picture> cells;
  for (const LayerView& view : views) {
    cells.push_back(under);
    for (const auto& map : view.heads) cells.push_back(tinted(under, view, map));
    while (cells.size() % columns != 0) cells.push_back(Picture::filled(under.width, under.height, 1, odot::io::white));
  }
  return odot::io::grid(cells, {.columns = columns, .gap = 4});
}

}  // namespace

std::vector<LayerView> layer_views(const std::vector<odot::nn::RelevanceMaps>& all) {
  std::vector<LayerView> views;
  for (const odot::nn::RelevanceMaps& maps : all) {
    const std::size_t plane = maps.height * maps.width;
    LayerView view{maps.layer, maps.height, maps.width, {}};
    for (std::size_t h = 0; h < maps.heads; ++h) {
      std::vector<double>& mean = view.heads.emplace_back(plane);
      for (std::size_t c = 0; c < maps.channels; ++c)
        for (std::size_t i = 0; i < plane; ++i)
          mean[i] += maps.relevance[maps.offset(0, h, c) + i] / static_cast<double>(maps.channels);
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<LayerView> layer_views(const std::vector<odot::nn::TokenAttention>& all) {
  std::vector<LayerView> views;
  for (const odot::nn::TokenAttention& attention : all) {
    const std::size_t patches = attention.tokens - 1;
    std::size_t side = 1;
    while ((side + 1) * (side + 1) <= patches) ++side;
    if (side * side != patches) throw odot::Error("--explain: expected patches in a square beside the class token");
    LayerView view{attention.layer, side, side, {}};
    for (std::size_t h = 0; h < attention.heads; ++h) {
      const double* const row = attention.weights.data() + attention.offset(0, h, 0);
      view.heads.emplace_back(row + 1, row + 1 + patches);
    }
    views.push_back(std::move(view));
  }
  return views;
}

bool explain_picture(RunRecord& record, const PictureFiles& files, const ImageExtents& extents,
                     const std::function<std::vector<LayerView>(const PictureBytes&)>& views_of) {
  try {
    const PictureBytes bytes = read_for(files, files.paths.front(), extents);
    const std::vector<LayerView> views = views_of(bytes);
    const Picture picture = drawn(picture_of(bytes, extents), views);
    odot::io::write_png(files.explain, picture);
    record.print("%s: where the network looks in %s\n  rows, from the top: ", files.explain.c_str(),
                 files.paths.front().c_str());
    std::size_t heads = 0;
    for (const LayerView& view : views) {
      record.print("%s%s", &view == views.data() ? "" : ", ", view.layer.c_str());
      heads = (std::max)(heads, view.heads.size());
    }
    record.print("\n  columns: the picture as the network gets it, %s\n",
                 heads == 1 ? "the head" : ("heads 1 to " + std::to_string(heads)).c_str());
    record.add_section("Where the network looks", [picture, file = files.paths.front()](odot::io::Report& page) {
      page.pictures(
          {{odot::io::encode_png(picture), "What each head of each layer looks at in " + file,
            "A row for each attention layer: " + file + ", then each head's part of it, the more orange the more."}});
    });
    return true;
  } catch (const odot::Error& error) {
    say_error(record, error);
    return false;
  }
}

}  // namespace trainer
