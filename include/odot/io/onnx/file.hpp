#pragma once
// SPDX-License-Identifier: MIT
// The bytes of an ONNX file: protocol buffers, written by protozero. Numbers of fields are those of onnx.proto.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/io/onnx/graph.hpp"
#include "odot/io/protozero.hpp"

namespace odot::io::onnx {

static_assert(std::endian::native == std::endian::little,
              "odot::io: ONNX files are little-endian, and this machine is not; odot does not swap bytes");

inline constexpr std::int64_t file_version = 8, operator_set = 17;  ///< IR version, opset

enum class ModelField : protozero::pbf_tag_type {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  doc_string = 6,
  graph = 7,
  opset_import = 8,
  metadata_props = 14
};
enum class OpsetField : protozero::pbf_tag_type { domain = 1, version = 2 };
enum class EntryField : protozero::pbf_tag_type { key = 1, value = 2 };
enum class GraphField : protozero::pbf_tag_type {
  node = 1,
  name = 2,
  initializer = 5,
  doc_string = 10,
  input = 11,
  output = 12,
  value_info = 13
};
enum class NodeField : protozero::pbf_tag_type { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
enum class AttributeField : protozero::pbf_tag_type { name = 1, f = 2, i = 3, s = 4, g = 6, ints = 8, type = 20 };
enum class TensorField : protozero::pbf_tag_type { dims = 1, data_type = 2, name = 8, raw_data = 9 };
enum class ValueField : protozero::pbf_tag_type { name = 1, type = 2, doc_string = 3 };
enum class TypeField : protozero::pbf_tag_type { tensor_type = 1 };
enum class TensorTypeField : protozero::pbf_tag_type { elem_type = 1, shape = 2 };
enum class ShapeField : protozero::pbf_tag_type { dim = 1 };
enum class DimField : protozero::pbf_tag_type { dim_value = 1, dim_param = 2 };

/// What a file says besides its graph.
struct FileTexts {
  std::string description;                                              ///< of the model
  std::vector<std::pair<std::string, std::string>> value_descriptions;  ///< of inputs and outputs, by name
  Snapshot::Facts facts;
};

namespace detail {

template <class Field>
using Message = protozero::pbf_builder<Field>;

inline void write_graph(Message<GraphField>& to, const Graph& graph, const FileTexts& texts);

ODOT_COLD inline void write_attribute(Message<NodeField>& node, const Attribute& attribute) {
  Message<AttributeField> to(node, NodeField::attribute);
  to.add_string(AttributeField::name, attribute.name);
  const auto write = [&](const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    std::int32_t type = 7;  // INTS
    if constexpr (std::is_same_v<T, std::int64_t>) {
      to.add_int64(AttributeField::i, value);
      type = 2;
    } else if constexpr (std::is_same_v<T, double>) {
      to.add_float(AttributeField::f, static_cast<float>(value));
      type = 1;
    } else if constexpr (std::is_same_v<T, std::string>) {
      to.add_bytes(AttributeField::s, value);
      type = 3;
    } else if constexpr (std::is_same_v<T, std::shared_ptr<Graph>>) {
      Message<GraphField> graph(to, AttributeField::g);
      write_graph(graph, *value, {});
      type = 5;
    } else {
      for (const std::int64_t number : value) to.add_int64(AttributeField::ints, number);
    }
    return type;
  };
  const std::int32_t type = std::visit(write, attribute.value);
  to.add_enum(AttributeField::type, type);
}

ODOT_COLD inline void write_value(Message<GraphField>& graph, GraphField field, const Value& value,
                                  const FileTexts& texts) {
  Message<ValueField> to(graph, field);
  to.add_string(ValueField::name, value.name);
  {
    Message<TypeField> type(to, ValueField::type);
    Message<TensorTypeField> tensor(type, TypeField::tensor_type);
    tensor.add_enum(TensorTypeField::elem_type, static_cast<std::int32_t>(value.type));
    Message<ShapeField> shape(tensor, TensorTypeField::shape);
    for (const std::int64_t extent : value.dims) {
      Message<DimField> dim(shape, ShapeField::dim);
      if (extent == any_number) dim.add_string(DimField::dim_param, "N");
      else dim.add_int64(DimField::dim_value, extent);
    }
  }
  for (const auto& [name, text] : texts.value_descriptions)
    if (name == value.name) to.add_string(ValueField::doc_string, text);
}

ODOT_COLD inline void write_tensor(Message<GraphField>& graph, const Value& value, std::string_view bytes) {
  Message<TensorField> to(graph, GraphField::initializer);
  for (const std::int64_t extent : value.dims) to.add_int64(TensorField::dims, extent);
  to.add_enum(TensorField::data_type, static_cast<std::int32_t>(value.type));
  to.add_string(TensorField::name, value.name);
  to.add_bytes(TensorField::raw_data, bytes.data(), bytes.size());
}

ODOT_COLD inline void write_graph(Message<GraphField>& to, const Graph& graph, const FileTexts& texts) {
  for (const Node& node : graph.nodes) {
    Message<NodeField> message(to, GraphField::node);
    for (const auto& input : node.inputs) message.add_string(NodeField::input, input);
    for (const auto& output : node.outputs) message.add_string(NodeField::output, output);
    message.add_string(NodeField::name, node.name);
    message.add_string(NodeField::op_type, node.op);
    for (const Attribute& attribute : node.attributes) write_attribute(message, attribute);
  }
  to.add_string(GraphField::name, graph.name);
  for (const Value& input : graph.inputs) write_value(to, GraphField::input, input, texts);
  for (const Value& output : graph.outputs) write_value(to, GraphField::output, output, texts);
  for (const Value& value : graph.between) write_value(to, GraphField::value_info, value, texts);
}

/// Protocol buffers end at 2 GiB.
ODOT_COLD inline void require_size(const Model& model) {
  std::size_t bytes = 0;
  for (const auto& array : model.weights.arrays()) bytes += array.bytes.size();
  for (const Constant& constant : model.constants) bytes += constant.bytes.size();
  constexpr std::size_t largest = (std::size_t{1} << 31) - (std::size_t{1} << 24);
  if (bytes > largest)
    throw ArgumentError("odot::io::export_onnx: the weights take " + std::to_string(bytes) +
                        " bytes; an ONNX file can hold " + std::to_string(largest) +
                        "; save them by io::save_weights instead");
}

}  // namespace detail

/// The bytes of a model's file.
/// Errors  ArgumentError: more than 2 GiB
ODOT_COLD inline std::string file_content(const Model& model, const FileTexts& texts) {
  detail::require_size(model);
  std::string content;
  detail::Message<ModelField> file(content);
  file.add_int64(ModelField::ir_version, file_version);
  file.add_string(ModelField::producer_name, "odot");
  file.add_string(ModelField::producer_version, ODOT_VERSION_STRING);
  file.add_string(ModelField::doc_string, texts.description);
  {
    detail::Message<OpsetField> operators(file, ModelField::opset_import);
    operators.add_string(OpsetField::domain, "");
    operators.add_int64(OpsetField::version, operator_set);
  }
  {
    detail::Message<GraphField> graph(file, ModelField::graph);
    detail::write_graph(graph, model.graph, texts);
    graph.add_string(GraphField::doc_string, texts.description);
    for (const auto& array : model.weights.arrays())
      detail::write_tensor(graph, {array.name, {array.shape.begin(), array.shape.end()}, model.type},
                           {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()});
    for (const Constant& constant : model.constants) detail::write_tensor(graph, constant.value, constant.bytes);
  }
  for (const auto& [key, text] : texts.facts) {
    detail::Message<EntryField> entry(file, ModelField::metadata_props);
    entry.add_string(EntryField::key, key);
    entry.add_string(EntryField::value, text);
  }
  return content;
}

}  // namespace odot::io::onnx
