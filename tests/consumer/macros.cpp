// SPDX-License-Identifier: MIT
// train.cpp in a file whose other headers define everyday words as macros. The standard library and Eigen come before:
// where such headers are at home, they know them.

#include <unistd.h>

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <complex>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>
#include <source_location>
#include <span>
#include <variant>
#include <vector>
#if __has_include(<zlib.h>)
#include <zlib.h>
#endif

// Windows
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define hyper __int64
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define ERROR 0
#define DELETE 0x00010000L
#define TRUE 1
#define FALSE 0
#define STRICT 1
#define CALLBACK
#define ABSOLUTE 1
#define RELATIVE 2
// complex.h, termios.h, sys/sysmacros.h, sys/param.h
#define I _Complex_I
#define B0 0
#define B50 1
#define major(device) gnu_dev_major(device)
#define minor(device) gnu_dev_minor(device)
#define MIN(a, b) min(a, b)
#define MAX(a, b) max(a, b)
// X11
#define None 0L
#define Bool int
#define Status int
#define Success 0
#define Always 2
#define True 1
#define False 0
#define Complex 0
// Qt
#define slots
#define signals public
#define emit
#define foreach for
#define forever for (;;)
// macOS
#define check(assertion)
#define verify(assertion)
#define require(assertion, label)
// GNU modes of compilers, ctype.h of other systems
#undef unix
#undef linux
#define unix 1
#define linux 1
#define _B 1
#define _C 1
#define _L 1
#define _N 1
#define _P 1
#define _S 1
#define _U 1
#define _X 1

#include "train.cpp"
