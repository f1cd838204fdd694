// expect: odot::Shape: the product of the extents is more than memory can have
// SPDX-License-Identifier: MIT
#include <odot/core/shape.hpp>

int main() {
  constexpr std::size_t large = std::size_t{1} << (sizeof(std::size_t) * 4);  // its square is 0 in a std::size_t
  return odot::Shape<large, 2, large>::size == 0 ? 0 : 1;
}
