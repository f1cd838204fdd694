#pragma once
// SPDX-License-Identifier: MIT
// What the optimizers share: they meet a network at their first step and keep state blocks of its layout.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/fingerprint.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/nn/restore.hpp"
#include "odot/optim/clip.hpp"
#include "odot/optim/groups.hpp"
#include "odot/optim/require_range.hpp"
#include "odot/optim/state.hpp"

namespace odot::optim {

namespace detail {

/// Names and shapes of a network's parameters as one number.
ODOT_COLD inline std::uint64_t layout_of(const std::vector<nn::ParameterInfo>& table) {
  Fingerprint fingerprint;
  for (const auto& info : table) {
    fingerprint.add(info.name);
    for (const std::size_t extent : info.shape) fingerprint.add(std::uint64_t{extent});
  }
  return fingerprint.value();
}

[[noreturn]] ODOT_COLD inline void refuse_factor(double factor) {
  throw ArgumentError("odot::optim: the factor on the learning rate must be finite, found " + text_of(factor) +
                      "; check the schedule");
}

[[noreturn]] ODOT_COLD inline void refuse_network(std::size_t own, std::size_t found) {
  if (own != found)
    throw ArgumentError("odot::optim: this optimizer's state is for " + std::to_string(own) +
                        " parameters, the network has " + std::to_string(found) + "; use one optimizer per network");
  throw ArgumentError(
      "odot::optim: this optimizer's state is for parameters of other names or shapes than the network has; "
      "use one optimizer per network");
}

/// The parameters' table for each block of an optimizer's state: "exp_avg.0.conv.weight".
ODOT_COLD inline std::vector<std::vector<nn::ParameterInfo>> state_tables(const std::vector<nn::ParameterInfo>& table,
                                                                          std::span<const std::string_view> names) {
  std::vector<std::vector<nn::ParameterInfo>> tables(names.size(), table);
  for (std::size_t b = 0; b < names.size(); ++b)
    for (nn::ParameterInfo& row : tables[b]) row.name = std::string(names[b]) + "." + row.name;
  return tables;
}

/// The number of steps that a snapshot of this optimizer's has. Throws ArgumentError if it is of another optimizer.
ODOT_COLD inline std::size_t steps_of(const Snapshot& snapshot, std::string_view optimizer) {
  const auto found = snapshot.text("optimizer");
  const auto steps = snapshot.count("steps");
  constexpr double most = 9'007'199'254'740'992;  // 2⁵³; the next steps must not wrap around to step 0
  if (found == optimizer && steps && static_cast<double>(*steps) <= most) return static_cast<std::size_t>(*steps);
  throw ArgumentError("odot::optim: expected a snapshot of " + std::string(optimizer) +
                      " with its number of steps, found " +
                      (found == optimizer ? "one of it without"
                       : found            ? "one of " + shown_name(*found)
                                          : "one of no optimizer") +
                      "; nothing was changed");
}

}  // namespace detail

/// Options, groups, state and step count of an optimizer. Options have max_gradient_norm, which is of the whole network, and
/// hyperparameters(), what may differ from group to group; if these have `Snapshot describe() const`, their values as facts,
/// a resumed training compares them. Derived supplies
///     static constexpr std::size_t state_blocks;
///     static constexpr std::array<std::string_view, state_blocks> state_names;  // PyTorch's
///     static constexpr std::string_view name;
///     static void require_valid(const Hyperparameters&);                       // throws for those out of range
///     template <class Scalar> static void check_held(const Hyperparameters&);  // throws for those beyond the scalar
///     template <class Device, class Scalar>
///     void update(NetworkState<Device, Scalar>&, const Range<Hyperparameters>&, double factor);
/// and may supply
///     template <class Scalar> static Scalar largest_gradient();                // elements beyond it make a step throw
/// Move-only: a copy would share the state.
template <class Derived, class Options>
class Optimizer {
 public:
  using Hyperparameters = decltype(std::declval<const Options&>().hyperparameters());

  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

  /// One step along the network's gradients, clipped before where the options say so. Frozen parameters stay as they
  /// are, and so does their state. `factor` scales every learning rate
  /// (see optim/schedule.hpp).
  /// Errors  ArgumentError: the network's parameters, scalar or device are not the first step's; a factor that is not
  ///         finite
  ///         NonFiniteError: a gradient that the optimizer can't square, or whose norm is not finite where it is
  ///         clipped; the parameters stay as they are. (On a GPU nobody waits for that: the parameters become NaN.)
  template <DeviceType Device, class Scalar>
  void step(NetworkState<Device, Scalar>& network, double factor = 1.0);

  /// Elements of a gradient beyond this make a step fail.
  template <class Scalar>
  Scalar largest_accepted() const {
    if constexpr (bounded<Scalar>)
      if (!(options_.max_gradient_norm > 0)) return Derived::template largest_gradient<Scalar>();
    return (std::numeric_limits<Scalar>::max)();
  }

  /// The state by the names of the network's parameters ("exp_avg.0.weight"), zeros before the first step; as facts,
  /// the optimizer's name and its steps. Options and groups are the program's and not part of it.
  /// Errors  ArgumentError: not the network of the first step
  template <DeviceType Device, class Scalar>
  ODOT_COLD Snapshot snapshot(const NetworkState<Device, Scalar>& network) const;

  /// Takes over a state, so that the next step is the one that would have followed the snapshot.
  /// Errors  SnapshotError: names that are missing, unexpected or of another shape or type; all are listed
  ///         ArgumentError: a snapshot of another optimizer; not the network of the first step. Nothing has changed
  ///         then
  template <DeviceType Device, class Scalar>
  ODOT_COLD void restore(const Snapshot& snapshot, NetworkState<Device, Scalar>& network);

  /// Name, options and groups, as facts: what a training that is resumed must have too.
  ODOT_COLD Snapshot describe() const;

  /// Steps done.
  std::size_t steps() const { return steps_; }
  const Options& options() const { return options_; }
  const State& state() const { return state_; }

 protected:
  /// Own: what a group may name, see completed.
  template <class Own>
  ODOT_COLD Optimizer(Options options, const std::vector<Group<Own>>& groups);
  ~Optimizer() = default;

  /// The range's part of a state block.
  template <class Scalar, DeviceType Device>
  auto state_part(std::size_t block, const Range<Hyperparameters>& range) {
    return state_.template block<Scalar, Device>(block).subspan(range.offset, range.size);
  }

 private:
  template <class Scalar>
  static constexpr bool bounded = requires { Derived::template largest_gradient<Scalar>(); };

  /// Allocates at the first step; throws if it is not the network of the first step, or one like it.
  template <DeviceType Device, class Scalar>
  void meet(NetworkState<Device, Scalar>& network);

  /// Scales the gradient down to the norm of the options; throws if an element is beyond what Derived takes.
  template <DeviceType Device, class Scalar>
  void prepare_gradients(NetworkState<Device, Scalar>& network);

  /// Throws if the state is not of this network, or one like it.
  template <DeviceType Device, class Scalar>
  void require_met(const NetworkState<Device, Scalar>& network, std::uint64_t layout) const;

  template <DeviceType Device, class Scalar>
  ODOT_COLD void allocate(NetworkState<Device, Scalar>& network, std::uint64_t layout);

  Options options_;
  std::vector<Group<Hyperparameters>> groups_;
  std::vector<Range<Hyperparameters>> ranges_;
  State state_;
  std::uint64_t layout_ = 0;
  std::size_t steps_ = 0;
};

template <class Derived, class Options>
template <class Own>
Optimizer<Derived, Options>::Optimizer(Options options, const std::vector<Group<Own>>& groups)
    : options_(std::move(options)), groups_(completed(options_.hyperparameters(), groups)) {
  require_range("max_gradient_norm", options_.max_gradient_norm, 0, std::numeric_limits<double>::infinity());
  Derived::require_valid(options_.hyperparameters());
  for (const auto& group : groups_) Derived::require_valid(group.options);
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
void Optimizer<Derived, Options>::step(NetworkState<Device, Scalar>& network, double factor) {
  if (!std::isfinite(factor)) detail::refuse_factor(factor);
  meet(network);
  prepare_gradients(network);
  ++steps_;
  for (const auto& range : ranges_)
    nn::for_each_trainable(network.frozen(), {range.offset, range.size}, [&](const nn::BlockRange& s) {
      static_cast<Derived*>(this)->update(network, {s.offset, s.size, range.hyperparameters}, factor);
    });
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
void Optimizer<Derived, Options>::prepare_gradients(NetworkState<Device, Scalar>& network) {
  if (options_.max_gradient_norm > 0) {
    if constexpr (Device::host_accessible) clip_gradients(network, options_.max_gradient_norm);
    else detail::clip_unseen(network, options_.max_gradient_norm);
  }
  if constexpr (Device::host_accessible && bounded<Scalar>) {
    const Scalar largest = Derived::template largest_gradient<Scalar>();
    std::int64_t beyond = 0;
    network.count_gradients_beyond(largest, &beyond);
    if (beyond > 0) network.check_gradients_finite(largest);
  }
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
void Optimizer<Derived, Options>::meet(NetworkState<Device, Scalar>& network) {
  const std::uint64_t layout = detail::layout_of(network.parameter_table());
  if (state_.empty()) allocate(network, layout);
  require_met(network, layout);
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
void Optimizer<Derived, Options>::require_met(const NetworkState<Device, Scalar>& network, std::uint64_t layout) const {
  if (network.parameters().size() != state_.size() || layout != layout_)
    detail::refuse_network(state_.size(), network.parameters().size());
  (void)state_.template block<Scalar, Device>(0);  // throws if it is another's
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
void Optimizer<Derived, Options>::allocate(NetworkState<Device, Scalar>& network, std::uint64_t layout) {
  const Hyperparameters hyperparameters = options_.hyperparameters();
  Derived::template check_held<Scalar>(hyperparameters);
  for (const auto& group : groups_) Derived::template check_held<Scalar>(group.options);
  ranges_ = ranges_of(network.parameter_table(), hyperparameters, groups_);
  state_.template allocate<Scalar, Device>(Derived::state_blocks, network.parameters().size());
  layout_ = layout;
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
Snapshot Optimizer<Derived, Options>::snapshot(const NetworkState<Device, Scalar>& network) const {
  if (!state_.empty()) require_met(network, detail::layout_of(network.parameter_table()));
  Snapshot kept;
  for (std::size_t b = 0; b < Derived::state_blocks; ++b) {
    std::vector<Scalar> values(network.parameters().size());
    if (!state_.empty() && !values.empty())
      Device::copy_to_host(values.data(), state_.template block<Scalar, Device>(b).data(),
                           values.size() * sizeof(Scalar));
    for (const auto& info : network.parameter_table())
      kept.add(std::string(Derived::state_names[b]) + "." + info.name, info.shape,
               std::span<const Scalar>(values).subspan(info.offset, info.size));
  }
  kept.set_fact("optimizer", std::string(Derived::name));
  kept.set_fact("steps", steps_);
  return kept;
}

template <class Derived, class Options>
Snapshot Optimizer<Derived, Options>::describe() const {
  const auto described = [](const auto& hyperparameters) {
    if constexpr (requires { Snapshot(hyperparameters.describe()); }) return Snapshot(hyperparameters.describe());
    else return Snapshot();
  };
  Snapshot facts = described(options_.hyperparameters());
  facts.set_fact("name", std::string(Derived::name));
  facts.set_fact("max_gradient_norm", options_.max_gradient_norm);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::string group = "group-" + std::to_string(g + 1) + ".";
    facts.set_fact(group + "pattern", groups_[g].pattern);
    facts.merge(described(groups_[g].options), group);
  }
  return facts;
}

template <class Derived, class Options>
template <DeviceType Device, class Scalar>
void Optimizer<Derived, Options>::restore(const Snapshot& snapshot, NetworkState<Device, Scalar>& network) {
  const std::size_t steps = detail::steps_of(snapshot, Derived::name);
  const auto state = detail::state_tables(network.parameter_table(), Derived::state_names);
  std::vector<const std::vector<nn::ParameterInfo>*> tables;
  for (const auto& table : state) tables.push_back(&table);
  const odot::detail::Match match = odot::detail::match(snapshot, tables, scalar_type_of<Scalar>(), {});
  odot::detail::require_matched("odot::optim", match.unmatched);
  meet(network);
  std::vector<Scalar> values(network.parameters().size());
  for (std::size_t b = 0; b < Derived::state_blocks; ++b) {
    odot::detail::fill<Scalar>(match, b, values);
    if (!values.empty())
      Device::copy_from_host(state_.template block<Scalar, Device>(b).data(), values.data(),
                             values.size() * sizeof(Scalar));
  }
  steps_ = steps;
}

}  // namespace odot::optim
