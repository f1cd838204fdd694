#pragma once
// SPDX-License-Identifier: MIT
// Mistakes: the samples that a network is most wrong about.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "odot/core/config.hpp"

namespace odot {

/// A sample that was taken for a wrong class.
struct Mistake {
  std::size_t sample = 0;  ///< its number in the set
  std::int32_t label = 0, predicted = 0;
  double loss = 0;  ///< nats: −log of the label's probability
  double label_probability = 0, predicted_probability = 0;
};

/// Keeps the samples with the largest losses among those that are taken for a wrong class; of equal losses, the first in
/// the set. A sample with outputs that are not finite is not among them: it is taken for no class.
///     Mistakes mistakes(24);
///     const auto report = classification_report(network, network.workspace(), test, {}, mistakes);
///     for (const Mistake& mistake : mistakes.worst()) …
class Mistakes {
 public:
  explicit Mistakes(std::size_t most) : most_(most) {}

  /// Takes a sample by its outputs, logits or log-probabilities, and its label, which must be one of them.
  ODOT_FUNCTION void operator()(std::size_t sample, std::span<const double> outputs, std::int32_t label);

  /// The largest loss first.
  const std::vector<Mistake>& worst() const { return worst_; }
  /// Number of samples that were taken for a wrong class.
  std::size_t count() const { return count_; }

 private:
  std::size_t most_, count_ = 0;
  std::vector<Mistake> worst_;
};

#if ODOT_DEFINITIONS

void Mistakes::operator()(std::size_t sample, std::span<const double> outputs, std::int32_t label) {
  const auto own = static_cast<std::size_t>(label);
  if (label < 0 || own >= outputs.size()) return;  // a label that does not count
  if (!std::all_of(outputs.begin(), outputs.end(), [](double y) { return std::isfinite(y); })) return;
  const auto largest = static_cast<std::size_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
  if (largest == own) return;
  ++count_;
  double sum = 0;
  for (const double y : outputs) sum += std::exp(y - outputs[largest]);
  const double loss = outputs[largest] - outputs[own] + std::log(sum);
  const auto place = std::upper_bound(worst_.begin(), worst_.end(), loss,
                                      [](double value, const Mistake& kept) { return value > kept.loss; });
  if (worst_.size() == most_ && place == worst_.end()) return;
  worst_.insert(place, {sample, label, static_cast<std::int32_t>(largest), loss, std::exp(-loss), 1 / sum});
  if (worst_.size() > most_) worst_.pop_back();
}

#endif

}  // namespace odot
