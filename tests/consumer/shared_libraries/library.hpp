#pragma once
// SPDX-License-Identifier: MIT
// What two shared libraries hand to each other: a network, an optimizer, errors.

#include "odot/cpu.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "odot/optim/adam.hpp"

using Net = odot::Network<odot::nn::Sequential<odot::Shape<4>, odot::nn::Linear<3>>>;

#define EXPORTED __attribute__((visibility("default")))

/// One step of the optimizer.
EXPORTED void step(Net& network, odot::optim::Adam& adam);
/// Throws ArgumentError.
EXPORTED void fail();
/// Whether `body` threw an odot::Error, caught in the library.
EXPORTED bool throws_error(void (*body)());
