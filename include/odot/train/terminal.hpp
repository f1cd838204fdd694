#pragma once
// SPDX-License-Identifier: MIT
// Terminal: whether text on a stream can be overwritten, and how wide the stream's window is.

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif
// <sys/ioctl.h> defines macros such as CTRL and CTIME; on Linux there is a way around it.
#if defined(__linux__) && __has_include(<asm/ioctls.h>) && __has_include(<sys/syscall.h>)
#include <asm/ioctls.h>
#include <sys/syscall.h>
#elif __has_include(<sys/ioctl.h>)
#include <sys/ioctl.h>
#endif

namespace odot::detail {

class Terminal {
 public:
  explicit Terminal(std::FILE* stream) : stream_(stream), overwrites_(is_terminal(stream) && knows_escapes()) {}

  /// Whether the stream's window understands "\r" and "\033[K". No file does, nor a terminal whose type is dumb or not
  /// set.
  bool overwrites() const { return overwrites_; }

  /// Columns of the window as it is now; if they are not known, $COLUMNS, or else 80.
  std::size_t columns() const {
    if (const std::size_t now = window_columns(); now > 0) return now;
    std::size_t named = 0;
    if (const char* text = std::getenv("COLUMNS")) std::from_chars(text, text + std::strlen(text), named);
    return named > 0 ? named : 80;
  }

 private:
  static bool is_terminal([[maybe_unused]] std::FILE* stream) {
#if __has_include(<unistd.h>)
    return isatty(fileno(stream)) == 1;
#else
    return false;
#endif
  }

  static bool knows_escapes() {
    const char* variable = std::getenv("TERM");
    const std::string_view type = variable ? variable : "";
    return !type.empty() && type != "dumb" && type != "unknown";
  }

  /// 0 if the width can't be found out.
  std::size_t window_columns() const {
#ifdef TIOCGWINSZ
    struct {
      unsigned short rows, columns, width, height;
    } size = {};
#ifdef SYS_ioctl
    const auto failed = syscall(SYS_ioctl, fileno(stream_), TIOCGWINSZ, &size);
#else
    const auto failed = ioctl(fileno(stream_), TIOCGWINSZ, &size);
#endif
    return failed ? 0 : size.columns;
#else
    return 0;
#endif
  }

  std::FILE* stream_;
  bool overwrites_;
};

}  // namespace odot::detail
