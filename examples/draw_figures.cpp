// SPDX-License-Identifier: MIT
// Draws the figures of "Element-Wise Attention Layers" from saved weights: the heads' arrays and relevance for an image,
// what the layers make of it step by step, and the curves of the training.

#include "command_line.hpp"
#include "map_sheet.hpp"

#include <odot/io.hpp>
#include <odot/odot.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

using namespace odot;

namespace {

struct Options {
  std::string weights = {}, data = {}, run = {}, out = {};
  long long sample = 0, heads = 4;
};

/// What the titles say.
std::string title_of(const Snapshot& weights) {
  const std::string model = weights.text("model").value_or("?"), set = weights.text("dataset").value_or("?");
  return "model " + model + ", " + set;
}

template <ShapeType Image>
figures::Insides insides_of(const Snapshot& weights, const figures::Maps& image) {
  const Snapshot::Array* arrays = weights.find("0.heads.weight_x");
  if (!arrays) return figures::control_insides<Image>(weights, image);
  const std::string model = weights.text("model").value_or("");
  if (model.find("scaled") != std::string::npos)
    throw ArgumentError("--weights: expected a model without the scaled norm, whose steps are not drawn; found " +
                        model);
  const bool skip = model != "no-skip";
  switch (arrays->shape.at(0)) {
    case 8:
      return figures::attention_insides<Image, 8>(weights, image, skip);
    case 1:
      if constexpr (Image::extents[0] == 1) return figures::attention_insides<Image, 1>(weights, image, skip);
      break;
    case 16:
      if constexpr (Image::extents[0] == 1) return figures::attention_insides<Image, 16>(weights, image, skip);
      break;
  }
  throw ArgumentError("--weights: expected a model of the paper: 8 heads, or 1 or 16 for Fashion-MNIST; found " +
                      arrays->description());
}

/// A sheet with its labels, and a picture without them with its legend, for pages.
void write(const std::string& folder, const std::string& name, const figures::MapSheet& sheet) {
  const std::filesystem::path path = folder;
  io::write_file(path / (name + ".svg"), sheet.document());
  io::write_file(path / (name + ".png"), io::encode_png(sheet.picture()));
  io::write_file(path / (name + ".txt"), sheet.legend() + "\n");
}

void draw_heads(const Options& options, const std::string& title, const std::string& image_name,
                const figures::Maps& image, const figures::Insides& insides) {
  for (std::size_t layer = 0; layer < insides.each.size(); ++layer) {
    const auto& heads = insides.each[layer];
    const std::size_t shown = (std::min)(static_cast<std::size_t>(options.heads), heads.size());
    figures::MapSheet sheet(title + ": heads of layer " + std::to_string(layer + 1),
                            "X: " + (layer == 0 ? image_name : "output of layer " + std::to_string(layer)) + "; " +
                                std::to_string(shown) + " of " + std::to_string(heads.size()) +
                                (heads.size() == 1 ? " head" : " heads") + "; blue is negative, red positive");
    for (std::size_t h = 0; h < shown; ++h) {
      sheet.begin_row("head " + std::to_string(h + 1));
      sheet.add("X", layer == 0 ? image : insides.layers[layer - 1].back().maps, 1);
      for (const figures::Step& step : heads[h]) sheet.add(step.name, step.maps, 1);
    }
    write(options.out, "heads-" + std::to_string(layer + 1), sheet);
  }
}

void draw_layers(const Options& options, const std::string& title, const std::string& image_name,
                 const figures::Maps& image, const figures::Insides& insides) {
  constexpr std::size_t most = 16;  // maps of a step
  figures::MapSheet sheet(title + ": layer by layer", image_name + "; blue is negative, red positive");
  sheet.begin_row("image");
  sheet.add("X", image, 4);
  for (std::size_t layer = 0; layer < insides.layers.size(); ++layer) {
    sheet.begin_row("layer " + std::to_string(layer + 1));
    for (const figures::Step& step : insides.layers[layer]) {
      const std::size_t all = step.maps.count;
      const std::string count = all > most ? ", " + std::to_string(most) + " of " + std::to_string(all) + " maps"
                                : all > 1  ? ", " + std::to_string(all) + " maps"
                                           : "";
      sheet.add(step.name + count, step.maps.first(most), all > 4 ? 4 : all);
    }
  }
  write(options.out, "layers", sheet);
}

/// Loss and first-layer gradient by iteration, accuracy by epoch, from a run's tables.
void draw_curves(const Options& options, const std::string& title) {
  const std::filesystem::path run = options.run;
  const auto points = [](const data::Table& table, const char* x, const char* y) {
    std::vector<std::pair<double, double>> all;
    const std::size_t column_x = table.column(x), column_y = table.column(y);
    for (std::size_t r = 0; r < table.rows(); ++r) all.emplace_back(table.row(r)[column_x], table.row(r)[column_y]);
    return all;
  };
  const data::Table batches = data::read_csv(run / "batches.csv", {.only_finite = false}),
                    epochs = data::read_csv(run / "epochs.csv", {.only_finite = false});
  io::LineChart loss(title + ": loss", "iteration"), gradient("gradient of the first layer, average", "iteration"),
      accuracy("accuracy, %", "epoch");
  loss.add("loss", points(batches, "step", "loss"));
  gradient.add("gradient", points(batches, "step", "gradient_average"));
  accuracy.add("training", points(epochs, "epoch", "train_accuracy"), true);
  accuracy.add("test", points(epochs, "epoch", "test_accuracy"), true);
  io::write_file(std::filesystem::path(options.out) / "curves.svg",
                 io::LineChart::document({loss, gradient, accuracy}));
}

template <ShapeType Image>
void draw(const Options& options, const Snapshot& weights, const char* set,
          data::Split<data::Dataset<Image>> (*load)(const std::filesystem::path&)) {
  const auto test = (options.data == "synthetic" ? data::synthetic<Image>(Seed{1})
                     : options.data.empty()      ? load(data::find(set))
                                                 : load(data::find(set, options.data)))
                        .test;
  const auto number = static_cast<std::size_t>(options.sample);
  trainer::require(number < test.size(), "--sample", "0 to " + std::to_string(test.size() - 1), std::to_string(number));
  figures::Maps image{Image::extents[0], Image::extents[1], Image::extents[2], {}};
  for (const std::uint8_t value : test.sample(number)) image.values.push_back(static_cast<float>(value) / 255);
  const auto label = static_cast<std::size_t>(test.targets[number]);
  const std::string name =
      "test image " + std::to_string(number) + (label < test.classes.size() ? " (" + test.classes[label] + ")" : "");
  const figures::Insides insides = insides_of<Image>(weights, image);
  const std::string title = title_of(weights);
  draw_heads(options, title, name, image, insides);
  draw_layers(options, title, name, image, insides);
  if (!options.run.empty()) draw_curves(options, title);
  std::printf("result model=%s layers=%zu heads=%zu sample=%zu\n", weights.text("model").value_or("?").c_str(),
              insides.layers.size(), insides.heads, number);
}

/// Whether the weights are of a model for CIFAR-10's images.
bool for_cifar10(const Snapshot& weights) {
  const Snapshot::Array* array = weights.find("0.heads.weight_x");
  if (!array) array = weights.find("0.weight");
  if (!array || array->shape.size() != 4)
    throw ArgumentError(
        "--weights: expected a model of fashion_mnist or cifar10, found neither 0.heads.weight_x nor "
        "0.weight of a convolution");
  return array->shape[1] == 3;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Draws the figures of \"Element-Wise Attention Layers\" from the weights that fashion_mnist or cifar10 saved");
  trainer::add_file(app, "--weights", options.weights, "What the trainer's --save wrote")->required();
  trainer::add_folder(
      app, "--out", options.out,
      "Folder for heads-1.svg, … (a layer each), layers.svg and curves.svg; the first two as PNG too, without labels")
      ->required();
  trainer::add_folder(app, "--run", options.run, "The training's --out, for its curves");
  trainer::add_folder(app, "--data", options.data, trainer::data_help);
  trainer::add_number(app, "--sample", options.sample, {0, 1'000'000'000}, "Number of the test image");
  trainer::add_number(app, "--heads", options.heads, {1, 16}, "How many heads of a layer to show");
  return trainer::run_program(app, argc, argv, [&] {
    const Snapshot weights = io::read_safetensors(options.weights);
    io::create_folder(options.out);
    if (for_cifar10(weights)) draw<models::Cifar10Image>(options, weights, "cifar-10-batches-bin", data::load_cifar10);
    else draw<models::FashionMnistImage>(options, weights, "fashion-mnist", data::load_fashion_mnist);
    return 0;
  });
}
