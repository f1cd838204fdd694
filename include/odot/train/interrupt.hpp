#pragma once
// SPDX-License-Identifier: MIT
// Interrupt: Ctrl-C as a wish to stop, not as an end.

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <mutex>

#include "odot/train/signal_action.hpp"

namespace odot {

/// While it lives, the first SIGINT or SIGTERM sets requested(); a second one does what it would have done without
/// Interrupt: the program's own handler is called by the system, with its flags and mask, or the program ends.
///     Interrupt interrupt;
///     fit(…, {.should_stop = [&] { return interrupt.requested(); }});
/// A signal that is ignored when Interrupt comes to life stays so: SIGINT of a background job. At the end of its life
/// Interrupt puts back what it found, but for a handler that another part of the program has installed meanwhile.
/// There may be several, one inside or beside the other, on any threads: a signal is a wish to all that live.
class Interrupt {
 public:
  Interrupt() {
    const std::lock_guard lock(changes);
    seen_ = received.load();
    ++waiting;
    for (std::size_t i = 0; i < handled_signals.size(); ++i) {
      const Action found = Action::current(handled_signals[i]);
      if (found.ignores() || found.calls(handle)) continue;
      before[i] = found;
      ours().install(handled_signals[i]);
    }
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    const std::lock_guard lock(changes);
    // The first signal has released all that waited; the handler may come in between at any time.
    int others = waiting.load();
    while (others > 0 && !requested() && !waiting.compare_exchange_weak(others, others - 1)) {
    }
    if (waiting.load() == 0) release();
  }

  bool requested() const { return received.load() != seen_; }
  /// The signal that came, the last of them; 0 for none.
  int signal() const {
    const unsigned now = received.load();
    return now == seen_ ? 0 : static_cast<int>(now % signal_limit);
  }

 private:
  using Action = detail::SignalAction;
  static constexpr std::array handled_signals{SIGINT, SIGTERM};
  static constexpr unsigned signal_limit = 256;

#ifdef SA_SIGINFO
  static void handle(int number, Action::Info* info, void* context) {
#else
  static void handle(int number) {
    Action::Info *info = nullptr, *context = nullptr;
    if (waiting.load() > 0) ours().install(number);  // Windows has put the default back
#endif
    const int error = errno;
    if (waiting.load() > 0) {
      // Told before it is released, which is what the end of a life relies on.
      received.store((received.load() / signal_limit + 1) * signal_limit + static_cast<unsigned>(number));
      waiting.store(0);
      release();
    } else {
      pass_on(number, info, context);
    }
    errno = error;
  }

  static Action ours() { return Action::calling(handle, handled_signals); }

  /// Puts back what was there before, where the handler is still ours.
  static void release() {
    for (std::size_t i = 0; i < handled_signals.size(); ++i)
      if (Action::current(handled_signals[i]).calls(handle)) before[i].install(handled_signals[i]);
  }

  /// The handler was called without Interrupt waiting: by one that was installed over it, or in the moment of a release.
  static void pass_on(int number, Action::Info* info, void* context) {
    const Action& next = before[number == SIGINT ? 0 : 1];
    if (!(Action::current(number) == next)) next.act(number, info, context);  // else it is next that calls
  }

  static inline std::mutex changes;
  static inline std::atomic<int> waiting{0};        // those that live and have no wish yet
  static inline std::atomic<unsigned> received{0};  // how many signals, times signal_limit, plus the last one
  static inline std::array<Action, 2> before{};
  static_assert(std::atomic<int>::is_always_lock_free && std::atomic<unsigned>::is_always_lock_free,
                "odot::Interrupt: signal handlers may use lock-free atomics alone");

  unsigned seen_ = 0;  // what had been received when its life began
};

}  // namespace odot
