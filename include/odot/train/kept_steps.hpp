#pragma once
// SPDX-License-Identifier: MIT
// KeptSteps: the snapshots of a training's network and optimizer in one.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/nn/snapshot.hpp"

namespace odot::detail {

/// What the steps of a training hold from one to the next.
struct KeptSteps {
  Snapshot network, optimizer;
  std::string architecture;  ///< in words: nn::description
  Seed seed{0};              ///< the network's
  std::uint64_t step = 0;    ///< the network's
};

/// In a snapshot: "network.…", "optimizer.…".
ODOT_COLD ODOT_FUNCTION Snapshot joined(KeptSteps parts);

/// The other way round.
/// Errors  ArgumentError: another architecture, a fact that is not there
ODOT_COLD ODOT_FUNCTION KeptSteps parts_of(const Snapshot& kept, const std::string& architecture);

[[noreturn]] ODOT_COLD ODOT_FUNCTION void refuse_to_keep();

#if ODOT_DEFINITIONS

ODOT_FUNCTION Snapshot joined(KeptSteps parts) {
  Snapshot kept;
  kept.merge(std::move(parts.network), "network.");
  kept.merge(std::move(parts.optimizer), "optimizer.");
  kept.set_fact("network.architecture", std::move(parts.architecture));
  kept.set_fact("network.seed", parts.seed.value);
  kept.set_fact("network.step", parts.step);
  return kept;
}

ODOT_FUNCTION KeptSteps parts_of(const Snapshot& kept, const std::string& architecture) {
  KeptSteps parts{kept.part("network."), kept.part("optimizer."), architecture, Seed{0}, 0};
  const std::string found = parts.network.required_text("architecture");
  if (found != architecture)
    throw ArgumentError("odot::fit: the training can't be resumed: expected a network of " + architecture +
                        ", found one of " + shown_name(found, 4000));
  parts.seed = Seed{parts.network.required_count("seed")};
  parts.step = parts.network.required_count("step");
  return parts;
}

ODOT_FUNCTION void refuse_to_keep() {
  throw ArgumentError(
      "odot::fit: this optimizer can't be kept, so the training can't be resumed; give it snapshot and restore, as "
      "odot/optim/optimizer_contract.hpp says");
}

#endif

}  // namespace odot::detail
