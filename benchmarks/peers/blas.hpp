#pragma once
// SPDX-License-Identifier: MIT
// The library that a program's matrix products come from.

#include <dlfcn.h>

#include <cstdlib>
#include <string>

namespace odot::benchmarks {

/// Its file and, where it is OpenBLAS, what it says of itself and of the processor that it takes this one for.
inline std::string blas() {
  Dl_info info;
  void* const product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (!product || !dladdr(product, &info) || !info.dli_fname) return "no BLAS";
  char* const path = realpath(info.dli_fname, nullptr);
  std::string text = std::string("BLAS ") + (path ? path : info.dli_fname);
  std::free(path);
  if (void* const config = dlsym(RTLD_DEFAULT, "openblas_get_config")) text = reinterpret_cast<char* (*)()>(config)();
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace odot::benchmarks
