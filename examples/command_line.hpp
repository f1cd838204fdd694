#pragma once
// SPDX-License-Identifier: MIT
// What the trainers' main functions share: from the command line to the exit code.

#include <odot/core/config.hpp>
#include <odot/core/error.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace trainer {

/// Throws ArgumentError unless an option's value is good.
inline void require(bool good, const char* option, const std::string& rule, const std::string& found) {
  if (!good) throw odot::ArgumentError(std::string(option) + ": expected " + rule + ", found " + found);
}

inline void require_device(const std::string& device) {
  require(device == "cpu" || device == "gpu", "--device", "cpu or gpu", device);
}

/// Throws DeviceError: --device gpu in a trainer that has no part for it.
[[noreturn]] inline void throw_no_gpu() {
  throw odot::DeviceError(
      "--device gpu: this trainer was built without a GPU backend; configure with "
      "-DODOT_GPU=cuda (cmake --preset cuda)");
}

/// Parses the command line and calls `body`, which gives the exit code. What goes wrong is one line on standard error.
/// Returns the exit code: body's; 1 for what went wrong with data or training; 2 for a wrong command line.
template <class Body>
int run_program(CLI::App& app, int argc, char** argv, const Body& body) {
  app.set_version_flag("--version", std::string("odot ") + ODOT_VERSION_STRING);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "error: %s; see --help\n", error.what());
    return 2;
  }
  if (!odot::optimized_build) std::fprintf(stderr, "warning: built without optimisation; expect it to be very slow\n");
  try {
    return body();
  } catch (const odot::ArgumentError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

}  // namespace trainer
