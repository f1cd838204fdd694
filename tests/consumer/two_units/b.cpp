// SPDX-License-Identifier: MIT
#include "every_header.hpp"

const char* version_seen_by_b() { return ODOT_VERSION_STRING; }
