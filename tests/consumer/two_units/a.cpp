// SPDX-License-Identifier: MIT
#include "every_header.hpp"

const char* version_seen_by_b();

int main() { return version_seen_by_b() == nullptr; }
