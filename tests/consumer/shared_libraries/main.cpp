// SPDX-License-Identifier: MIT
// The symbols of this program and of the library are hidden, so that each has inline variables of its own; an optimizer
// that one has warmed up goes on in the other, and an error that one throws is caught by the other.

#include <cstdio>
#include <string>

#include "library.hpp"

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

std::string error_of(void (*body)()) {
  try {
    body();
  } catch (const odot::ArgumentError& error) {
    return error.what();
  } catch (...) {
    return "something else";
  }
  return "nothing";
}

}  // namespace

int main() {
  Net network{odot::Seed{1}};
  odot::optim::Adam adam;
  step(network, adam);
  bool went_on = true;
  try {
    adam.step(network);
    step(network, adam);
    went_on = adam.state().block<float, odot::Cpu>(0).size() == network.parameters().size();
  } catch (const odot::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    went_on = false;
  }
  check(went_on && adam.steps() == 3, "an optimizer goes on in another library");
  check(error_of(fail) == "from the library", "an error of the library's is caught in the program");
  check(throws_error([] { throw odot::FileError("x", "y"); }), "an error of the program's is caught in the library");
  return failures;
}
