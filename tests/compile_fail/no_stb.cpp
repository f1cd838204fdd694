// expect: pictures need stb (Debian, Ubuntu: libstb-dev), and neither <stb/stb_image.h> nor <stb_image.h> is found
// flags: "-D__has_include(header)=0"
// SPDX-License-Identifier: MIT
// A compiler that finds no library.
#include <odot/io/stb.hpp>
