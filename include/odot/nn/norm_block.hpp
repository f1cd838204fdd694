#pragma once
// SPDX-License-Identifier: MIT
// PreNorm and PostNorm: the residual blocks that transformers are made of.

#include "odot/nn/layer_norm.hpp"
#include "odot/nn/residual.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::nn {

/// y = x + F(LayerNorm(x)), where F is the given layers one after the other.
/// Shapes  x [N, In...] → y [N, In...]
/// Params  norm.weight, norm.bias [D]; F's, by their position in F or by nn::Named
/// Errors  compile time: F changes the shape
/// Source  Xiong et al., "On layer normalization in the transformer architecture", 2020
template <class... Layers>
struct PreNorm : Residual<Named<"norm", LayerNorm<>>, Named<"", Sequential<Layers...>>> {};

/// y = LayerNorm(x + F(x)), where F is the given layers one after the other.
/// Shapes  x [N, In...] → y [N, In...]
/// Params  F's, by their position in F or by nn::Named; norm.weight, norm.bias [D]
/// Errors  compile time: F changes the shape
/// Source  Vaswani et al., "Attention is all you need", 2017, section 3.1
template <class... Layers>
struct PostNorm : Sequential<Named<"", Residual<Layers...>>, Named<"norm", LayerNorm<>>> {};

}  // namespace odot::nn
