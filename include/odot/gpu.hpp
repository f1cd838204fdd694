#pragma once
// SPDX-License-Identifier: MIT
// Everything for the GPU: Network<Model, Gpu>. Needs Thrust, but not Eigen; CMake target odot::gpu. A file may include
// odot/odot.hpp too.
//     compiled by nvcc                  an NVIDIA GPU, with cuBLAS; with cuDNN where ODOT_CUDNN is defined
//     THRUST_DEVICE_SYSTEM=…_OMP, _CPP  the same code on the host, by any compiler

#include "odot/any_device.hpp"
#include "odot/core/gpu.hpp"

#include "odot/kernels/attention_block/gpu/attention_block.hpp"
#include "odot/kernels/attention_heads/gpu/attention_heads.hpp"
#include "odot/kernels/batch_norm/gpu/batch_norm.hpp"
#include "odot/kernels/conv2d/gpu/conv2d.hpp"
#include "odot/kernels/dot_product_attention/gpu/dot_product_attention.hpp"
#include "odot/kernels/element_wise_attention/gpu/element_wise_attention.hpp"
#include "odot/kernels/embedding/gpu/embedding.hpp"
#include "odot/kernels/grouped_conv/gpu/grouped_conv.hpp"
#include "odot/kernels/linear/gpu/linear.hpp"
#include "odot/kernels/matmul/gpu/matmul.hpp"
#include "odot/kernels/parallel/gpu/parallel.hpp"
#include "odot/kernels/pool2d/gpu/pool2d.hpp"
#include "odot/train/gpu.hpp"
