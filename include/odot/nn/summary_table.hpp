#pragma once
// SPDX-License-Identifier: MIT
// ModelSummary: a model's layers with their shapes, parameters, memory and work, as numbers and as a table.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/nn/layer.hpp"

namespace odot {

/// One layer. A layer with parts has the sum of its parts, and what it does itself.
struct LayerSummary {
  std::string kind = {};                       ///< its description's name: "Linear"
  std::string name = {};                       ///< in the paths of parameters: "0", "conv"; empty: its level is omitted
  std::size_t depth = 0;                       ///< 0: the model itself
  std::vector<std::size_t> output_shape = {};  ///< of a sample
  std::size_t parameters = 0, frozen = 0, buffers = 0;  ///< elements; frozen: of the parameters
  std::size_t training_bytes = 0;    ///< per sample: what a training forward leaves for backward, the output included
  std::size_t evaluation_bytes = 0;  ///< per sample: what predict needs at once, the output included
  std::uint64_t flop = nn::unknown_flop;  ///< per sample, of predict (nn::Layer::flop)
};

/// The model and its layers, nested parts after what they are in.
struct ModelSummary {
  std::vector<LayerSummary> layers = {};
  std::vector<std::size_t> input_shape = {};
  std::size_t input_bytes = 0;       ///< per sample
  std::size_t bytes_per_number = 4;  ///< of parameters and buffers
  std::size_t training_bytes = 0;    ///< per sample: Network::training_memory_per_sample, gradients included

  const LayerSummary& total() const { return layers.front(); }

  /// The table, each line with its end.
  std::string text() const;
};

template <class Char, class Traits>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out, const ModelSummary& summary) {
  return out << summary.text();
}

#if ODOT_DEFINITIONS

namespace detail {

/// "33,084"
ODOT_COLD inline std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}
ODOT_COLD inline std::string flop_text(std::uint64_t flop) { return flop == nn::unknown_flop ? "–" : grouped(flop); }

ODOT_COLD inline std::string batch_shape(const std::vector<std::size_t>& shape) {
  std::string text = "[N";
  for (const std::size_t extent : shape) text += ", " + std::to_string(extent);
  return text + "]";
}

/// The characters that a text takes on a line: those of "–" are one.
ODOT_COLD inline std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Rows of cells in aligned columns; the first two begin at the left, the others end at the right.
ODOT_COLD inline std::string aligned_rows(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = (std::max)(widths[i], shown_width(row[i]));
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - shown_width(row[i]), ' ');
      if (i > 0) line += "  ";
      if (i >= 2) line += blanks;
      line += row[i];
      if (i < 2) line += blanks;
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

}  // namespace detail

ODOT_FUNCTION std::string ModelSummary::text() const {
  using detail::grouped;
  std::vector<std::vector<std::string>> rows{{"layer", "output", "parameters", "training B", "evaluation B", "FLOP"}};
  std::size_t silent = 0;  // layers without parts that do not say their FLOP
  std::uint64_t known = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerSummary& layer = layers[i];
    const bool has_parts = i + 1 < layers.size() && layers[i + 1].depth > layer.depth;
    if (!has_parts && layer.flop == nn::unknown_flop) ++silent;
    else if (!has_parts) known += layer.flop;
    rows.push_back({std::string(2 * layer.depth, ' ') + layer.name + (layer.name.empty() ? "" : " ") + layer.kind,
                    detail::batch_shape(layer.output_shape), grouped(layer.parameters), grouped(layer.training_bytes),
                    grouped(layer.evaluation_bytes), detail::flop_text(layer.flop)});
  }
  const std::string table = detail::aligned_rows(rows),
                    rule(detail::shown_width(table.substr(0, table.find('\n'))), '-');
  const LayerSummary& all = total();
  std::string text = table.substr(0, table.find('\n') + 1) + rule + table.substr(table.find('\n')) + rule + '\n';
  const auto add = [&text](const auto&... parts) { ((text += parts), ...); };
  add("input ", detail::batch_shape(input_shape), ", ", grouped(input_bytes), " bytes per sample\nparameters ",
      grouped(all.parameters), ": ", grouped(all.parameters - all.frozen), " trainable, ", grouped(all.frozen),
      " frozen; ", grouped(all.parameters * bytes_per_number), " bytes");
  if (all.buffers > 0) add("; buffers ", grouped(all.buffers));
  add("\nmemory per sample: training ", grouped(training_bytes),
      " bytes with the gradients between layers, evaluation ", grouped(all.evaluation_bytes),
      " bytes\nFLOP per sample, forward; a multiply-add is 2: ");
  if (all.flop != nn::unknown_flop) add(grouped(all.flop));
  else add("at least ", grouped(known), "; ", grouped(silent), " layer(s) do not say (–)");
  return text + '\n';
}

#endif

}  // namespace odot
