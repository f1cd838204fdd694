#pragma once
// SPDX-License-Identifier: MIT
// Text files of the tests' own.

#include <filesystem>
#include <string>

#include "data/temporary_folder.hpp"

namespace odot::test {

inline std::filesystem::path write_text(const TemporaryFolder& folder, const std::string& name,
                                        const std::string& text) {
  return folder.write(name, Bytes(text.begin(), text.end()));
}

}  // namespace odot::test
