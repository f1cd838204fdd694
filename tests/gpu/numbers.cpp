// SPDX-License-Identifier: MIT
// The Gpu's kernels of rows with numbers that are not finite, inputs of every size and long sums.

#include <doctest/doctest.h>

#include "odot/gpu.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("the rectified linear unit keeps NaN and its gradient") { check_relu_numbers<kernels::ReLU, Gpu>(); }

TEST_CASE("the Gaussian error linear unit matches its definition for inputs of every size") {
  check_gelu_numbers<kernels::GELU, Gpu>();
}

TEST_CASE("log-softmax over long rows keeps its precision, and what is not finite shows") {
  check_log_softmax_numbers<kernels::LogSoftmax, Gpu>();
}

TEST_CASE("NaN is in the losses of labels and is no hit") {
  check_labels_of_nan<kernels::CrossEntropy, Gpu, kernels::LossSums>(true);
  check_labels_of_nan<kernels::NegativeLogLikelihood, Gpu, kernels::LossSums>(false);
}

TEST_CASE("layer norm keeps its precision for inputs of every size and length, and NaN") {
  check_layer_norm_numbers<kernels::LayerNorm, Gpu>();
}

TEST_CASE("batch norm keeps its precision for inputs of every size and length, and NaN") {
  check_batch_norm_numbers<kernels::BatchNorm, Gpu>(kernels::NormConstants{});
}

TEST_CASE("the mean over many tokens keeps its precision, and NaN outside of padding") {
  check_mean_tokens_numbers<kernels::MeanTokens, Gpu>();
}

TEST_CASE("what is not finite shows in losses of regression and their gradients") {
  check_regression_numbers<kernels::RegressionLoss, Gpu, kernels::LossSums>(kernels::Deviation::squared,
                                                                            kernels::Deviation::absolute);
}
