#pragma once
// SPDX-License-Identifier: MIT
// What the attention-wise layers of a model look at, as pictures for TensorBoard.

#include <odot/io/array_picture.hpp>
#include <odot/io/png.hpp>
#include <odot/io/tensorboard.hpp>
#include <odot/nn/network.hpp>
#include <odot/nn/relevance_maps.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace trainer {

/// For each attention-wise layer a picture: its input, for the set's first sample, then the relevance map A of each head,
/// from the layer's smallest number (dark) to its largest; a row per channel if there are several.
template <class Model, odot::DeviceType Device, class Scalar>
std::vector<odot::io::EventPicture> relevance_pictures(const odot::Network<Model, Device, Scalar>& network,
                                                       const auto& set) {
  using Image = typename Model::input_shape;
  odot::Batch<Image, Scalar, Device> x(1);
  const auto pixels = set.sample(0);
  for (std::size_t i = 0; i < Image::size; ++i) x.data()[i] = static_cast<Scalar>(pixels[i]) / Scalar{255};
  std::vector<odot::io::EventPicture> all;
  for (const odot::nn::RelevanceMaps& maps : odot::nn::relevance_maps(network, x)) {
    const std::size_t plane = maps.height * maps.width, magnify = (std::max)(std::size_t{1}, 84 / maps.width);
    const std::span<const double> relevance(maps.relevance), input(maps.input);
    odot::io::PictureOptions colours{.colours = odot::io::ColourMap::sequential, .magnify = magnify};
    colours.range = odot::io::range_of(relevance);
    std::vector<odot::io::Picture> pictures;
    for (std::size_t c = 0; c < maps.channels; ++c) {
      pictures.push_back(
          odot::io::picture_of(input.subspan(c * plane, plane), maps.height, maps.width, {.magnify = magnify}));
      for (std::size_t h = 0; h < maps.heads; ++h)
        pictures.push_back(
            odot::io::picture_of(relevance.subspan(maps.offset(0, h, c), plane), maps.height, maps.width, colours));
    }
    all.push_back({"relevance/" + maps.layer, odot::io::encode_png(odot::io::grid(
                                                  pictures, {.columns = maps.channels > 1 ? maps.heads + 1 : 0}))});
  }
  return all;
}

/// The same as a function for TensorBoardOptions::pictures; none on a device whose memory the host can't read.
template <class Model, odot::DeviceType Device, class Scalar>
std::function<std::vector<odot::io::EventPicture>()> board_pictures(const odot::Network<Model, Device, Scalar>& network,
                                                                    const auto& set) {
  if constexpr (Device::host_accessible) return [&] { return relevance_pictures(network, set); };
  else return {};
}

}  // namespace trainer
