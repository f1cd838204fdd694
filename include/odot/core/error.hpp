#pragma once
// SPDX-License-Identifier: MIT
// The exceptions that odot throws. Every message says what failed, where, what was expected and found, and what to do.
// Errors are reported in no other way: odot is compiled with exceptions. A program without exceptions keeps odot in
// separate files.

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "odot/core/config.hpp"

namespace odot {

/// Base of everything odot throws.
struct ODOT_SHARED Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An argument of a call is out of its range: sizes, names, options.
struct ODOT_SHARED ArgumentError : Error {
  using Error::Error;
};

/// A loss, gradient or parameter is NaN or infinite; the message names the layer.
struct ODOT_SHARED NonFiniteError : Error {
  using Error::Error;
};

/// The GPU or its driver is missing, too old, out of memory or reports an error.
struct ODOT_SHARED DeviceError : Error {
  using Error::Error;
};

/// A file can't be opened, read or written.
struct ODOT_SHARED FileError : Error {
  ODOT_COLD FileError(std::string file, const std::string& what) : Error(file + ": " + what), path(std::move(file)) {}
  std::string path;
};

/// A file's content breaks its format: path, byte offset, what was expected and what was found.
struct ODOT_SHARED FormatError : FileError {
  ODOT_COLD FormatError(std::string file, std::uint64_t at, const std::string& expected, const std::string& found)
      : FileError(std::move(file), "at byte " + std::to_string(at) + ": expected " + expected + ", found " + found),
        offset(at) {}
  std::uint64_t offset;  ///< bytes from the start of the (uncompressed) content
};

/// A text file's content breaks its format: path:line:column, what was expected and what was found.
struct ODOT_SHARED TextFormatError : FileError {
  ODOT_COLD TextFormatError(const std::string& file, std::size_t at_line, std::size_t at_column,
                            const std::string& expected, const std::string& found)
      : FileError(file + ":" + std::to_string(at_line) + ":" + std::to_string(at_column),
                  "expected " + expected + ", found " + found),
        line(at_line), column(at_column) {
    path = file;
  }
  std::size_t line, column;  ///< counted from 1; columns in bytes
};

}  // namespace odot
