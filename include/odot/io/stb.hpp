#pragma once
// SPDX-License-Identifier: MIT
// Whether stb is there, which decodes and encodes pictures; one error where it is not. Debian's headers lie in a
// folder stb, upstream's in none: CMake target odot::io, or that folder on the include path.

#include "odot/core/config.hpp"

#if !__has_include(<stb/stb_image.h>) && !__has_include(<stb_image.h>)
#error \
    "odot's pictures need stb (Debian, Ubuntu: libstb-dev), and neither <stb/stb_image.h> nor <stb_image.h> is found: link the CMake target odot::io, or put its folder on the include path"
#endif
