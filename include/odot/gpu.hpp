#pragma once
// SPDX-License-Identifier: MIT
// Everything for the GPU: Network<Model, Gpu>. Needs Thrust, but not Eigen; CMake target odot::gpu. A file may include
// odot/odot.hpp too.
//     compiled by nvcc                  an NVIDIA GPU, with cuBLAS; with cuDNN where ODOT_CUDNN is defined
//     THRUST_DEVICE_SYSTEM=…_OMP, _CPP  the same code on the host, by any compiler

#include "odot/any_device.hpp"
#include "odot/core/gpu.hpp"

#include "odot/kernels/attention_block/gpu.hpp"
#include "odot/kernels/attention_heads/gpu.hpp"
#include "odot/kernels/batch_norm/gpu.hpp"
#include "odot/kernels/conv2d/gpu.hpp"
#include "odot/kernels/dot_product_attention/gpu.hpp"
#include "odot/kernels/element_wise_attention/gpu.hpp"
#include "odot/kernels/linear/gpu.hpp"
#include "odot/kernels/matmul/gpu.hpp"
#include "odot/kernels/parallel/gpu.hpp"
#include "odot/train/gpu.hpp"
