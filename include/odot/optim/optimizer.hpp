#pragma once
// SPDX-License-Identifier: MIT
// What the optimizers share: they meet a network at their first step and keep state blocks of its layout.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/optim/clip.hpp"
#include "odot/optim/groups.hpp"
#include "odot/optim/state.hpp"

namespace odot::optim {

/// Options, groups, state and step count of an optimizer. Derived supplies
///     static constexpr std::size_t state_blocks;
///     template <class Device, class Scalar>
///     void update(NetworkState<Device, Scalar>&, const Range<Options>&, double factor);
/// Move-only: a copy would share the state.
template <class Derived, class Options>
class Optimizer {
 public:
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

  /// One step along the network's gradients, clipped before where the options say so. `factor` scales every learning rate
  /// (see optim/schedule.hpp).
  /// Throws ArgumentError where the network's number of parameters, scalar or device is not the first step's.
  template <DeviceType Device, class Scalar>
  void step(NetworkState<Device, Scalar>& network, double factor = 1.0) {
    if (state_.empty()) {
      ranges_ = ranges_of(network.parameter_table(), options_, groups_);
      state_.template allocate<Scalar, Device>(Derived::state_blocks, network.parameters().size());
    }
    if (network.parameters().size() != state_.size())
      throw ArgumentError("odot::optim: this optimizer's state is for " + std::to_string(state_.size()) +
                          " parameters, the network has " + std::to_string(network.parameters().size()) +
                          "; use one optimizer per network");
    (void)state_.template block<Scalar, Device>(0);  // throws where it is another's
    ++steps_;
    if (options_.max_gradient_norm > 0) {
      auto frame = network.workspace().frame();
      detail::clip_to(network, options_.max_gradient_norm, frame.template take<double>(1));
    }
    for (const auto& range : ranges_) static_cast<Derived*>(this)->update(network, range, factor);
  }

  /// Steps done.
  std::size_t steps() const { return steps_; }
  const Options& options() const { return options_; }
  const State& state() const { return state_; }

 protected:
  Optimizer(Options options, std::vector<Group<Options>> groups)
      : options_(std::move(options)), groups_(std::move(groups)) {
    detail::check_clipping(options_, groups_);
  }
  ~Optimizer() = default;

  /// The range's part of a state block.
  template <class Scalar, DeviceType Device>
  auto state_part(std::size_t block, const Range<Options>& range) const {
    return state_.template block<Scalar, Device>(block).subspan(range.offset, range.size);
  }

 private:
  Options options_;
  std::vector<Group<Options>> groups_;
  std::vector<Range<Options>> ranges_;
  State state_;
  std::size_t steps_ = 0;
};

}  // namespace odot::optim
