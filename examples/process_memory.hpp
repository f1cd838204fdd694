#pragma once
// SPDX-License-Identifier: MIT
// What memory the program holds, as Linux counts it.

#include <cstddef>
#include <fstream>
#include <optional>
#include <string>

namespace process_memory {

/// Forgets the peak so far. It stays where the system does not let it be forgotten.
inline void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Most bytes of physical memory that the program has held since then; none where the system does not tell.
inline std::optional<std::size_t> peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (std::size_t kibibytes = 0; word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  return std::nullopt;
}

}  // namespace process_memory
