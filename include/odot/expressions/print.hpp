#pragma once
// SPDX-License-Identifier: MIT
// Tensors, batches and expressions as text, in numpy's manner.

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/number_text.hpp"
#include "odot/expressions/tensors.hpp"

namespace odot {

namespace expressions::detail {

/// Elements [extents…] in brackets, columns aligned; of more than 1,000, the first and last three indices of long axes.
class Printer {
 public:
  template <class T>
  Printer(std::vector<std::size_t> extents, const std::vector<T>& values) : extents_(std::move(extents)) {
    constexpr std::size_t most_printed = 1000;
    shortened_ = values.size() > most_printed;
    texts_.resize(values.size());
    visit(0, 0, [&](std::size_t i) {
      if constexpr (std::is_integral_v<T>) texts_[i] = std::to_string(values[i]);
      else texts_[i] = number_text::general(static_cast<double>(values[i]), 8);
      width_ = (std::max)(width_, texts_[i].size());
    });
  }

  void print(std::ostream& out) const { print(out, 0, 0); }

 private:
  static constexpr std::size_t ends = 3;

  bool is_left_out(std::size_t axis, std::size_t index) const {
    return shortened_ && extents_[axis] > 2 * ends && index >= ends && index + ends < extents_[axis];
  }
  std::size_t step(std::size_t axis) const {
    std::size_t product = 1;
    for (std::size_t later = axis + 1; later < extents_.size(); ++later) product *= extents_[later];
    return product;
  }

  template <class Body>
  void visit(std::size_t axis, std::size_t offset, const Body& body) const {
    if (axis == extents_.size()) return body(offset);
    for (std::size_t i = 0; i < extents_[axis]; ++i)
      if (!is_left_out(axis, i)) visit(axis + 1, offset + i * step(axis), body);
  }

  void print(std::ostream& out, std::size_t axis, std::size_t offset) const {
    if (axis == extents_.size()) {
      out << std::string(width_ - texts_[offset].size(), ' ') << texts_[offset];
      return;
    }
    const bool innermost = axis + 1 == extents_.size();
    const std::string next =
        innermost ? " " : std::string(extents_.size() - axis - 1, '\n') + std::string(axis + 1, ' ');
    out << '[';
    for (std::size_t i = 0; i < extents_[axis]; ++i) {
      if (is_left_out(axis, i)) {
        if (i == ends) out << next << "...";
        continue;
      }
      if (i > 0) out << next;
      print(out, axis + 1, offset + i * step(axis));
    }
    out << ']';
  }

  std::vector<std::size_t> extents_;
  std::vector<std::string> texts_;
  std::size_t width_ = 0;
  bool shortened_ = false;
};

}  // namespace expressions::detail

/// [[1 2] [3 4]] in lines; the batch is the first axis. Evaluates an expression; copies to the host.
template <expressions::Operand A>
std::ostream& operator<<(std::ostream& out, const A& a) {
  using Node = expressions::NodeOf<A>;
  using S = typename Node::scalar;
  expressions::detail::with_elements(a, [&](const auto& from) {
    std::vector<S> host(from.size());
    if (!host.empty()) Node::device::copy_to_host(host.data(), from.data(), host.size() * sizeof(S));
    std::vector<std::size_t> extents(Node::shape::extents.begin(), Node::shape::extents.end());
    if constexpr (Node::batched) extents.insert(extents.begin(), from.samples());
    expressions::detail::Printer(extents, host).print(out);
  });
  return out;
}

}  // namespace odot
