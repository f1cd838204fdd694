// SPDX-License-Identifier: MIT
// odot's side of compare.py: writes weights, samples and outputs of every model, or reads such files and compares.
//
// usage: exchange save|check FOLDER

#include "exchange.hpp"
#include "../program.hpp"

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  return program::guarded([&] {
    const std::string_view what = argc == 3 ? argv[1] : "";
    if (what != "save" && what != "check") throw odot::ArgumentError("usage: exchange save|check FOLDER");
    std::vector<exchange::Model> models;
    exchange::add_attention_models(models);
    exchange::add_control_models(models);
    exchange::add_transformers(models);
    exchange::add_time_series(models);
    for (const auto& model : models) {
      const std::string stem = (std::filesystem::path(argv[2]) / (model.name + "." + model.type)).string();
      if (what == "save") model.save(stem);
      else
        std::printf("%s %s %s\n", model.name.c_str(), model.type.c_str(),
                    odot::number_text::scientific(model.check(stem), 2).c_str());
    }
    return 0;
  });
}
