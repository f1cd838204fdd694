#pragma once
// SPDX-License-Identifier: MIT
// A trainer's TensorBoard: the library's curves and histograms, the learning rate, the run's settings.

#include "board_files.hpp"

#include <odot/io/tensorboard.hpp>
#include <odot/nn/network_state.hpp>
#include <odot/train/fit_options.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace trainer {

/// What a run shows besides what the library does. `schedule`: the factor of the learning rate in a step, counted from 0.
inline odot::io::TensorBoardOptions board_options(const BoardFiles& files,
                                                  const std::function<double(std::size_t)>& schedule) {
  odot::io::TensorBoardOptions options;
  for (const auto& [name, setting] : files.settings)
    std::visit(
        [&]<class T>(const T& value) {
          if constexpr (std::is_same_v<T, std::string>) options.hyperparameters.push_back({name, value});
          else if constexpr (std::is_same_v<T, bool>)
            options.hyperparameters.push_back({name, std::string(value ? "yes" : "no")});
          else options.hyperparameters.push_back({name, static_cast<double>(value)});
        },
        setting);
  if (files.learning_rate > 0)
    options.batch_scalars.push_back({"learning_rate", [rate = files.learning_rate, schedule](const auto& e) {
                                       return rate * (schedule ? schedule(e.step - 1) : 1.0);
                                     }});
  return options;
}

/// The callback of a run; a callback that does nothing where the run has no folder for it.
class Board {
 public:
  template <odot::DeviceType Device, class Scalar>
  Board(const BoardFiles& files, const odot::NetworkState<Device, Scalar>& network,
        const std::function<double(std::size_t)>& schedule,
        std::function<std::vector<odot::io::EventPicture>()> pictures = {}) {
    if (files.folder.empty()) return;
    odot::io::TensorBoardOptions options = board_options(files, schedule);
    options.pictures = std::move(pictures);
    board_.emplace(files.folder, network, std::move(options));
  }

  odot::Callback& callback() { return board_ ? static_cast<odot::Callback&>(*board_) : none_; }

 private:
  std::optional<odot::io::TensorBoard> board_;
  odot::Callback none_;
};

}  // namespace trainer
