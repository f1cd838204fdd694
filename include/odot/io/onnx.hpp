#pragma once
// SPDX-License-Identifier: MIT
// A network as an ONNX file, which ONNX Runtime and most other programs for inference read. Needs protozero: CMake target
// odot::io. It has no kernels: include odot/odot.hpp or odot/gpu.hpp too.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/converted_array.hpp"
#include "odot/core/error.hpp"
#include "odot/core/fingerprint.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/core/utf8.hpp"
#include "odot/io/onnx/attention_layers.hpp"
#include "odot/io/onnx/containers.hpp"
#include "odot/io/onnx/element_wise_attention.hpp"
#include "odot/io/onnx/file.hpp"
#include "odot/io/onnx/image_layers.hpp"
#include "odot/io/onnx/self_attention.hpp"
#include "odot/io/onnx/token_layers.hpp"
#include "odot/io/onnx/walk.hpp"
#include "odot/io/write_file.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/network.hpp"

namespace odot::io {

struct OnnxOptions {
  std::string input_name = "input", output_name = "output";
  std::optional<std::size_t> batch{};  ///< a fixed number of samples; default: any number, the dimension N
  bool lengths = false;                ///< a second input, "lengths" [N]: how many tokens of each sequence are valid
  std::vector<std::string> class_names{};  ///< in the metadata, "classes", one on each line
  Snapshot::Facts facts{};                 ///< your own metadata, such as data set, epochs, accuracy
  std::optional<ScalarType> type{};        ///< F32 or F64; default: the network's
};

/// Writes what network.predict computes as an ONNX file: opset 17, IR version 8, operators of the standard alone, weights
/// inside, as initializers under odot's (PyTorch's) names. The output is that of the model's last layer, log-probabilities
/// for instance, as in PyTorch. Metadata: odot's version, the model in words and its fingerprint, as in a weights file.
///     io::export_onnx("b.onnx", network);
///     io::export_onnx("b.onnx", network, {.class_names = set.classes});
/// Shapes  input [N, input_shape...] (int32 for a model that takes indices) → output [N, output_shape...]
/// Errors  compile time: a layer of your own without to_onnx (onnx::ExportsItself)
///         FileError: as write_file;  ArgumentError: names that are empty, equal or not UTF-8; no samples; lengths that no
///         layer reads; a fact called "classes" or "odot.…"; a type other than F32 and F64; more than 2032 MiB
///         After an error there is no new file
template <class Net, DeviceType Device, class Scalar>
void export_onnx(const std::filesystem::path& path, const Network<Net, Device, Scalar>& network,
                 const OnnxOptions& options = {});

/// The bytes that export_onnx writes.
template <class Net, DeviceType Device, class Scalar>
std::string onnx_content(const Network<Net, Device, Scalar>& network, const OnnxOptions& options = {});

namespace onnx::detail {

ODOT_COLD inline void require_text(const std::string& text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8::front(rest).length;
    if (length == 0) refuse("", "names and facts must be UTF-8");
    rest.remove_prefix(length);
  }
}

ODOT_COLD inline FileTexts file_texts(const std::string& architecture, const OnnxOptions& options) {
  FileTexts texts{.description = architecture, .value_descriptions = {}, .facts = {}};
  for (const auto& [name, text] : options.facts) {
    require_text(name);
    require_text(text);
    if (name == "classes" || name.starts_with("odot."))
      refuse("", "a fact can't be called \"" + name + "\", which odot writes itself");
    texts.facts.emplace(name, text);
  }
  Fingerprint fingerprint;
  fingerprint.add(architecture);
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[fingerprint.value() >> shift & 15];
  texts.facts.insert_or_assign("odot.version", ODOT_VERSION_STRING);
  texts.facts.insert_or_assign("odot.architecture", architecture);
  texts.facts.insert_or_assign("odot.fingerprint", digits);
  std::string classes;
  for (const std::string& name : options.class_names) {
    require_text(name);
    if (name.find('\n') != std::string::npos) refuse("", "a class's name can't have more than one line");
    classes += (classes.empty() ? "" : "\n") + name;
  }
  if (!options.class_names.empty()) texts.facts.insert_or_assign("classes", classes);
  return texts;
}

/// The weights in the file's type.
ODOT_COLD inline Snapshot weights_of(Snapshot weights, ScalarType type) {
  if (type != ScalarType::f32 && type != ScalarType::f64)
    refuse("", "type must be F32 or F64, found " + std::string(name_of(type)));
  Snapshot result;
  for (Snapshot::Array& array : std::move(weights).arrays()) {
    if (array.type != type) {
      ConvertedArray other = converted(array, type);
      if (other.overflowed > 0)
        refuse("", std::to_string(other.overflowed) + " numbers of " + array.name + " are too large for " +
                       std::string(name_of(type)));
      array = std::move(other.array);
    }
    result.add(std::move(array));
  }
  return result;
}

/// The graph's inputs: samples, and lengths where they are asked for. Returns the scope of the whole model.
ODOT_COLD inline Scope begin(Model& model, const Dims& input, bool indices, const OnnxOptions& options) {
  for (const std::string& name : {options.input_name, options.output_name}) {
    require_text(name);
    if (name.empty()) refuse("", "input and output need names");
    if (model.unique(name) != name)
      refuse("", "\"" + name + "\" is the name of a weight, of another input or of the output; choose another one");
  }
  if (options.batch && *options.batch == 0) refuse("", "batch must be at least 1");
  const std::int64_t samples = options.batch ? static_cast<std::int64_t>(*options.batch) : any_number;
  Dims dims = input;
  dims.insert(dims.begin(), samples);
  model.graph.name = "odot";
  model.graph.inputs.push_back({options.input_name, dims, indices ? DataType::i32 : model.type});
  Scope scope(model, model.graph);
  if (options.lengths) {
    if (model.unique("lengths") != "lengths") refuse("", "\"lengths\" is the name of a weight, of the input or output");
    model.graph.inputs.push_back({"lengths", {samples}, DataType::i32});
    scope.set_lengths(scope.cast(model.graph.inputs.back(), DataType::i64));
  }
  return scope;
}

/// Makes y the graph's output, under the name that was asked for.
ODOT_COLD inline void finish(Model& model, const Scope& scope, const Value& y, const OnnxOptions& options) {
  if (options.lengths && !model.reads_lengths)
    refuse("", "no layer reads the lengths of sequences; export it without lengths");
  const bool is_last = !model.graph.nodes.empty() && model.graph.nodes.back().outputs.back() == y.name;
  const std::string name = is_last ? y.name : scope.map("Identity", y).name;  // of nothing, or of what others read too
  model.graph.nodes.back().outputs.back() = options.output_name;
  std::erase_if(model.graph.between, [&](const Value& value) { return value.name == name; });
  model.graph.outputs.push_back({options.output_name, y.dims, y.type});
}

}  // namespace onnx::detail

template <class Net, DeviceType Device, class Scalar>
std::string onnx_content(const Network<Net, Device, Scalar>& network, const OnnxOptions& options) {
  onnx::Model model;
  const ScalarType type = options.type.value_or(scalar_type_of<Scalar>());
  model.weights = onnx::detail::weights_of(network.snapshot(), type);
  model.type = type == ScalarType::f64 ? onnx::DataType::f64 : onnx::DataType::f32;
  model.epsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  onnx::FileTexts texts = onnx::detail::file_texts(nn::description<Net>(), options);
  const onnx::Dims input(Net::input_shape::extents.begin(), Net::input_shape::extents.end());
  const onnx::Scope scope = onnx::detail::begin(model, input, Net::takes_indices, options);
  const onnx::Value y = onnx::detail::put_layer<void, Net>(scope, model.graph.inputs.front());
  onnx::detail::finish(model, scope, y, options);
  texts.value_descriptions = {
      {options.input_name,
       std::string(Net::takes_indices ? "indices" : "samples") + ", each " + Net::input_shape::to_string()},
      {options.output_name, std::string(Net::log_probabilities ? "log-probabilities" : "outputs") + ", each " +
                                Net::output_shape::to_string()},
      {"lengths", "the number of valid tokens of each sample"}};
  return onnx::file_content(model, texts);
}

template <class Net, DeviceType Device, class Scalar>
void export_onnx(const std::filesystem::path& path, const Network<Net, Device, Scalar>& network,
                 const OnnxOptions& options) {
  write_file(path, onnx_content(network, options));
}

}  // namespace odot::io
