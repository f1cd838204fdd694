// SPDX-License-Identifier: MIT
#include "odot/kernels/labels.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "odot/kernels/cross_entropy.hpp"
#include "odot/kernels/nll.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

using namespace odot;

namespace {

/// A device whose memory the host does not read.
struct Elsewhere {
  static constexpr bool host_accessible = false;
};

}  // namespace

TEST_CASE("labels within the classes pass, others are rejected in the loss's name") {
  using Labels = std::vector<std::int32_t>;
  CHECK_NOTHROW(kernels::check_labels<Cpu>("Loss", Labels{0, 2, 1}, 3));
  CHECK_NOTHROW(kernels::check_labels<Cpu>("Loss", Labels{}, 3));
  CHECK_THROWS_WITH_AS(kernels::check_labels<Cpu>("Loss", Labels{0, 1, 3, -1}, 3),
                       "odot::Loss: label of sample 2: expected 0 to 2, found 3", ArgumentError);
  CHECK_THROWS_WITH_AS(kernels::check_labels<Cpu>("Loss", Labels{-1}, 3),
                       "odot::Loss: label of sample 0: expected 0 to 2, found -1", ArgumentError);
  CHECK_THROWS_AS(kernels::check_labels<Cpu>("Loss", Labels{std::numeric_limits<std::int32_t>::min()}, 3),
                  ArgumentError);
  CHECK_NOTHROW(kernels::check_labels<Elsewhere>("Loss", Labels{7}, 3));
}

TEST_CASE("a label outside of the classes leaves sums and gradient as they were") {
  Workspace<Cpu> workspace(1);
  const std::vector<float> y{1, 2, 3, 4};
  const std::vector<std::int32_t> labels{0, 2};
  std::vector<float> dy(4, 9);
  kernels::LossSums sums{.loss = 5, .correct = 2, .samples = 3};
  const auto check = [&](auto loss) {
    CHECK_THROWS_AS((loss.template evaluate<float, 2>(workspace, BatchView<Shape<2>, const float>(y.data(), 2), labels,
                                                      1.0f, BatchView<Shape<2>, float>(dy.data(), 2), &sums)),
                    ArgumentError);
    CHECK(sums.loss == 5);
    CHECK(sums.correct == 2);
    CHECK(sums.samples == 3);
    CHECK(dy == std::vector<float>(4, 9));
  };
  check(kernels::NegativeLogLikelihood<Cpu>());
  check(kernels::CrossEntropy<Cpu>());
}

TEST_CASE("of outputs as large as the largest, the first one's label is the hit") {
  // as wide as some registers and not a multiple of them
  constexpr std::size_t K = 37;
  Workspace<Cpu> workspace(1);
  for (std::size_t first = 0; first < K; ++first)
    for (std::size_t label = 0; label < K; ++label) {
      std::vector<float> y(2 * K, -1);  // the second sample's outputs are all alike
      y[first] = y[K - 1] = y[(first + K) / 2] = 0;
      const std::vector<std::int32_t> labels{static_cast<std::int32_t>(label), static_cast<std::int32_t>(label)};
      kernels::LossSums sums, of_logits;
      const BatchView<Shape<K>, const float> outputs(y.data(), 2);
      kernels::NegativeLogLikelihood<Cpu>::evaluate<float, K>(workspace, outputs, labels, 1.0f,
                                                              BatchView<Shape<K>, float>(), &sums);
      kernels::CrossEntropy<Cpu>::evaluate<float, K>(workspace, outputs, labels, 1.0f, BatchView<Shape<K>, float>(),
                                                     &of_logits);
      CAPTURE(first);
      CAPTURE(label);
      CHECK(sums.correct == (label == first) + (label == 0));
      CHECK(of_logits.correct == sums.correct);
    }
}
