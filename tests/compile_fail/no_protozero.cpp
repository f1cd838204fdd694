// expect: need protozero (Debian, Ubuntu: libprotozero-dev), and <protozero/pbf_writer.hpp> is not found
// flags: "-D__has_include(header)=0"
// SPDX-License-Identifier: MIT
// A compiler that finds no library.
#include <odot/io/protozero.hpp>
