#pragma once
// SPDX-License-Identifier: MIT
// Lets a failing CHECK(check_gradients<…>()) print what the checker found.

#include <doctest/doctest.h>

#include "odot/nn/check_gradients.hpp"

namespace odot {

inline doctest::String toString(const GradientReport& report) { return report.message.c_str(); }

}  // namespace odot
