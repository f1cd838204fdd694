// SPDX-License-Identifier: MIT
#include "odot/io/onnx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/named.hpp"
#include "odot/nn/norm_block.hpp"

using namespace odot;
using namespace odot::test;

namespace {

// ---- what a file says, read back by protozero

struct ReadValue {
  std::string name, text;
  std::int64_t type = 0;
  std::vector<std::string> dims;  // "N" or a number
};
struct ReadTensor {
  std::vector<std::size_t> dims;
  std::int64_t type = 0;
  std::string bytes;
};
struct ReadGraph;
struct ReadNode {
  std::string op, name;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, std::int64_t> integers;
  std::map<std::string, float> reals;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<std::int64_t>> lists;
  std::vector<ReadGraph> graphs;
};
struct ReadGraph {
  std::string name;
  std::vector<ReadNode> nodes;
  std::vector<ReadValue> inputs, outputs, between;
  std::map<std::string, ReadTensor> tensors;

  std::vector<std::string> ops() const {
    std::vector<std::string> found;
    for (const auto& node : nodes) found.push_back(node.op);
    return found;
  }
  const ReadNode& node(const std::string& op) const {
    const auto found = std::ranges::find(nodes, op, &ReadNode::op);
    REQUIRE(found != nodes.end());
    return *found;
  }
};
struct ReadModel {
  std::int64_t ir_version = 0, opset = 0;
  std::string producer, version, text;
  std::map<std::string, std::string> facts;
  ReadGraph graph;
};

using Reader = protozero::pbf_reader;

ReadValue read_value(Reader from) {
  ReadValue value;
  while (from.next()) {
    if (from.tag() == 1) value.name = from.get_string();
    else if (from.tag() == 3) value.text = from.get_string();
    else {
      Reader type = from.get_message();
      REQUIRE(type.next(1));
      Reader tensor = type.get_message();
      while (tensor.next()) {
        if (tensor.tag() == 1) value.type = tensor.get_enum();
        else {
          Reader shape = tensor.get_message();
          while (shape.next(1)) {
            Reader dim = shape.get_message();
            REQUIRE(dim.next());
            value.dims.push_back(dim.tag() == 1 ? std::to_string(dim.get_int64()) : dim.get_string());
          }
        }
      }
    }
  }
  return value;
}

std::pair<std::string, ReadTensor> read_tensor(Reader from) {
  std::string name;
  ReadTensor tensor;
  while (from.next()) {
    if (from.tag() == 1) tensor.dims.push_back(static_cast<std::size_t>(from.get_int64()));
    else if (from.tag() == 2) tensor.type = from.get_enum();
    else if (from.tag() == 8) name = from.get_string();
    else tensor.bytes = from.get_bytes();
  }
  return {name, tensor};
}

ReadGraph read_graph(Reader from);

ReadNode read_node(Reader from) {
  ReadNode node;
  while (from.next()) {
    if (from.tag() == 1) node.inputs.push_back(from.get_string());
    else if (from.tag() == 2) node.outputs.push_back(from.get_string());
    else if (from.tag() == 3) node.name = from.get_string();
    else if (from.tag() == 4) node.op = from.get_string();
    else {
      Reader attribute = from.get_message();
      std::string name;
      while (attribute.next()) {
        if (attribute.tag() == 1) name = attribute.get_string();
        else if (attribute.tag() == 2) node.reals[name] = attribute.get_float();
        else if (attribute.tag() == 3) node.integers[name] = attribute.get_int64();
        else if (attribute.tag() == 4) node.texts[name] = attribute.get_bytes();
        else if (attribute.tag() == 6) node.graphs.push_back(read_graph(attribute.get_message()));
        else if (attribute.tag() == 8) node.lists[name].push_back(attribute.get_int64());
        else attribute.skip();
      }
    }
  }
  return node;
}

ReadGraph read_graph(Reader from) {
  ReadGraph graph;
  while (from.next()) {
    switch (from.tag()) {
      case 1:
        graph.nodes.push_back(read_node(from.get_message()));
        break;
      case 2:
        graph.name = from.get_string();
        break;
      case 5:
        graph.tensors.insert(read_tensor(from.get_message()));
        break;
      case 11:
        graph.inputs.push_back(read_value(from.get_message()));
        break;
      case 12:
        graph.outputs.push_back(read_value(from.get_message()));
        break;
      case 13:
        graph.between.push_back(read_value(from.get_message()));
        break;
      default:
        from.skip();
    }
  }
  return graph;
}

ReadModel read_model(const std::string& content) {
  ReadModel model;
  for (Reader from(content); from.next();) {
    switch (from.tag()) {
      case 1:
        model.ir_version = from.get_int64();
        break;
      case 2:
        model.producer = from.get_string();
        break;
      case 3:
        model.version = from.get_string();
        break;
      case 6:
        model.text = from.get_string();
        break;
      case 7:
        model.graph = read_graph(from.get_message());
        break;
      case 8:
        for (Reader set = from.get_message(); set.next();)
          if (set.tag() == 2) model.opset = set.get_int64();
          else CHECK(set.get_string().empty());
        break;
      case 14: {
        Reader entry = from.get_message();
        REQUIRE(entry.next(1));
        const std::string key = entry.get_string();
        REQUIRE(entry.next(2));
        model.facts[key] = entry.get_string();
        break;
      }
      default:
        from.skip();
    }
  }
  return model;
}

/// Every node reads what is there before it, every name is given once, and every output is given.
void check_order(const ReadGraph& graph, std::set<std::string> known = {}) {
  const auto give = [&](const std::string& name) {
    INFO(name);
    CHECK(known.insert(name).second);
  };
  for (const auto& [name, tensor] : graph.tensors) give(name);
  for (const auto& input : graph.inputs) give(input.name);
  for (const auto& node : graph.nodes) {
    for (const auto& input : node.inputs)
      if (!input.empty()) CHECK_MESSAGE(known.contains(input), node.name << " reads " << input);
    for (const auto& inner : node.graphs) check_order(inner, known);
    for (const auto& output : node.outputs) give(output);
  }
  for (const auto& output : graph.outputs) CHECK(known.contains(output.name));
}

// ---- networks

using Images = nn::Sequential<Shape<2, 6, 4>, nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>,
                              nn::BatchNorm2d<nn::BatchNorm2dOptions{.eps = 1e-3}>, nn::ReLU, nn::Dropout<0.5>,
                              nn::Flatten, nn::Named<"head", nn::Linear<5>>, nn::LogSoftmax>;
using Tokens =
    nn::Sequential<Shape<7, 3>, nn::Linear<4>, nn::ClassToken,
                   nn::PostNorm<nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = 4, .causal = true}>>,
                   nn::MeanTokens>;
using Indices = nn::Sequential<Shape<7>, nn::Embedding<9, 4>, nn::RMSNorm<>, nn::SelectToken<2>>;
using Nothing = nn::Sequential<Shape<3>, nn::Identity, nn::Dropout<0.5>>;

/// Your own layer, which says how it is exported.
struct Swish {
  template <ShapeType In>
  struct bind : nn::Layer<In, In, nn::Parameters<nn::Parameter<"weight", In, nn::Init::one>>> {
    static void forward(auto pass, auto x, auto y) { y = x * sigmoid(pass.parameter(nn::weight) * x); }
    static void backward(auto, auto, auto, auto, auto) {}
    static auto to_onnx(auto layer, auto x) {
      const auto scaled = layer.map("Mul", x, layer.weight("weight"));
      return layer.map("Mul", x, layer.map("Sigmoid", scaled));
    }
  };
};
/// One that gives something else than it says, or asks for what it does not have.
template <bool Wrong>
struct Faulty {
  template <ShapeType In>
  struct bind : nn::Layer<In, In> {
    static void forward(auto, auto x, auto y) { y = x; }
    static void backward(auto, auto, auto, auto, auto) {}
    static auto to_onnx(auto layer, auto x) { return Wrong ? layer.unsqueeze(x, {1}) : layer.weight("bias"); }
  };
};
/// A residual block that is not odot's: derived from layers one after the other, it computes something else.
struct Twice {
  template <ShapeType In>
  struct bind : nn::Sequential<In, nn::Linear<4>, nn::ReLU> {
    static void describe(nn::LayerParts& parts) { parts.push_back("twice"); }
    static auto to_onnx(auto layer, auto x) { return layer.add(x, x); }
  };
};

template <class M, class Scalar = float>
ReadModel exported(const io::OnnxOptions& options = {}) {
  const ReadModel model = read_model(io::onnx_content(Network<M, Cpu, Scalar>{Seed{1}}, options));
  check_order(model.graph);
  return model;
}

std::string refusal(const auto& body) {
  try {
    body();
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an ONNX file holds the network's operators and its weights, byte for byte") {
  Network<Images> network{Seed{1}};
  for (float& value : network.buffers()) value += 0.25f;
  const ReadModel model = read_model(io::onnx_content(network));
  CHECK(model.ir_version == 8);
  CHECK(model.opset == 17);
  CHECK(model.producer == "odot");
  CHECK(model.version == ODOT_VERSION_STRING);
  CHECK(model.text == nn::description<Images>());
  CHECK(model.facts.at("odot.architecture") == nn::description<Images>());
  CHECK(model.facts.at("odot.fingerprint").size() == 16);
  const ReadGraph& graph = model.graph;
  check_order(graph);
  CHECK(graph.ops() == std::vector<std::string>{"Conv", "BatchNormalization", "Relu", "Flatten", "Gemm", "LogSoftmax"});
  CHECK(graph.node("Conv").inputs == std::vector<std::string>{"input", "0.weight", "0.bias"});
  CHECK(graph.node("Conv").lists.at("pads") == std::vector<std::int64_t>{1, 1, 1, 1});
  CHECK(graph.node("Conv").lists.at("kernel_shape") == std::vector<std::int64_t>{3, 3});
  CHECK(graph.node("BatchNormalization").reals.at("epsilon") == 1e-3f);
  CHECK(graph.node("BatchNormalization").inputs[3] == "1.running_mean");
  CHECK(graph.node("Gemm").integers.at("transB") == 1);
  CHECK(graph.node("LogSoftmax").outputs == std::vector<std::string>{"output"});
  REQUIRE(graph.inputs.size() == 1);
  CHECK(graph.inputs[0].name == "input");
  CHECK(graph.inputs[0].type == 1);
  CHECK(graph.inputs[0].dims == std::vector<std::string>{"N", "2", "6", "4"});
  CHECK(graph.inputs[0].text == "samples, each [2, 6, 4]");
  REQUIRE(graph.outputs.size() == 1);
  CHECK(graph.outputs[0].dims == std::vector<std::string>{"N", "5"});
  CHECK(graph.outputs[0].text == "log-probabilities, each [5]");
  CHECK(graph.between.size() == graph.nodes.size() - 1);
  const Snapshot weights = network.snapshot();
  REQUIRE(graph.tensors.size() == weights.arrays().size());
  for (const auto& array : weights.arrays()) {
    INFO(array.name);
    const ReadTensor& tensor = graph.tensors.at(array.name);
    CHECK(tensor.dims == array.shape);
    CHECK(tensor.type == 1);
    REQUIRE(tensor.bytes.size() == array.bytes.size());
    CHECK(std::memcmp(tensor.bytes.data(), array.bytes.data(), tensor.bytes.size()) == 0);
  }
}

TEST_CASE("the options of an ONNX file: names, samples, classes, facts, type") {
  const ReadModel model = exported<Images, double>({.input_name = "pixels",
                                                    .output_name = "scores",
                                                    .batch = 3,
                                                    .class_names = {"shirt", "Mäntel und Jacken"},
                                                    .facts = {{"accuracy", "81.5"}},
                                                    .type = ScalarType::f32});
  CHECK(model.graph.inputs[0].name == "pixels");
  CHECK(model.graph.inputs[0].dims == std::vector<std::string>{"3", "2", "6", "4"});
  CHECK(model.graph.outputs[0].name == "scores");
  CHECK(model.graph.outputs[0].dims == std::vector<std::string>{"3", "5"});
  CHECK(model.facts.at("classes") == "shirt\nMäntel und Jacken");
  CHECK(model.facts.at("accuracy") == "81.5");
  CHECK(model.graph.tensors.at("0.weight").type == 1);
  const ReadModel wide = exported<Indices, double>();
  CHECK(wide.graph.tensors.at("0.weight").type == 11);
  CHECK(wide.graph.tensors.at("0.weight").bytes.size() == 9 * 4 * sizeof(double));
  CHECK(wide.graph.inputs[0].type == 6);  // indices
  CHECK(wide.graph.outputs[0].type == 11);
}

TEST_CASE("a network that changes nothing is an ONNX file of one node") {
  CHECK(exported<Nothing>().graph.ops() == std::vector<std::string>{"Identity"});
}

TEST_CASE("a causal series is a Scan over tokens, with or without lengths") {
  for (const bool lengths : {false, true})
    for (const bool fixed : {false, true}) {
      io::OnnxOptions options{.lengths = lengths};
      if (fixed) options.batch = 2;
      const ReadGraph graph = exported<Tokens>(options).graph;
      const ReadNode& scan = graph.node("Scan");
      REQUIRE(scan.graphs.size() == 1);
      CHECK(scan.integers.at("num_scan_inputs") == 3);
      CHECK(scan.graphs[0].inputs.size() == 7);
      CHECK(scan.graphs[0].outputs.size() == 5);
      CHECK(scan.outputs.size() == 5);
      CHECK(graph.inputs.size() == (lengths ? 2 : 1));
      CHECK(graph.outputs[0].dims == std::vector<std::string>{fixed ? "2" : "N", "4"});
      CHECK(std::ranges::count(graph.ops(), "Where") == (lengths ? 3 : 0));  // values, the attention's output, the mean
    }
}

TEST_CASE("your own layer says how it is exported to ONNX") {
  using Model = nn::Sequential<Shape<4>, nn::Residual<nn::Named<"swish", Swish>>, Twice>;
  const ReadGraph graph = exported<Model>().graph;
  CHECK(graph.ops() == std::vector<std::string>{"Mul", "Sigmoid", "Mul", "Add", "Add"});
  CHECK(graph.nodes[0].inputs == std::vector<std::string>{"input", "0.swish.weight"});
  CHECK(graph.nodes[0].name == "0.swish.Mul");
  CHECK(refusal([] { exported<nn::Sequential<Shape<4>, Swish, Faulty<true>>>(); }) ==
        "odot::io::export_onnx: layer 1.: to_onnx must give [N, 4], found [N, 1, 4]");
  CHECK(refusal([] { exported<nn::Sequential<Shape<4>, Swish, Faulty<false>>>(); }) ==
        "odot::io::export_onnx: layer 1.: it has no parameter or buffer called \"bias\"");
}

TEST_CASE("what can't be exported to ONNX is refused by name, and no file is left") {
  const TemporaryFolder folder;
  const Network<Images> network{Seed{1}};
  const auto path = folder.path() / "model.onnx";
  const auto refused = [&](const io::OnnxOptions& options) {
    const std::string what = refusal([&] { io::export_onnx(path, network, options); });
    CHECK(std::filesystem::is_empty(folder.path()));
    return what;
  };
  const std::string prefix = "odot::io::export_onnx: the model: ";
  CHECK(refused({.lengths = true}) == prefix + "no layer reads the lengths of sequences; export it without lengths");
  CHECK(refused({.batch = 0}) == prefix + "batch must be at least 1");
  CHECK(refused({.input_name = ""}) == prefix + "input and output need names");
  const std::string taken = "\" is the name of a weight, of another input or of the output; choose another one";
  CHECK(refused({.output_name = "input"}) == prefix + "\"input" + taken);
  CHECK(refused({.input_name = "0.weight"}) == prefix + "\"0.weight" + taken);
  CHECK(refused({.input_name = "lengths", .lengths = true}).starts_with(prefix + "\"lengths\" is the name of"));
  CHECK(refused({.output_name = "\xff"}) == prefix + "names and facts must be UTF-8");
  CHECK(refused({.class_names = {"a\nb"}}) == prefix + "a class's name can't have more than one line");
  CHECK(refused({.facts = {{"odot.version", "2"}}}) ==
        prefix + "a fact can't be called \"odot.version\", which odot writes itself");
  CHECK(refused({.type = ScalarType::f16}) == prefix + "type must be F32 or F64, found F16");
  CHECK_THROWS_AS(io::export_onnx(folder.path() / "none" / "model.onnx", network), FileError);
  CHECK(std::filesystem::is_empty(folder.path()));
  io::export_onnx(path, network);
  CHECK(std::filesystem::file_size(path) == io::onnx_content(network).size());
}
