#pragma once
// SPDX-License-Identifier: MIT
// A program's locale with a comma in numbers, for the length of a test.

#include <clocale>
#include <cstring>
#include <locale>
#include <string>

namespace odot::test {

/// "1.234,5" for C++'s streams and, where the system has such a locale, "1234,5" for C's functions. Where it has none, one
/// test (tests/core/number_text.cpp) says so and is shown as skipped.
class CommaLocale {
 public:
  CommaLocale() : c_before_(std::setlocale(LC_ALL, nullptr)), before_(std::locale()) {
    std::locale::global(std::locale(std::locale::classic(), new Punctuation));
    for (const char* name :
         {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "it_IT.UTF-8", "pl_PL.UTF-8", "de_DE", "German"})
      if (std::setlocale(LC_ALL, name) && std::strcmp(std::localeconv()->decimal_point, ",") == 0) {
        in_c_ = true;
        return;
      }
    std::setlocale(LC_ALL, c_before_.c_str());
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;
  ~CommaLocale() {
    std::locale::global(before_);
    std::setlocale(LC_ALL, c_before_.c_str());
  }

  /// Whether C's functions write a comma too.
  bool in_c() const { return in_c_; }

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

  std::string c_before_;
  std::locale before_;
  bool in_c_ = false;
};

}  // namespace odot::test
