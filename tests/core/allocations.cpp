// SPDX-License-Identifier: MIT
// Replaces the global operator new and delete of the test program; the array and nothrow forms call these.

#include "core/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> calls{0}, bytes{0};

void* counted(std::size_t size, void* memory) {
  if (!memory) throw std::bad_alloc();
  calls.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(size, std::memory_order_relaxed);
  return memory;
}

}  // namespace

namespace odot::test {

std::size_t allocations() { return calls; }
std::size_t allocated_bytes() { return bytes; }

}  // namespace odot::test

void* operator new(std::size_t size) { return counted(size, std::malloc(size == 0 ? 1 : size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return counted(size, std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
