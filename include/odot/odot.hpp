#pragma once
// SPDX-License-Identifier: MIT
// Everything for the CPU. Needs Eigen; reads gzipped data files where zlib.h is found (link zlib then).

#include "odot/core/config.hpp"

#include "odot/cpu.hpp"

#include "odot/nn/attention_block.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/check_gradients.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/layer_norm.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/norm_block.hpp"
#include "odot/nn/patch_embedding.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/residual.hpp"
#include "odot/nn/self_attention.hpp"
#include "odot/nn/sequential.hpp"

#include "odot/models/element_wise_attention.hpp"
#include "odot/models/minimal_transformer.hpp"

#include "odot/optim/adam.hpp"
#include "odot/optim/clip.hpp"
#include "odot/optim/schedule.hpp"
#include "odot/optim/sgd.hpp"

#include "odot/data/batches.hpp"
#include "odot/data/cifar.hpp"
#include "odot/data/fashion_mnist.hpp"
#include "odot/data/find.hpp"
#include "odot/data/synthetic.hpp"

#include "odot/train/csv_log.hpp"
#include "odot/train/curves.hpp"
#include "odot/train/evaluate.hpp"
#include "odot/train/fit.hpp"
#include "odot/train/interrupt.hpp"
#include "odot/train/progress.hpp"
