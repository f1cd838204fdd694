// SPDX-License-Identifier: MIT
// The control model of the trainer fashion_mnist, by itself: two compilers work at once.

#include "trainer.hpp"

#include <odot/odot.hpp>

using namespace odot;

template int trainer::run<models::Control<models::FashionMnistImage>>(
    const trainer::Settings&, const trainer::ModelChoice<models::FashionMnistImage>&,
    const trainer::Images<models::FashionMnistImage>&);
