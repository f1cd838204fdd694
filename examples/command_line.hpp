#pragma once
// SPDX-License-Identifier: MIT
// What the trainers' main functions share: from the command line to the exit code.

#include "options.hpp"
#include "program.hpp"

#include <odot/core/config.hpp>
#include <odot/core/error.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

namespace trainer {

inline void require_device(const std::string& device) {
  require(device == "cpu" || device == "gpu", "--device", "cpu or gpu", device);
}

/// Throws DeviceError: --device gpu in a trainer that has no part for it.
[[noreturn]] inline void throw_no_gpu() {
  throw odot::DeviceError(
      "--device gpu: this trainer was built without a GPU backend; configure with "
      "-DODOT_GPU=cuda (cmake --preset cuda)");
}

/// Whether help is asked for, whatever else the command line says.
inline bool asks_for_help(int argc, char** argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i)
    if (program::asks_for_help(argv[i])) return true;
  return false;
}

/// Parses the command line and calls `body`, which gives the exit code. What goes wrong is one line on standard error.
/// Returns the exit code: body's; 1 for what went wrong with data, training or output; 2 for a wrong command line.
template <class Body>
int run_program(CLI::App& app, int argc, char** argv, const Body& body) {
  app.set_version_flag("--version", std::string("odot ") + ODOT_VERSION_STRING);
  return program::guarded([&] {
    if (asks_for_help(argc, argv)) {
      if (app.get_name().empty()) app.name(argv[0]);
      std::cout << app.help();
      return 0;
    }
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& done) {
      return app.exit(done);
    } catch (const CLI::ParseError& error) {
      return program::fail(program::wrong_command_line, std::string(error.what()) + "; see --help");
    }
    if (!odot::optimized_build)
      std::fprintf(stderr, "warning: built without optimisation; expect it to be very slow\n");
    return body();
  });
}

}  // namespace trainer
