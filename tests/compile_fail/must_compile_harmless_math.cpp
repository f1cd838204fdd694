// What odot stands of the flags behind -ffast-math.
// flags: -fno-math-errno -fno-trapping-math -fno-signed-zeros
// SPDX-License-Identifier: MIT
#include <odot/core/shape.hpp>

int main() { return odot::Shape<>::size == 1 ? 0 : 1; }
