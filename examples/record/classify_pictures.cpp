// SPDX-License-Identifier: MIT
#include "classify_pictures.hpp"

#include "../program.hpp"

#include <odot/core/error.hpp>
#include <odot/core/number_text.hpp>
#include <odot/io/load_image.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace trainer {

namespace {

constexpr std::size_t most_classes = 5;

/// exp(y) / Σ exp(y): the same for log-probabilities and logits.
std::vector<double> probabilities(std::vector<double> outputs) {
  const double largest = *std::max_element(outputs.begin(), outputs.end());
  double sum = 0;
  for (double& y : outputs) sum += y = std::exp(y - largest);
  for (double& y : outputs) y /= sum;
  return outputs;
}

std::string name_of(const std::vector<std::string>& names, std::size_t label) {
  return label < names.size() ? names[label] : "class " + std::to_string(label);
}

/// Characters, not bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

odot::io::ReportTable classify(RunRecord& record, const std::string& path, const std::vector<double>& share,
                               const std::vector<std::string>& names) {
  std::vector<std::size_t> order(share.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return share[a] > share[b]; });
  order.resize((std::min)(order.size(), most_classes));
  std::size_t widest = 0;
  for (const std::size_t label : order) widest = (std::max)(widest, width_of(name_of(names, label)));
  odot::io::ReportTable table{path, {"class", "probability"}, {}};
  record.print("%s\n", path.c_str());
  for (const std::size_t label : order) {
    const std::string name = name_of(names, label), text = odot::number_text::fixed(100 * share[label], 2);
    record.print("  %s%*s  %6s %%\n", name.c_str(), static_cast<int>(widest - width_of(name)), "", text.c_str());
    table.rows.push_back({name, text + " %"});
  }
  return table;
}

}  // namespace

void say_error(RunRecord& record, const std::exception& error) {
  program::fail(program::failure, error.what());
  record.log(std::string("error: ") + error.what() + '\n');
}

PictureBytes read_for(const PictureFiles& files, const std::string& path, const ImageExtents& extents) {
  PictureBytes bytes(extents.channels * extents.height * extents.width);
  const odot::data::ImageOptions options{.inverted = files.inverted};
  odot::data::detail::put_image(odot::io::read_picture(path, options.read), extents.channels, extents.height,
                                extents.width, options, bytes.data());
  return bytes;
}

bool classify_pictures(RunRecord& record, const PictureFiles& files, const ImageExtents& extents,
                       const std::vector<std::string>& names,
                       const std::function<std::vector<double>(const PictureBytes&)>& outputs) {
  std::vector<odot::io::ReportTable> tables;
  bool all_read = true;
  for (const std::string& path : files.paths) {
    try {
      const PictureBytes bytes = read_for(files, path, extents);
      const std::vector<double> y = outputs(bytes);
      if (!std::all_of(y.begin(), y.end(), [](double v) { return v < INFINITY; }))
        throw odot::Error(path + ": the network's outputs are not finite; its training diverged");
      tables.push_back(classify(record, path, probabilities(y), names));
    } catch (const odot::Error& error) {
      program::flush_output();  // so that messages come in the pictures' order
      say_error(record, error);
      all_read = false;
    }
  }
  if (!tables.empty())
    record.add_section("Pictures", [tables](odot::io::Report& page) {
      for (const odot::io::ReportTable& table : tables) page.table(table);
    });
  return all_read;
}

}  // namespace trainer
