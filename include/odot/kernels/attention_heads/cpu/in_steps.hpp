#pragma once
// SPDX-License-Identifier: MIT
// in_steps: a row's elements, several chains of instructions at a time.

#include <cstddef>

#include "odot/core/config.hpp"

namespace odot::kernels::detail {

/// body.operator()<N>(j) for the elements j … j + N − 1 of a row of `Count`, at most `Step` at a time: enough chains of
/// dependent instructions to keep a processor busy.
template <std::size_t Count, std::size_t Step, class Body>
ODOT_INLINE void in_steps(const Body& body) {
  constexpr std::size_t rest = Count % Step;
  for (std::size_t j = 0; j + rest < Count; j += Step) body.template operator()<Step>(j);
  if constexpr (rest > 0) body.template operator()<rest>(Count - rest);
}

}  // namespace odot::kernels::detail
