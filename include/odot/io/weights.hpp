#pragma once
// SPDX-License-Identifier: MIT
// A network's weights in a safetensors file, under PyTorch's names.

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/fingerprint.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/io/safetensors.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/parameters.hpp"
#include "odot/nn/restore.hpp"

namespace odot::io {

struct SaveOptions {
  std::string prefix{};              ///< before every name: "model."
  std::optional<ScalarType> type{};  ///< F64, F32, F16 or BF16; default: the network's
  Snapshot::Facts facts{};           ///< your own facts, such as data set, epochs, accuracy, seed
};

struct LoadOptions {
  bool partial = false;           ///< load what fits and return what does not, rather than refuse the file
  bool convert = false;           ///< take F64, F32, F16 and BF16 for each other, rounded to the nearest
  bool any_architecture = false;  ///< load weights of another architecture if names and shapes fit
  std::string strip_prefix{};     ///< removed from the file's names; arrays whose names don't begin with it are ignored
  std::string add_prefix{};       ///< then put before them
};

/// What a file had besides the weights.
struct LoadedWeights {
  Unmatched unmatched;    ///< empty unless LoadOptions::partial
  Snapshot::Facts facts;  ///< all of them, including odot's
};

/// Writes a network's parameters and buffers. PyTorch reads them by safetensors.torch.load_file, and the result by
/// load_state_dict where the module's layers have these names. The file's metadata says that the arrays are PyTorch's
/// ("format": "pt"), odot's version, and what the model computes, in words and as a fingerprint of these.
///     io::save_weights("b.safetensors", network, {.facts = {{"accuracy", "0.8081"}}});
/// Errors  FileError: as write_file
///         ArgumentError: a number that `.type` can't hold; a fact called "format" or "odot.…"; text that is not UTF-8
template <class Model, DeviceType Device, class Scalar>
void save_weights(const std::filesystem::path& path, const Network<Model, Device, Scalar>& network,
                  const SaveOptions& options = {});

/// Gives a network the weights of a file that save_weights, safetensors.torch.save_file or any other program has
/// written. PyTorch's counters num_batches_tracked, which a network does not have, are ignored.
///     io::load_weights("b.safetensors", network);
/// Errors  FileError: the file can't be read; names that are missing, unexpected or of another shape or type, all of
///         them listed; weights of another architecture, both described
///         FormatError: a file that is not a safetensors file, or is broken: path, offset, expected, found
///         Then nothing has changed
template <class Model, DeviceType Device, class Scalar>
LoadedWeights load_weights(const std::filesystem::path& path, Network<Model, Device, Scalar>& network,
                           const LoadOptions& options = {});

namespace detail {

/// A text's fingerprint as 16 hexadecimal digits.
inline std::string fingerprint_of(std::string_view text) {
  Fingerprint fingerprint;
  fingerprint.add(text);
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[fingerprint.value() >> shift & 15];
  return digits;
}

/// Adds the file's facts to the arrays, and changes the arrays' names and types to the required ones.
inline Snapshot weights_to_save(Snapshot weights, const std::string& architecture, const SaveOptions& options) {
  Snapshot file;
  for (const auto& [name, text] : options.facts) {
    if (name == "format" || name.starts_with("odot."))
      throw ArgumentError("odot::io::save_weights: a fact can't be called \"" + name + "\", which odot writes itself");
    file.set_fact(name, text);
  }
  file.set_fact("format", "pt");
  file.set_fact("odot.version", ODOT_VERSION_STRING);
  file.set_fact("odot.architecture", architecture);
  file.set_fact("odot.fingerprint", fingerprint_of(architecture));
  for (Snapshot::Array& array : std::move(weights).arrays()) {
    if (options.type && *options.type != array.type) {
      ConvertedArray narrow = converted(array, *options.type);
      if (narrow.overflowed > 0)
        throw ArgumentError("odot::io::save_weights: " + std::to_string(narrow.overflowed) + " numbers of " +
                            array.name + " are too large for " + std::string(name_of(*options.type)) +
                            "; choose another type");
      array = std::move(narrow.array);
    }
    array.name.insert(0, options.prefix);
    file.add(std::move(array));
  }
  return file;
}

/// Throws if the file names another architecture.
inline void require_architecture(const std::string& path, const Snapshot& file, const std::string& architecture) {
  const auto found = file.text("odot.fingerprint");
  if (!found || *found == fingerprint_of(architecture)) return;
  throw FileError(path, "expected weights of " + architecture + " (" + fingerprint_of(architecture) +
                            "), found those of " +
                            shown_name(file.text("odot.architecture").value_or("another architecture"), 4000) + " (" +
                            shown_name(*found) + "); choose the model that they were saved from");
}

/// Whether an array is a counter that PyTorch's batch norms keep, and the network has such a norm.
inline bool is_batch_counter(const Snapshot::Array& array, const std::vector<nn::ParameterInfo>& buffers) {
  constexpr std::string_view counter = "num_batches_tracked";
  if (!array.name.ends_with(counter) || array.type != ScalarType::i64 || !array.shape.empty()) return false;
  const std::string norm = array.name.substr(0, array.name.size() - counter.size());
  return std::any_of(buffers.begin(), buffers.end(),
                     [&](const auto& row) { return row.name == norm + "running_mean"; });
}

/// The file's arrays under the names that the network looks for.
inline Snapshot weights_to_load(const std::string& path, Snapshot file, const std::vector<nn::ParameterInfo>& buffers,
                                const LoadOptions& options) {
  Snapshot weights;
  for (Snapshot::Array& array : std::move(file).arrays()) {
    if (!array.name.starts_with(options.strip_prefix)) continue;
    array.name.replace(0, options.strip_prefix.size(), options.add_prefix);
    if (!is_batch_counter(array, buffers)) weights.add(std::move(array));
  }
  if (weights.arrays().empty() && !options.strip_prefix.empty())
    throw FileError(path, "expected names that begin with \"" + options.strip_prefix + "\", found none");
  return weights;
}

}  // namespace detail

template <class Model, DeviceType Device, class Scalar>
void save_weights(const std::filesystem::path& path, const Network<Model, Device, Scalar>& network,
                  const SaveOptions& options) {
  write_safetensors(path, detail::weights_to_save(network.snapshot(), nn::description<Model>(), options));
}

template <class Model, DeviceType Device, class Scalar>
LoadedWeights load_weights(const std::filesystem::path& path, Network<Model, Device, Scalar>& network,
                           const LoadOptions& options) {
  Snapshot file = read_safetensors(path);
  if (!options.partial && !options.any_architecture)
    detail::require_architecture(path.string(), file, nn::description<Model>());
  LoadedWeights loaded{{}, file.facts()};
  const Snapshot weights = detail::weights_to_load(path.string(), std::move(file), network.buffer_table(), options);
  try {
    loaded.unmatched = network.restore(weights, {.partial = options.partial, .convert = options.convert});
  } catch (const SnapshotError& error) {
    throw FileError(path.string(),
                    "its weights do not fit the network, and nothing was changed; " + error.unmatched.description());
  }
  return loaded;
}

}  // namespace odot::io
