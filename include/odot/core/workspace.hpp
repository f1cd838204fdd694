#pragma once
// SPDX-License-Identifier: MIT
// Workspace: what a pass through a network needs besides its parameters: threads and reusable memory.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/device.hpp"
#include "odot/core/error.hpp"
#include "odot/core/parallel.hpp"

namespace odot {

/// Reusable memory, taken and given back like a stack. It grows on demand and keeps what it has: a second pass with the
/// same sizes allocates nothing. Two threads must not use it at once.
template <DeviceType Device>
class Arena {
 public:
  Arena() = default;
  Arena(Arena&& other) noexcept : blocks_(std::move(other.blocks_)), block_(other.block_), used_(other.used_) {
    other.blocks_.clear();
    other.block_ = other.used_ = 0;
  }
  Arena& operator=(Arena&& other) noexcept {
    std::swap(blocks_, other.blocks_);
    std::swap(block_, other.block_);
    std::swap(used_, other.used_);
    return *this;
  }
  ~Arena() { release(); }

  /// Memory for `count` elements, with the device's alignment, not initialised. Throws ArgumentError if memory can't
  /// hold that many.
  template <class T>
  T* take(std::size_t count) {
    const std::size_t needed = checked_product("odot::Workspace", count, sizeof(T));
    const std::size_t bytes = (needed + Device::alignment - 1) / Device::alignment * Device::alignment;
    while (block_ < blocks_.size() && bytes > blocks_[block_].bytes - used_) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) add_block(bytes);
    void* memory = static_cast<char*>(blocks_[block_].memory) + used_;
    used_ += bytes;
    return static_cast<T*>(memory);
  }

  /// Its destructor gives back all that was taken since its construction.
  class Frame {
   public:
    explicit Frame(Arena& arena) : arena_(arena), block_(arena.block_), used_(arena.used_) {}
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    ~Frame() {
      arena_.block_ = block_;
      arena_.used_ = used_;
      if (block_ == 0 && used_ == 0) arena_.merge();
    }

    template <class T>
    T* take(std::size_t count) {
      return arena_.template take<T>(count);
    }

   private:
    Arena& arena_;
    std::size_t block_, used_;
  };

  /// Bytes held.
  std::size_t capacity() const {
    std::size_t bytes = 0;
    for (const Block& block : blocks_) bytes += block.bytes;
    return bytes;
  }

 private:
  struct Block {
    void* memory;
    std::size_t bytes;
  };

  ODOT_COLD void add_block(std::size_t bytes) {
    const std::size_t size = (std::max)({bytes, capacity() / 2, std::size_t{1} << 16});
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back({Device::allocate(size), size});
    block_ = blocks_.size() - 1;
    used_ = 0;
  }

  // An empty arena of several blocks becomes one block as large as all of them.
  void merge() noexcept {
    if (blocks_.size() < 2) return;
    const std::size_t bytes = capacity();
    release();
    try {
      blocks_.push_back({Device::allocate(bytes), bytes});
    } catch (...) {  // out of memory now: the next take asks again, and reports
    }
  }

  void release() noexcept {
    for (const Block& block : blocks_) Device::deallocate(block.memory);
    blocks_.clear();
    block_ = used_ = 0;
  }

  std::vector<Block> blocks_;
  std::size_t block_ = 0, used_ = 0;
};

/// The working memory and threads of one thread of control. Passes that run at the same time need one workspace each.
template <DeviceType Device = Cpu>
class Workspace {
 public:
  using Frame = typename Arena<Device>::Frame;

  /// `threads` = 0: default_threads(). Throws ArgumentError if it is negative.
  explicit Workspace(int threads = 0) : threads_(threads == 0 ? default_threads() : threads) {
    if (threads < 0)
      throw ArgumentError("odot::Workspace: threads must be 0 (all) or more, found " + std::to_string(threads));
  }

  int threads() const { return threads_; }
  Frame frame() { return Frame(arena_); }
  std::size_t capacity() const { return arena_.capacity(); }  // bytes

 private:
  Arena<Device> arena_;
  int threads_;
};

}  // namespace odot
