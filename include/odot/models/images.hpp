#pragma once
// SPDX-License-Identifier: MIT
// The images that the papers' models take: channels, height, width.

#include "odot/core/shape.hpp"

namespace odot::models {

using MnistImage = Shape<1, 28, 28>;
using LargeMnistImage = Shape<1, 32, 32>;  ///< MNIST's digits in the size of CIFAR-10's images
using FashionMnistImage = Shape<1, 28, 28>;
using Cifar10Image = Shape<3, 32, 32>;

}  // namespace odot::models
