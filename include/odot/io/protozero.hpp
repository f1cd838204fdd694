#pragma once
// SPDX-License-Identifier: MIT
// protozero, the library that writes and reads protocol buffers, for the formats made of them. The only header that
// includes it: CMake target odot::io, or its folder on the include path.

#include "odot/core/config.hpp"

#if __has_include(<protozero/pbf_writer.hpp>)
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#else
#error \
    "odot's TensorBoard and ONNX headers need protozero (Debian, Ubuntu: libprotozero-dev), and <protozero/pbf_writer.hpp> is not found: link the CMake target odot::io, or put its folder on the include path"
#endif
