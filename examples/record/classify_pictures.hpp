#pragma once
// SPDX-License-Identifier: MIT
// What a trained network says of picture files, and where it looks. Compiled once for all trainers: classify_pictures.cpp,
// explain_picture.cpp. The options and what depends on the network: ../classify.hpp.

#include "run_record.hpp"

#include <odot/nn/relevance_maps.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace trainer {

/// What the command line asks about pictures.
struct PictureFiles {
  std::vector<std::string> paths = {};  ///< to classify; empty: none
  bool inverted = false;                ///< whether they are dark on white, and the set's light on black
  std::string explain = {};             ///< PNG file of where the network looks in the first; empty: none
};

/// A picture's pixels, [channels, height, width].
using PictureBytes = std::vector<std::uint8_t>;

/// Prints the five most likely classes of each picture, with the classes' names and probabilities. `outputs` gives the
/// network's, log-probabilities or logits. A picture that can't be read is an error on standard error and in the log; the
/// others are still done. Returns whether all could be read.
bool classify_pictures(RunRecord& record, const PictureFiles& files, const ImageExtents& extents,
                       const std::vector<std::string>& names,
                       const std::function<std::vector<double>(const PictureBytes&)>& outputs);

/// What one attention layer looks at in one picture: for each head how much of each part, [height, width].
struct LayerView {
  std::string layer;
  std::size_t height, width;
  std::vector<std::vector<double>> heads;
};

/// The relevance maps A of the first sample, the mean over channels.
std::vector<LayerView> layer_views(const std::vector<odot::nn::RelevanceMaps>& all);
/// How much of each patch goes to the class token, token 0: the patches lie in a square.
std::vector<LayerView> layer_views(const std::vector<odot::nn::TokenAttention>& all);

/// Writes files.explain: a row for each layer, the first picture of files.paths and, over it, what each head looks at, from
/// nothing, the head's least, to orange, its most. Prints what the rows are. Returns false, with the error on standard
/// error, if the picture can't be read or the file can't be written.
bool explain_picture(RunRecord& record, const PictureFiles& files, const ImageExtents& extents,
                     const std::function<std::vector<LayerView>(const PictureBytes&)>& views);

/// A picture file in the network's extents.
/// Errors  FileError, FormatError: as odot::io::read_picture
PictureBytes read_for(const PictureFiles& files, const std::string& path, const ImageExtents& extents);

/// Says what went wrong on standard error and in the log.
void say_error(RunRecord& record, const std::exception& error);

}  // namespace trainer
