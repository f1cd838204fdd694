#pragma once
// SPDX-License-Identifier: MIT
// Eigen's core without its warnings, wherever it lies on the include path. All of odot includes Eigen by this header.

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#elif defined(__GNUC__)
#pragma GCC system_header  // and with it what it includes
// GCC 12 calls its own AVX-512 intrinsics uninitialised (GCC bug 105593), which Eigen includes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <Eigen/Core>

#if defined(__clang__)
#pragma clang diagnostic pop
#elif defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
