// SPDX-License-Identifier: MIT
// odot's side of compare.py: writes weights, samples and outputs of every model, or reads weights and samples and writes
// outputs.
//
// usage: exchange save|evaluate FOLDER [MODEL...]        without a model: all of them

#include "exchange.hpp"
#include "../program.hpp"

#include <string_view>

int main(int argc, char** argv) {
  return program::guarded([&] {
    const std::string_view what = argc >= 3 ? argv[1] : "";
    if (what != "save" && what != "evaluate")
      throw odot::ArgumentError("usage: exchange save|evaluate FOLDER [MODEL...]");
    std::vector<exchange::Model> models;
    exchange::add_short(models);
#ifndef EXCHANGE_SHORT
    exchange::add_attention_models(models);
    exchange::add_control_models(models);
    exchange::add_transformers(models);
    exchange::add_time_series(models);
#ifdef EXCHANGE_ONNX
    exchange::add_layers(models);
    exchange::add_examples(models);
#endif
#endif
    const std::span<char* const> wanted(argv + 3, static_cast<std::size_t>(argc - 3));
    for (const auto& model : models) {
      const auto is_named = [&](const char* name) { return model.name == name; };
      if (!wanted.empty() && std::ranges::none_of(wanted, is_named)) continue;
      const std::string stem = (std::filesystem::path(argv[2]) / (model.name + "." + model.type)).string();
      if (what == "save") model.save(stem);
      else model.evaluate(stem);
    }
    return 0;
  });
}
