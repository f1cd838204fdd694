// SPDX-License-Identifier: MIT
#include "odot/train/interrupt.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#ifdef SA_SIGINFO
#include <sys/wait.h>
#include <unistd.h>
#endif

using odot::Interrupt;

namespace {

volatile std::sig_atomic_t seen = 0, calls = 0;
void other_handler(int number) {
  seen = number;
  calls = calls + 1;
}

/// While it lives, signals have their default action: doctest has handlers of its own.
class Default {
 public:
  Default() : int_(std::signal(SIGINT, SIG_DFL)), term_(std::signal(SIGTERM, SIG_DFL)) {}
  Default(const Default&) = delete;
  ~Default() {
    std::signal(SIGINT, int_);
    std::signal(SIGTERM, term_);
  }

 private:
  void (*int_)(int);
  void (*term_)(int);
};

}  // namespace

TEST_CASE("the first signal becomes a wish, Ctrl-C or a request to end") {
  for (const int number : {SIGINT, SIGTERM}) {
    const Interrupt interrupt;
    CHECK_FALSE(interrupt.requested());
    CHECK(interrupt.signal() == 0);
    std::raise(number);
    CHECK(interrupt.requested());
    CHECK(interrupt.signal() == number);
  }
}

TEST_CASE("after the first signal the default action is back, for both") {
  const Default no_handlers;
  const Interrupt interrupt;
  std::raise(SIGINT);
  CHECK((std::signal(SIGINT, SIG_DFL) == SIG_DFL));
  CHECK((std::signal(SIGTERM, SIG_DFL) == SIG_DFL));
}

TEST_CASE("the handlers of before are back at the end of its life") {
  const auto before = std::signal(SIGINT, other_handler);
  {
    const Interrupt interrupt;
    std::raise(SIGINT);
    CHECK(interrupt.requested());
    CHECK(seen == 0);
  }
  std::raise(SIGINT);
  CHECK(seen == SIGINT);
  std::signal(SIGINT, before);
}

TEST_CASE("the second signal goes to the program's own handler") {
  const auto before = std::signal(SIGTERM, other_handler);
  calls = 0;
  {
    const Interrupt interrupt;
    std::raise(SIGTERM);
    CHECK(calls == 0);
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    CHECK(calls == 2);
    CHECK(interrupt.signal() == SIGTERM);
  }
  CHECK((std::signal(SIGTERM, before) == other_handler));
}

TEST_CASE("an ignored signal stays ignored, the other one is heard") {
  const auto before = std::signal(SIGINT, SIG_IGN);
  {
    const Interrupt interrupt;
    std::raise(SIGINT);
    CHECK_FALSE(interrupt.requested());
    std::raise(SIGTERM);
    CHECK(interrupt.signal() == SIGTERM);
    std::raise(SIGINT);
  }
  CHECK((std::signal(SIGINT, before) == SIG_IGN));
}

TEST_CASE("a handler that was installed meanwhile is left alone") {
  const Default no_handlers;
  for (const bool signalled : {false, true}) {
    {
      const Interrupt interrupt;
      std::signal(SIGINT, other_handler);
      if (signalled) std::raise(SIGTERM);
    }
    CHECK((std::signal(SIGINT, SIG_DFL) == other_handler));
    CHECK((std::signal(SIGTERM, SIG_DFL) == SIG_DFL));
  }
}

TEST_CASE("a new one starts without a wish") {
  {
    const Interrupt first;
    std::raise(SIGTERM);
  }
  const Interrupt second;
  CHECK_FALSE(second.requested());
}

TEST_CASE("one inside another: a signal is a wish to both, and the handlers of before are back after both") {
  const auto before = std::signal(SIGINT, other_handler);
  calls = 0;
  {
    const Interrupt outer;
    {
      const Interrupt inner;
      std::raise(SIGINT);
      CHECK(inner.requested());
      CHECK(outer.requested());
    }
    {
      const Interrupt next;  // hears the second
      CHECK_FALSE(next.requested());
      std::raise(SIGINT);
      CHECK(next.signal() == SIGINT);
      CHECK(calls == 0);
    }
    {
      const Interrupt unheard;
    }
    std::raise(SIGINT);  // outer's second
    CHECK(calls == 1);
  }
  CHECK((std::signal(SIGINT, before) == other_handler));
}

TEST_CASE("one that outlives an older one still hears") {
  const auto before = std::signal(SIGINT, other_handler);
  calls = 0;
  auto older_one = std::make_unique<Interrupt>(), younger = std::make_unique<Interrupt>();
  older_one.reset();
  std::raise(SIGINT);
  CHECK(younger->requested());
  CHECK(calls == 0);
  younger.reset();
  CHECK((std::signal(SIGINT, before) == other_handler));
}

TEST_CASE("lives in any order on many threads leave the handlers of before") {
  const auto before = std::signal(SIGTERM, other_handler);
  std::atomic<int> heard{0};
  {
    const Interrupt first;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
      threads.emplace_back([t, &heard] {
        std::mt19937 random(t);
        std::vector<std::unique_ptr<Interrupt>> lives(5);
        for (int i = 0; i < 2'000; ++i) {
          auto& life = lives[random() % lives.size()];
          if (life) {
            heard += life->requested() ? 1 : 0;
            life.reset();
          } else {
            life = std::make_unique<Interrupt>();
          }
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(heard == 0);
    CHECK_FALSE(first.requested());
    std::raise(SIGTERM);
    CHECK(first.requested());
  }
  CHECK((std::signal(SIGTERM, before) == other_handler));
}

#ifdef SA_SIGINFO

TEST_CASE("the second signal ends a program without handlers, whichever it is") {
  for (const int first : {SIGINT, SIGTERM})
    for (const int second : {SIGINT, SIGTERM}) {
      const pid_t child = fork();
      if (child == 0) {
        std::signal(SIGINT, SIG_DFL);
        std::signal(SIGTERM, SIG_DFL);
        const Interrupt interrupt;
        std::raise(first);
        if (interrupt.signal() == first) std::raise(second);
        _exit(0);
      }
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      CHECK(WIFSIGNALED(status));
      CHECK(WTERMSIG(status) == second);
    }
}

namespace {

volatile std::sig_atomic_t sender = 0, masked = 0;
void informed_handler(int, siginfo_t* info, void*) {
  sender = info->si_pid;
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  masked = sigismember(&blocked, SIGUSR1);
  calls = calls + 1;
}

/// A handler with all that an action has.
struct sigaction informed() {
  struct sigaction action = {};
  action.sa_sigaction = informed_handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGUSR1);
  return action;
}

bool is_informed(int number) {
  struct sigaction now = {};
  sigaction(number, nullptr, &now);
  return now.sa_sigaction == informed_handler && (now.sa_flags & SA_SIGINFO) && (now.sa_flags & SA_ONSTACK) &&
         !(now.sa_flags & SA_RESTART) && sigismember(&now.sa_mask, SIGUSR1) == 1;
}

struct sigaction older = {};
void chaining_handler(int number, siginfo_t* info, void* context) {
  calls = calls + 1;
  if (older.sa_flags & SA_SIGINFO) older.sa_sigaction(number, info, context);
  else if (older.sa_handler != SIG_DFL && older.sa_handler != SIG_IGN) older.sa_handler(number);
}

}  // namespace

TEST_CASE("flags, mask and information of the program's own handler are kept") {
  struct sigaction before = {};
  const struct sigaction action = informed();
  for (const int number : {SIGINT, SIGTERM}) {
    sigaction(number, &action, &before);
    {
      const Interrupt unused;
    }
    CHECK(is_informed(number));
    const Interrupt interrupt;
    calls = 0;
    std::raise(number);
    CHECK(calls == 0);
    CHECK(is_informed(number));
    std::raise(number);
    CHECK(calls == 1);
    CHECK(sender == getpid());
    CHECK(masked == 1);
    sigaction(number, &before, nullptr);
  }
}

TEST_CASE("a handler that was installed over it and calls the older one is heard by both, then by the first one") {
  const auto before = std::signal(SIGINT, other_handler);
  calls = 0;
  {
    const Interrupt interrupt;
    struct sigaction chaining = {};
    chaining.sa_sigaction = chaining_handler;
    chaining.sa_flags = SA_SIGINFO;
    sigaction(SIGINT, &chaining, &older);
    std::raise(SIGINT);
    CHECK(interrupt.requested());
    CHECK(calls == 1);
    std::raise(SIGINT);
    CHECK(calls == 3);
  }
  std::raise(SIGINT);
  CHECK(calls == 5);
  sigaction(SIGINT, &older, nullptr);  // its owner puts back what it found: Interrupt's, after the end of its life
  std::raise(SIGINT);
  CHECK(calls == 6);
  {
    const Interrupt again;
    std::raise(SIGINT);
    CHECK(again.requested());
  }
  std::signal(SIGINT, before);
}

TEST_CASE("errno is as it was") {
  const Interrupt interrupt;
  errno = 4711;
  std::raise(SIGINT);
  CHECK(errno == 4711);
}

#endif
