#pragma once
// SPDX-License-Identifier: MIT
// The Cpu backend: every kernel's Eigen implementation.

#include "odot/expressions/eigen.hpp"
#include "odot/kernels/attention_block/cpu/attention_block.hpp"
#include "odot/kernels/attention_heads/cpu/attention_heads.hpp"
#include "odot/kernels/batch_norm/cpu/batch_norm.hpp"
#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/dot_product_attention/cpu/dot_product_attention.hpp"
#include "odot/kernels/element_wise_attention/cpu/element_wise_attention.hpp"
#include "odot/kernels/embedding/cpu/embedding.hpp"
#include "odot/kernels/grouped_conv/cpu/grouped_conv.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/matmul/cpu/matmul.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/pool2d/cpu/pool2d.hpp"
