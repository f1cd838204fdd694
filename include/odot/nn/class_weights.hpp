#pragma once
// SPDX-License-Identifier: MIT
// ClassWeights: one number per class, which a loss carries to any device.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/config.hpp"
#include "odot/core/device.hpp"
#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"

namespace odot::nn {

/// One weight per class, or none. Copies share their memory.
///     nn::CrossEntropy{.class_weights = {1, 1, 4}}
/// Errors  ArgumentError: a weight that is negative or not finite
class ClassWeights {
 public:
  ClassWeights() = default;
  ClassWeights(std::initializer_list<double> weights) : ClassWeights(std::vector<double>(weights)) {}
  ClassWeights(std::vector<double> weights);

  bool empty() const { return !kept_; }
  std::span<const double> values() const {
    return kept_ ? std::span<const double>(kept_->values) : std::span<const double>();
  }

  /// "1 1 4"; empty if there are none.
  ODOT_COLD std::string text() const;

  /// The weights as numbers of type S in the device's memory; empty if there are none. Any number of threads may call it.
  /// `loss` and `classes`: what the weights are for.
  /// Errors  ArgumentError: not as many weights as classes
  template <class S, DeviceType Device>
  std::span<const S> on_device(const char* loss, std::size_t classes) const {
    if (!kept_) return {};
    if (kept_->values.size() != classes)
      throw ArgumentError(std::string("odot::nn::") + loss + ": expected a weight for each of " +
                          std::to_string(classes) + " classes, found " + std::to_string(kept_->values.size()));
    const std::lock_guard lock(kept_->mutex);
    std::shared_ptr<void>& copy = kept_->copies[device_fingerprint<Device>() ^ sizeof(S)];
    if (!copy) {
      auto buffer = std::make_shared<Buffer<S, Device>>(classes);
      const std::vector<S> converted(kept_->values.begin(), kept_->values.end());
      buffer->from_host(converted.data());
      copy = std::move(buffer);
    }
    return std::as_const(*static_cast<Buffer<S, Device>*>(copy.get())).span();
  }

 private:
  struct Kept {
    explicit Kept(std::vector<double> weights) : values(std::move(weights)) {}
    std::vector<double> values;
    std::mutex mutex;
    std::map<std::uint64_t, std::shared_ptr<void>> copies;  // by device and scalar
  };
  std::shared_ptr<Kept> kept_;
};

#if ODOT_DEFINITIONS

ODOT_FUNCTION ClassWeights::ClassWeights(std::vector<double> weights) {
  for (std::size_t k = 0; k < weights.size(); ++k)
    if (!(weights[k] >= 0 && weights[k] <= (std::numeric_limits<double>::max)()))
      throw ArgumentError("odot::nn::ClassWeights: weight " + std::to_string(k) +
                          ": expected a number that is not negative, found " + number_text::shortest(weights[k]));
  if (!weights.empty()) kept_ = std::make_shared<Kept>(std::move(weights));
}

ODOT_FUNCTION std::string ClassWeights::text() const {
  std::string all;
  for (const double each : values()) all.append(all.empty() ? "" : " ").append(number_text::shortest(each));
  return all;
}

#endif

}  // namespace odot::nn
