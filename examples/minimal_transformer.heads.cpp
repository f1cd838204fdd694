// SPDX-License-Identifier: MIT
// The models of minimal_transformer that may have several heads, on the CPU.

#include "minimal_transformer.hpp"

#include <odot/odot.hpp>

std::vector<minimal::Part> minimal::several_heads_on_cpu() { return several_heads<odot::Cpu>(); }
