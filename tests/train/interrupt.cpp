// SPDX-License-Identifier: MIT
#include "odot/train/interrupt.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <initializer_list>

using odot::Interrupt;

namespace {

volatile std::sig_atomic_t seen = 0;
void other_handler(int number) { seen = number; }

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

TEST_CASE("after the first signal the default action is back") {
  const Interrupt interrupt;
  std::raise(SIGINT);
  CHECK((std::signal(SIGINT, SIG_DFL) == SIG_DFL));
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

TEST_CASE("a new one starts without a wish") {
  {
    const Interrupt first;
    std::raise(SIGTERM);
  }
  const Interrupt second;
  CHECK_FALSE(second.requested());
}
