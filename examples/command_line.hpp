#pragma once
// SPDX-License-Identifier: MIT
// What the programs' main functions share: options parsed, errors told in one line, exit codes.

#include <odot/core/config.hpp>
#include <odot/core/error.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

/// Parses the command line and calls `body`, which returns the exit code. 1: something went wrong with data, files or the
/// device; 2: a wrong command line, which is what ArgumentError says.
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
