// expect: odot can't be compiled with -ffast-math
// flags: -ffinite-math-only
// SPDX-License-Identifier: MIT
#include <odot/core/shape.hpp>

int main() { return odot::Shape<>::size == 1 ? 0 : 1; }
