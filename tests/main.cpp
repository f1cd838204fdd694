// SPDX-License-Identifier: MIT
// doctest's main function; the test cases lie in the folders beside this file.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
