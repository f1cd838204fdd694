#pragma once
// SPDX-License-Identifier: MIT
// SignalAction: what a program does on a signal; it can be read, kept and restored.

#include <array>
#include <csignal>
#include <cstddef>

namespace odot {

namespace detail {

#ifdef SA_SIGINFO

/// All that happens on a signal: handler, flags and mask.
struct SignalAction {
  using Info = ::siginfo_t;
  using Handler = void (*)(int, Info*, void*);

  static SignalAction current(int number) {
    SignalAction found;
    ::sigaction(number, nullptr, &found.action_);
    return found;
  }
  /// Calls a handler, during which the signals in `blocked` wait. Interrupted system calls continue after it, and it
  /// runs on the alternative stack of threads that have one.
  template <std::size_t N>
  static SignalAction calling(Handler handler, const std::array<int, N>& blocked) {
    SignalAction ours;
    ours.action_.sa_sigaction = handler;
    ours.action_.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    ::sigemptyset(&ours.action_.sa_mask);
    for (const int number : blocked) ::sigaddset(&ours.action_.sa_mask, number);
    return ours;
  }
  void install(int number) const { ::sigaction(number, &action_, nullptr); }

  bool calls(Handler handler) const { return takes_info() && action_.sa_sigaction == handler; }
  bool ignores() const { return !takes_info() && action_.sa_handler == SIG_IGN; }
  bool operator==(const SignalAction& other) const {
    return takes_info() == other.takes_info() && (takes_info() ? action_.sa_sigaction == other.action_.sa_sigaction
                                                               : action_.sa_handler == other.action_.sa_handler);
  }
  /// Does what the system would do.
  void act(int number, Info* info, void* context) const {
    if (takes_info()) {
      action_.sa_sigaction(number, info, context);
    } else if (action_.sa_handler == SIG_DFL) {
      install(number);
      ::raise(number);  // when the handler returns
    } else if (action_.sa_handler != SIG_IGN) {
      action_.sa_handler(number);
    }
  }

 private:
  bool takes_info() const { return (action_.sa_flags & SA_SIGINFO) != 0; }

  struct ::sigaction action_ = {};
};

#else

/// The same where there is only C's signal(): a handler. On Windows it is called once, and then the default is
/// restored.
struct SignalAction {
  using Info = void;
  using Handler = void (*)(int);

  static SignalAction current(int number) {
    SignalAction found;
    found.action_ = std::signal(number, SIG_IGN);
    if (found.action_ == SIG_ERR) found.action_ = SIG_DFL;
    std::signal(number, found.action_);
    return found;
  }
  template <std::size_t N>
  static SignalAction calling(Handler handler, const std::array<int, N>&) {
    SignalAction ours;
    ours.action_ = handler;
    return ours;
  }
  void install(int number) const { std::signal(number, action_); }

  bool calls(Handler handler) const { return action_ == handler; }
  bool ignores() const { return action_ == SIG_IGN; }
  bool operator==(const SignalAction& other) const { return action_ == other.action_; }
  void act(int number, Info*, void*) const {
    if (action_ == SIG_DFL) {
      install(number);
      std::raise(number);
    } else if (action_ != SIG_IGN) {
      action_(number);
    }
  }

 private:
  Handler action_ = SIG_DFL;
};

#endif

}  // namespace detail

}  // namespace odot
