#pragma once
// SPDX-License-Identifier: MIT
// Scope: a layer's place in an ONNX graph, to which the layer adds its operators.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/io/onnx/graph.hpp"

namespace odot::io::onnx {

namespace detail {

[[noreturn]] ODOT_COLD inline void refuse(const std::string& path, const std::string& what) {
  throw ArgumentError("odot::io::export_onnx: " + (path.empty() ? "the model" : "layer " + path) + ": " + what);
}

ODOT_COLD inline std::string text_of(const Dims& dims) {
  std::string text = "[";
  for (const std::int64_t extent : dims)
    text.append(text.size() == 1 ? "" : ", ").append(extent == any_number ? "N" : std::to_string(extent));
  return text + "]";
}

template <class T>
std::string bytes_of(const std::vector<T>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  if (!numbers.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

}  // namespace detail

/// What a layer sees of the graph: its own weights, and functions that add nodes. Each returns the node's output. Extents are
/// those of whole batches, the number of samples (any_number, or the fixed one) first. (Nodes and constants are numbered in
/// the order of the calls. Where two arguments of one call are calls themselves, that order is the compiler's choice; odot's
/// layers name one of them first, so that a network gives the same file with every compiler.)
///     static auto to_onnx(auto layer, auto x) {                                       // y = x σ(b ⊙ x)
///       return layer.map("Mul", x, layer.map("Sigmoid", layer.map("Mul", layer.weight("weight"), x)));
///     }
class Scope {
 public:
  Scope(Model& model, Graph& graph, std::string path = "", std::optional<Value> lengths = {})
      : model_(&model), graph_(&graph), path_(std::move(path)), lengths_(std::move(lengths)) {}

  /// "0.conv.", as in the names of parameters.
  const std::string& path() const { return path_; }
  /// The place of a layer inside of this one.
  Scope at(std::string path) const { return {*model_, *graph_, std::move(path), lengths_}; }
  /// The same place, but in a graph inside of this one.
  Scope inside(Graph& graph) const { return {*model_, graph, path_}; }
  Model& model() const { return *model_; }

  // ---- values that are in the file

  /// A parameter or buffer of this layer, by its name in the layer.
  ODOT_COLD Value weight(std::string_view name) const {
    const Snapshot::Array* array = model_->weights.find(path_ + std::string(name));
    if (!array) detail::refuse(path_, "it has no parameter or buffer called \"" + std::string(name) + "\"");
    return {array->name, {array->shape.begin(), array->shape.end()}, model_->type};
  }
  bool has_weight(std::string_view name) const { return model_->weights.find(path_ + std::string(name)) != nullptr; }

  /// Numbers of the network's scalar.
  ODOT_COLD Value numbers(Dims dims, const std::vector<double>& values) const {
    if (model_->type == DataType::f64)
      return model_->constant(std::move(dims), DataType::f64, detail::bytes_of(values));
    const std::vector<float> narrow(values.begin(), values.end());
    return model_->constant(std::move(dims), DataType::f32, detail::bytes_of(narrow));
  }
  Value number(double value) const { return numbers({}, {value}); }
  ODOT_COLD Value filled(Dims dims, double value) const {
    const auto size = std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
    return numbers(std::move(dims), std::vector<double>(static_cast<std::size_t>(size), value));
  }
  ODOT_COLD Value integers(Dims dims, const std::vector<std::int64_t>& values) const {
    return model_->constant(std::move(dims), DataType::i64, detail::bytes_of(values));
  }
  Value integer(std::int64_t value) const { return integers({}, {value}); }
  Value list(const std::vector<std::int64_t>& values) const {
    return integers({static_cast<std::int64_t>(values.size())}, values);
  }
  ODOT_COLD Value numbers_from(std::int64_t begin, std::int64_t end) const {  // begin … end − 1
    std::vector<std::int64_t> values(static_cast<std::size_t>(end - begin));
    std::iota(values.begin(), values.end(), begin);
    return list(values);
  }

  // ---- nodes

  /// Any operator: its inputs, attributes, and the output's extents and type.
  ODOT_COLD Value node(const std::string& op, const std::vector<Value>& inputs, Dims dims, Attributes attributes,
                       DataType type) const {
    Value value{model_->unique(path_ + op), std::move(dims), type};
    std::vector<std::string> names;
    for (const Value& input : inputs) names.push_back(input.name);
    graph_->nodes.push_back({value.name, op, std::move(names), {value.name}, std::move(attributes)});
    graph_->between.push_back(value);
    return value;
  }
  Value node(const std::string& op, const std::vector<Value>& inputs, Dims dims, Attributes attributes = {}) const {
    return node(op, inputs, std::move(dims), std::move(attributes), inputs.front().type);
  }

  /// Puts further outputs before the last node's one, which nobody reads.
  ODOT_COLD void last_outputs(const std::vector<std::string>& names) const {
    std::vector<std::string>& outputs = graph_->nodes.back().outputs;
    for (std::size_t i = 0; i < names.size(); ++i)
      outputs.insert(outputs.end() - 1, model_->unique(path_ + "last_" + names[i]));
  }

  /// An operator element by element, of one value, or of several with numpy's broadcasting.
  Value map(const std::string& op, const Value& x, Attributes attributes = {}) const {
    return node(op, {x}, x.dims, std::move(attributes));
  }
  Value map(const std::string& op, const Value& a, const Value& b) const {
    return node(op, {a, b}, broadcast(a.dims, b.dims));
  }
  Value add(const Value& a, const Value& b) const { return map("Add", a, b); }
  Value subtract(const Value& a, const Value& b) const { return map("Sub", a, b); }
  Value multiply(const Value& a, const Value& b) const { return map("Mul", a, b); }
  Value divide(const Value& a, const Value& b) const { return map("Div", a, b); }
  Value compare(const std::string& op, const Value& a, const Value& b) const {
    return node(op, {a, b}, broadcast(a.dims, b.dims), {}, DataType::boolean);
  }
  /// a where the condition is true, else b.
  Value choose(const Value& condition, const Value& a, const Value& b) const {
    return node("Where", {condition, a, b}, broadcast(condition.dims, broadcast(a.dims, b.dims)), {}, a.type);
  }
  Value cast(const Value& x, DataType type) const {
    return node("Cast", {x}, x.dims, {{"to", static_cast<std::int64_t>(type)}}, type);
  }

  /// Products of the last two axes' matrices.
  ODOT_COLD Value matmul(const Value& a, const Value& b) const {
    Dims dims = broadcast({a.dims.begin(), a.dims.end() - 2}, {b.dims.begin(), b.dims.end() - 2});
    dims.push_back(a.dims[a.dims.size() - 2]);
    dims.push_back(b.dims.back());
    return node("MatMul", {a, b}, std::move(dims));
  }
  ODOT_COLD Value transpose(const Value& x, const std::vector<std::int64_t>& axes) const {
    Dims dims;
    for (const std::int64_t axis : axes) dims.push_back(x.dims[static_cast<std::size_t>(axis)]);
    return node("Transpose", {x}, std::move(dims), {{"perm", axes}});
  }
  /// The same elements under other extents, of which the first stays where it is the number of samples.
  ODOT_COLD Value reshape(const Value& x, const Dims& dims) const {
    if (dims == x.dims) return x;
    Dims target = dims;
    for (auto& extent : target)
      if (extent == any_number) extent = 0;
    return node("Reshape", {x, list(target)}, dims);
  }
  ODOT_COLD Value unsqueeze(const Value& x, const std::vector<std::int64_t>& axes) const {
    Dims dims = x.dims;
    for (const std::int64_t axis : axes) dims.insert(dims.begin() + axis, 1);
    return node("Unsqueeze", {x, list(axes)}, std::move(dims));
  }
  /// ReduceSum, ReduceMean, ReduceMax or ReduceMin over one axis, counted from 0, which stays as an axis of extent 1 if `keep`.
  ODOT_COLD Value reduce(const std::string& op, const Value& x, std::int64_t axis, bool keep = true) const {
    Dims dims = x.dims;
    if (keep) dims[static_cast<std::size_t>(axis)] = 1;
    else dims.erase(dims.begin() + axis);
    const Attribute keepdims{"keepdims", std::int64_t{keep}};
    if (op == "ReduceSum") return node(op, {x, list({axis})}, std::move(dims), {keepdims});
    return node(op, {x}, std::move(dims), {{"axes", std::vector{axis}}, keepdims});
  }
  Value softmax(const Value& x, std::int64_t axis = -1) const { return map("Softmax", x, Attributes{{"axis", axis}}); }
  /// The parts of x along an axis that have these numbers; one number: without the axis.
  ODOT_COLD Value gather(const Value& x, const Value& numbers, std::int64_t axis) const {
    Dims dims = x.dims;
    dims.erase(dims.begin() + axis);
    dims.insert(dims.begin() + axis, numbers.dims.begin(), numbers.dims.end());
    return node("Gather", {x, numbers}, std::move(dims), {{"axis", axis}});
  }
  ODOT_COLD Value slice(const Value& x, std::int64_t axis, std::int64_t begin, std::int64_t end) const {
    Dims dims = x.dims;
    dims[static_cast<std::size_t>(axis)] = end - begin;
    return node("Slice", {x, list({begin}), list({end}), list({axis})}, std::move(dims));
  }
  ODOT_COLD Value concat(const std::vector<Value>& parts, std::int64_t axis) const {
    if (parts.size() == 1) return parts.front();
    Dims dims = parts.front().dims;
    auto& extent = dims[static_cast<std::size_t>(axis)];
    extent = 0;
    for (const Value& part : parts) extent += part.dims[static_cast<std::size_t>(axis)];
    return node("Concat", parts, std::move(dims), {{"axis", axis}});
  }
  /// x, repeated to extents of which the first may be the number of samples of `like`.
  ODOT_COLD Value expand(const Value& x, const Dims& dims, const Value& like) const {
    if (dims.front() != any_number) return node("Expand", {x, list(dims)}, dims);
    const Value samples =
        node("Shape", {like}, {1}, {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}}, DataType::i64);
    const Value shape = concat({samples, list({dims.begin() + 1, dims.end()})}, 0);
    return node("Expand", {x, shape}, dims);
  }

  // ---- lengths of sequences

  /// Whether the file's network takes the lengths of sequences. A layer to which they matter asks for `valid`.
  bool has_lengths() const {
    model_->reads_lengths = true;
    return lengths_.has_value();
  }
  /// The number of valid tokens of each sample; may lie outside of 0 … L.
  const Value& lengths() const { return *lengths_; }
  void set_lengths(Value lengths) { lengths_ = std::move(lengths); }
  /// The lengths after a layer that put `added` tokens before the first of `tokens`.
  ODOT_COLD void set_longer(std::int64_t tokens, std::int64_t added) {
    if (!lengths_) return;
    const Value at_most = map("Min", *lengths_, integer(tokens));
    const Value valid = map("Max", at_most, integer(0));
    lengths_ = map("Add", valid, integer(added));
  }
  /// Which of L tokens are valid, [N, L].
  Value valid(std::int64_t tokens) const {
    const Value places = numbers_from(0, tokens);
    return compare("Less", places, unsqueeze(*lengths_, {1}));
  }
  /// x [N, L, …] with 0 in place of padding.
  Value without_padding(const Value& x) const {
    std::vector<std::int64_t> axes(x.dims.size() - 2);
    std::iota(axes.begin(), axes.end(), 2);
    const Value mask = axes.empty() ? valid(x.dims[1]) : unsqueeze(valid(x.dims[1]), axes);
    return choose(mask, x, number(0));
  }

  /// Throws ArgumentError if a layer's output does not have these extents, the number of samples left out.
  ODOT_COLD void require(const Value& y, std::span<const std::size_t> extents) const {
    Dims expected(extents.begin(), extents.end());
    expected.insert(expected.begin(), y.dims.empty() ? any_number : y.dims.front());
    if (y.dims != expected)
      detail::refuse(path_, "to_onnx must give " + detail::text_of(expected) + ", found " + detail::text_of(y.dims));
  }

 private:
  ODOT_COLD Dims broadcast(const Dims& a, const Dims& b) const {
    Dims dims(std::max(a.size(), b.size()), 1);
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const auto extent = [&](const Dims& of) { return i < of.size() ? of[of.size() - 1 - i] : 1; };
      const std::int64_t one = extent(a), other = extent(b);
      if (one != other && one != 1 && other != 1)
        detail::refuse(path_, detail::text_of(a) + " and " + detail::text_of(b) + " can't be broadcast");
      dims[dims.size() - 1 - i] = one == 1 ? other : one;
    }
    return dims;
  }

  Model* model_;
  Graph* graph_;
  std::string path_;
  std::optional<Value> lengths_;
};

}  // namespace odot::io::onnx
