// expect: odot needs exceptions: compile the files that include it without -fno-exceptions
// flags: -fno-exceptions
// more errors follow
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {}
