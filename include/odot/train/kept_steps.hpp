#pragma once
// SPDX-License-Identifier: MIT
// KeptSteps: one snapshot of a training's network and optimizer.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/optim/optimizer_contract.hpp"

namespace odot::detail {

/// What a training's steps pass on from one to the next.
struct KeptSteps {
  Snapshot network, optimizer;
  std::string architecture;  ///< in words: nn::description
  Seed seed{0};              ///< the network's
  std::uint64_t step = 0;    ///< the network's
};

/// The parts as one snapshot: "network.…", "optimizer.…".
ODOT_COLD ODOT_FUNCTION Snapshot joined(KeptSteps parts);

/// The parts of a snapshot, from `joined`.
/// Errors  ArgumentError: another architecture, a missing fact
ODOT_COLD ODOT_FUNCTION KeptSteps parts_of(const Snapshot& kept, const std::string& architecture);

[[noreturn]] ODOT_COLD ODOT_FUNCTION void refuse_to_keep();

/// Network and optimizer in one snapshot. Instantiated for the network's state, so that models share it.
template <DeviceType Device, class Scalar, class Optimizer>
ODOT_COLD Snapshot kept_steps(const NetworkState<Device, Scalar>& network, const Optimizer& optimizer,
                              std::string architecture, Seed seed) {
  if constexpr (optim::KeptOptimizerOf<Optimizer, NetworkState<Device, Scalar>>)
    return joined({network.snapshot(), optimizer.snapshot(network), std::move(architecture), seed, network.step()});
  else refuse_to_keep();
}

/// Takes them over; returns the network's seed.
/// Errors  ArgumentError: what does not fit. Then nothing has changed
template <DeviceType Device, class Scalar, class Optimizer>
ODOT_COLD Seed restore_steps(NetworkState<Device, Scalar>& network, Optimizer& optimizer, const Snapshot& kept,
                             const std::string& architecture) {
  if constexpr (optim::KeptOptimizerOf<Optimizer, NetworkState<Device, Scalar>>) {
    const KeptSteps parts = parts_of(kept, architecture);
    const Snapshot before = network.snapshot();
    network.restore(parts.network);
    try {
      optimizer.restore(parts.optimizer, network);
    } catch (...) {
      network.restore(before);
      throw;
    }
    network.set_step(parts.step);
    return parts.seed;
  } else {
    refuse_to_keep();
  }
}

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
