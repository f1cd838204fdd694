#pragma once
// SPDX-License-Identifier: MIT
// FitOptions: what fit is told besides network, optimizer, loss, sets and callbacks.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/optim/schedule.hpp"

namespace odot {

struct FitOptions {
  std::size_t epochs = 10;
  std::size_t batch_size = 128;             ///< in samples; the last batch of an epoch may be smaller
  std::size_t micro_batch_size = 0;         ///< samples of a batch that pass at once; 0: as the network likes best
  Seed seed{1};                             ///< for the order of the samples
  optim::schedule::Schedule schedule = {};  ///< factor on the learning rate by step; empty: constant
  std::function<bool()> should_stop = {};   ///< called after every batch; true ends the training there
  std::string test_name = "test";           ///< what to call the second set in output, such as "validation"
  std::optional<Snapshot> resume = {};     ///< of TrainingPosition: continue from there; none: start from the beginning
  bool resume_with_other_options = false;  ///< .resume even if options of model, loss, optimizer … differ
};

}  // namespace odot
