#pragma once
// SPDX-License-Identifier: MIT
// What every program here does around its own work, from checking the standard streams to the exit code.

#include <odot/core/error.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace program {

/// Exit codes: data, files, a training that diverged, output that could not be written; a wrong command line.
inline constexpr int failure = 1, wrong_command_line = 2;

/// Writes the message as one line to standard error; returns the exit code.
inline int fail(int code, std::string message) {
  for (char& c : message)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return code;
}

/// Throws odot::Error unless standard output has accepted everything so far: so a full disk or a closed pipe is noticed
/// before hours of work, not after.
inline void flush_output() {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && !std::ferror(stdout) && std::cout.good()) return;
  const std::string reason = errno != 0 ? std::strerror(errno) : "an earlier write failed";
  throw odot::Error("standard output can't be written: " + reason);
}

/// Opens standard streams that were closed on /dev/null. Otherwise the next file that the program opens would take
/// their place.
/// Errors  Error: there is no standard output
inline void open_standard_streams() {
#if __has_include(<unistd.h>)
  bool has_output = true;
  for (const int stream : {0, 1, 2})
    if (fcntl(stream, F_GETFD) < 0) {
      has_output = has_output && stream != 1;
      if (open("/dev/null", stream == 0 ? O_RDONLY : O_WRONLY) < 0) return;  // takes the lowest number that is free
    }
  if (!has_output) throw odot::Error("standard output is closed; the result would be lost");
#endif
}

/// Makes a write beyond the limit on file sizes fail, as on a full disk, instead of ending the program.
inline void let_writes_fail() {
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);
#endif
}

/// Calls body, which returns the exit code. An error becomes one line on standard error.
/// Returns body's exit code if its output has been written, else 1; 2 for an ArgumentError.
template <class Body>
int guarded(const Body& body) {
  try {
    open_standard_streams();
    let_writes_fail();
    const int code = body();
    flush_output();
    return code;
  } catch (const odot::ArgumentError& error) {
    return fail(wrong_command_line, error.what());
  } catch (const std::exception& error) {
    return fail(failure, error.what());
  }
}

inline bool asks_for_help(std::string_view argument) { return argument == "--help" || argument == "-h"; }

/// The main function of a program without options. `about` is what --help says. If body takes a bool, the program has
/// the option --quick: little of everything, in seconds, which is how CTest runs it.
template <class Body>
int run(int argc, char** argv, const char* about, const Body& body) {
  constexpr bool may_be_quick = requires { body(true); };
  return guarded([&] {
    bool quick = false;
    for (int i = 1; i < argc; ++i)
      if (asks_for_help(argv[i])) {
        std::printf("%s\n\nusage: %s %s\n", about, argv[0],
                    may_be_quick ? "[--quick]     --quick: on a few built-in samples, in seconds"
                                 : "       (there are no options)");
        return 0;
      }
    for (int i = 1; i < argc; ++i) {
      if (!may_be_quick || quick || std::string_view(argv[i]) != "--quick")
        throw odot::ArgumentError(std::string("expected ") + (may_be_quick ? "--quick or nothing" : "no arguments") +
                                  ", found " + argv[i] + "; see --help");
      quick = true;
    }
    if constexpr (may_be_quick) return body(quick);
    else return body();
  });
}

}  // namespace program
