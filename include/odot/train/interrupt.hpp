#pragma once
// SPDX-License-Identifier: MIT
// Interrupt: Ctrl-C as a wish to stop, not as an end.

#include <csignal>

namespace odot {

/// While it lives, the first SIGINT or SIGTERM sets requested(); a second one acts as if it had not been there.
///     Interrupt interrupt;
///     fit(…, {.should_stop = [&] { return interrupt.requested(); }});
/// One at a time in a program.
class Interrupt {
 public:
  Interrupt() : previous_int_(std::signal(SIGINT, handle)), previous_term_(std::signal(SIGTERM, handle)) {
    received = 0;
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    std::signal(SIGINT, previous_int_);
    std::signal(SIGTERM, previous_term_);
  }

  bool requested() const { return received != 0; }
  /// The signal that came, 0 for none.
  int signal() const { return received; }

 private:
  static void handle(int number) {
    received = number;
    std::signal(number, SIG_DFL);
  }

  static inline volatile std::sig_atomic_t received = 0;
  void (*previous_int_)(int);
  void (*previous_term_)(int);
};

}  // namespace odot
