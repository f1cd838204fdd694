#pragma once
// SPDX-License-Identifier: MIT
// An ONNX graph in memory: values, nodes, constants. Its names are ONNX's.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/snapshot.hpp"

namespace odot::io::onnx {

/// Extents, the number of samples first if the value depends on the samples.
using Dims = std::vector<std::int64_t>;
inline constexpr std::int64_t any_number = -1;  ///< of samples

/// TensorProto.DataType
enum class DataType : std::int32_t { f32 = 1, i32 = 6, i64 = 7, boolean = 9, f64 = 11 };

/// What a node gives, or a graph takes.
struct Value {
  std::string name;
  Dims dims;
  DataType type = DataType::f32;
};

/// Numbers inside of the file, row-major, little-endian.
struct Constant {
  Value value;
  std::string bytes;
};

struct Graph;

struct Attribute {
  std::string name;
  std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::shared_ptr<Graph>> value;
};
using Attributes = std::vector<Attribute>;

/// An operator of ONNX's and what it is applied to.
struct Node {
  std::string name, op;
  std::vector<std::string> inputs, outputs;
  Attributes attributes;
};

struct Graph {
  std::string name;
  std::vector<Value> inputs, outputs;
  std::vector<Value> between;  ///< what nodes give besides the outputs
  std::vector<Node> nodes;
};

/// What all layers of a model add to: the weights, constants and names.
struct Model {
  Graph graph;
  Snapshot weights;  ///< all parameters and buffers
  std::vector<Constant> constants;
  DataType type = DataType::f32;  ///< of the weights
  double epsilon = 0;             ///< of the network's scalar
  bool reads_lengths = false;     ///< whether a layer asked for the sequences' lengths

  /// A name that nothing else has.
  ODOT_COLD std::string unique(const std::string& name) {
    for (std::size_t number = 0;; ++number) {
      std::string candidate = number == 0 ? name : name + "_" + std::to_string(number);
      if (!weights.find(candidate) && names_.insert(candidate).second) return candidate;
    }
  }

  /// Numbers as a constant; equal ones are one.
  ODOT_COLD Value constant(Dims dims, DataType of, std::string bytes) {
    auto key = std::tuple(of, dims, bytes);
    if (const auto found = known_.find(key); found != known_.end()) return constants[found->second].value;
    known_.emplace(std::move(key), constants.size());
    constants.push_back({{unique("constant"), std::move(dims), of}, std::move(bytes)});
    return constants.back().value;
  }

 private:
  std::set<std::string> names_;
  std::map<std::tuple<DataType, Dims, std::string>, std::size_t> known_;
};

}  // namespace odot::io::onnx
