// SPDX-License-Identifier: MIT
// The models of minimal_transformer with one head, on the CPU.

#include "minimal_transformer.hpp"

#include <odot/odot.hpp>

std::vector<minimal::Part> minimal::one_head_on_cpu() { return one_head<odot::Cpu>(); }
