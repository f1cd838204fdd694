#pragma once
// SPDX-License-Identifier: MIT
// Interrupt: Ctrl-C as a request to stop, instead of the end of the program.

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <mutex>

#include "odot/train/signal_action.hpp"

namespace odot {

/// While an Interrupt exists, the first SIGINT or SIGTERM sets requested(). A second one does what it would have done
/// without Interrupt: the system calls the program's own handler, with its flags and mask, or the program ends.
///     Interrupt interrupt;
///     fit(…, {.should_stop = [&] { return interrupt.requested(); }});
/// A signal that is ignored when Interrupt is constructed, such as SIGINT of a background job, stays ignored. The
/// destructor restores the handlers that Interrupt found, unless another part of the program has installed its own
/// since. There may be several Interrupts, nested or side by side, on any threads: a signal is a request to all of
/// them.
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
    // The first signal releases all that wait; the handler may run at any point in between.
    int others = waiting.load();
    while (others > 0 && !requested() && !waiting.compare_exchange_weak(others, others - 1)) {
    }
    if (waiting.load() == 0) release();
  }

  bool requested() const { return received.load() != seen_; }
  /// The last signal that came; 0: none.
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
    if (waiting.load() > 0) ours().install(number);  // Windows has restored the default
#endif
    const int error = errno;
    if (waiting.load() > 0) {
      // `received` changes before the release, which the destructor relies on.
      received.store((received.load() / signal_limit + 1) * signal_limit + static_cast<unsigned>(number));
      waiting.store(0);
      release();
    } else {
      pass_on(number, info, context);
    }
    errno = error;
  }

  static Action ours() { return Action::calling(handle, handled_signals); }

  /// Restores what was there before, if the handler is still ours.
  static void release() {
    for (std::size_t i = 0; i < handled_signals.size(); ++i)
      if (Action::current(handled_signals[i]).calls(handle)) before[i].install(handled_signals[i]);
  }

  /// For a signal when no Interrupt waits: a handler that was installed over ours has called it, or a release is under
  /// way.
  static void pass_on(int number, Action::Info* info, void* context) {
    const Action& next = before[number == SIGINT ? 0 : 1];
    if (!(Action::current(number) == next)) next.act(number, info, context);  // otherwise `next` itself is the caller
  }

  static inline std::mutex changes;
  static inline std::atomic<int> waiting{0};        // Interrupts that exist and have had no signal
  static inline std::atomic<unsigned> received{0};  // the number of signals, times signal_limit, plus the last signal
  static inline std::array<Action, 2> before{};
  static_assert(std::atomic<int>::is_always_lock_free && std::atomic<unsigned>::is_always_lock_free,
                "odot::Interrupt: signal handlers may use lock-free atomics alone");

  unsigned seen_ = 0;  // `received` at the construction
};

}  // namespace odot
