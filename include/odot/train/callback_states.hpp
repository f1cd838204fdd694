#pragma once
// SPDX-License-Identifier: MIT
// The states of a training's callbacks in one snapshot: "callbacks.KeepBest.epoch", and "callbacks.KeepBest-2.epoch"
// for a second KeepBest.

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/events/callback.hpp"

namespace odot::detail {

/// Adds the states of all callbacks that have one.
/// Errors  ArgumentError: a state without the fact "callback", or with one that has not only letters and digits
ODOT_COLD ODOT_FUNCTION void add_states(std::span<Callback* const> callbacks, Snapshot& kept);

/// Gives every callback its state, if the snapshot has one.
/// Errors  as add_states, and what restore_state throws
ODOT_COLD ODOT_FUNCTION void restore_states(std::span<Callback* const> callbacks, const Snapshot& kept);

#if ODOT_DEFINITIONS

/// The prefixes of callbacks' states, in the callbacks' order.
class StatePrefixes {
 public:
  /// The prefix for this state; empty if the callback has none.
  std::string next(const Snapshot& state) {
    if (state.arrays().empty() && state.facts().empty()) return {};
    const std::string kind = state.text("callback").value_or("");
    const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    if (kind.empty() || !std::all_of(kind.begin(), kind.end(), fits))
      throw ArgumentError(
          "odot::Callback::state: expected the fact \"callback\", a kind in letters and digits, found " +
          (kind.empty() ? "none" : "\"" + shown_name(kind) + "\""));
    const std::size_t number = ++known_[kind];
    return "callbacks." + kind + (number > 1 ? "-" + std::to_string(number) : "") + ".";
  }

 private:
  std::map<std::string, std::size_t> known_;
};

ODOT_FUNCTION void add_states(std::span<Callback* const> callbacks, Snapshot& kept) {
  StatePrefixes prefixes;
  for (const Callback* callback : callbacks) {
    Snapshot state = callback->state();
    if (const std::string prefix = prefixes.next(state); !prefix.empty()) kept.merge(std::move(state), prefix);
  }
}

ODOT_FUNCTION void restore_states(std::span<Callback* const> callbacks, const Snapshot& kept) {
  StatePrefixes prefixes;
  for (Callback* callback : callbacks) {
    const std::string prefix = prefixes.next(callback->state());
    if (prefix.empty()) continue;
    if (const Snapshot state = kept.part(prefix); state.text("callback")) callback->restore_state(state);
  }
}

#endif

}  // namespace odot::detail
