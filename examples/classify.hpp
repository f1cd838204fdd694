#pragma once
// SPDX-License-Identifier: MIT
// The image trainers' options --classify, --invert and --explain.

#include "options.hpp"
#include "record/classify_pictures.hpp"
#include "run_files.hpp"

#include <odot/core/buffer.hpp>
#include <odot/core/error.hpp>
#include <odot/core/tensor.hpp>
#include <odot/io/write_file.hpp>
#include <odot/nn/network.hpp>

#include <CLI/CLI.hpp>

#include <span>
#include <string>
#include <vector>

namespace trainer {

inline void add_picture_options(CLI::App& app, PictureFiles& pictures) {
  app.add_option("--classify", pictures.paths,
                 "Print what these pictures (PNG, JPEG, BMP) show, at the end; with --weights and --epochs 0, at once")
      ->type_name("PICTURE")
      ->expected(1, 1'000'000);
  app.add_flag("--invert", pictures.inverted,
               "The pictures of --classify are dark on white, and those of the set light on black");
  add_file(app, "--explain", pictures.explain,
           "Write to this PNG file where each attention layer and head looks in the first picture of --classify");
}

/// Checks what can be checked before the training.
/// Errors  ArgumentError: --invert or --explain without --classify, an empty name;  FileError: a file that can't be written
inline void check_pictures(const PictureFiles& pictures) {
  for (const std::string& path : pictures.paths) require(!path.empty(), "--classify", "a picture", path);
  if (pictures.paths.empty() && (pictures.inverted || !pictures.explain.empty()))
    throw odot::ArgumentError(std::string(pictures.inverted ? "--invert" : "--explain") +
                              ": expected --classify as well, with the pictures");
  if (!pictures.explain.empty()) odot::io::require_writable(pictures.explain);
}

/// A picture as a batch of one sample, from 0 to 1, as in training.
template <class Model, odot::DeviceType Device, class Scalar>
odot::Batch<typename Model::input_shape, Scalar, Device> batch_of(const odot::Network<Model, Device, Scalar>&,
                                                                  const PictureBytes& bytes) {
  std::vector<Scalar> numbers;
  for (const std::uint8_t byte : bytes) numbers.push_back(static_cast<Scalar>(byte) / Scalar{255});
  odot::Batch<typename Model::input_shape, Scalar, Device> x(1);
  Device::copy_from_host(x.data(), numbers.data(), numbers.size() * sizeof(Scalar));
  return x;
}

/// Throws ArgumentError, before the training, if --explain asks for what this network can't show. `attention` gives, of
/// a network and a batch, what layer_views takes.
template <class Model, odot::DeviceType Device, class Scalar>
void check_explanation(const RunFiles& files, const odot::Network<Model, Device, Scalar>& network,
                       [[maybe_unused]] const auto& attention) {
  if (files.pictures.explain.empty()) return;
  if constexpr (Device::host_accessible) {
    if (attention(network, batch_of(network, PictureBytes(Model::input_shape::size))).empty())
      throw odot::ArgumentError("--explain: expected a model with attention layers, found one that has none");
  } else {
    throw odot::ArgumentError(
        "--explain: expected --device cpu; save the weights by --save, and give them to --weights there, with "
        "--epochs 0");
  }
}

/// Does what --classify and --explain say. Returns whether all pictures could be read and written.
template <class Model, odot::DeviceType Device, class Scalar>
bool classify(const RunFiles& files, const odot::Network<Model, Device, Scalar>& network,
              const std::vector<std::string>& names, [[maybe_unused]] const auto& attention) {
  const PictureFiles& pictures = files.pictures;
  if (pictures.paths.empty()) return true;
  constexpr auto extents = Model::input_shape::extents;
  const ImageExtents image{extents[0], extents[1], extents[2]};
  bool good = classify_pictures(*files.record, pictures, image, names, [&](const PictureBytes& bytes) {
    const auto y = network.predict(batch_of(network, bytes));
    const auto numbers = odot::on_host<Device>(std::span<const Scalar>(y.data(), y.size()));
    return std::vector<double>(numbers.begin(), numbers.end());
  });
  if constexpr (Device::host_accessible)
    if (!pictures.explain.empty())
      good = explain_picture(*files.record, pictures, image,
                             [&](const PictureBytes& bytes) {
                               return layer_views(attention(network, batch_of(network, bytes)));
                             }) &&
             good;
  return good;
}

}  // namespace trainer
