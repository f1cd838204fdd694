// SPDX-License-Identifier: MIT
#include "library.hpp"

void step(Net& network, odot::optim::Adam& adam) { adam.step(network); }

void fail() { throw odot::ArgumentError("from the library"); }

bool throws_error(void (*body)()) {
  try {
    body();
  } catch (const odot::Error&) {
    return true;
  } catch (...) {
  }
  return false;
}
