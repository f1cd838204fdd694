#pragma once
// SPDX-License-Identifier: MIT
// NetworkState: all of a network that does not depend on its model; functions that use it are compiled once for all
// models.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/count_beyond.hpp"
#include "odot/nn/frozen.hpp"
#include "odot/nn/init.hpp"
#include "odot/nn/non_finite.hpp"
#include "odot/nn/parameters.hpp"
#include "odot/nn/restore.hpp"

namespace odot {

namespace detail {

/// The row called `name`; the error lists all names.
ODOT_COLD inline const nn::ParameterInfo& find_parameter(const std::vector<nn::ParameterInfo>& table,
                                                         std::string_view name) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const auto& info) { return info.name == name; });
  if (row != table.end()) return *row;
  std::string known;
  for (const auto& info : table) known += (known.empty() ? "" : ", ") + info.name;
  throw ArgumentError("odot::Network: no parameter is called \"" + std::string(name) + "\"; there are: " + known);
}

}  // namespace detail

/// The parameters of a network, their gradients and buffers, each in one block; its workspace; its number of training
/// steps. Optimizers see only this part of a network.
template <DeviceType Device, class Scalar>
class NetworkState {
 public:
  using device = Device;
  using scalar = Scalar;

  // ---- the blocks, in the device's memory

  std::span<Scalar> parameters() { return parameters_.span(); }
  std::span<const Scalar> parameters() const { return parameters_.span(); }
  std::span<Scalar> gradients() { return gradients_.span(); }
  std::span<const Scalar> gradients() const { return gradients_.span(); }
  std::span<Scalar> buffers() { return buffers_.span(); }
  std::span<const Scalar> buffers() const { return buffers_.span(); }

  /// All parameters, and their gradients, as a batch of numbers: for expressions.
  BatchView<Shape<1>, Scalar, Device> all_parameters() { return {parameters().data(), parameters().size()}; }
  BatchView<Shape<1>, Scalar, Device> all_gradients() { return {gradients().data(), gradients().size()}; }

  /// Name, offset, size and shape of every parameter and buffer, in the order of the block.
  const std::vector<nn::ParameterInfo>& parameter_table() const { return parameter_table_; }
  const std::vector<nn::ParameterInfo>& buffer_table() const { return buffer_table_; }

  /// One parameter, gradient or buffer by its dotted name ("0.conv.weight"). Throws ArgumentError for an unknown name.
  std::span<Scalar> parameter(std::string_view name) { return slice(parameters(), parameter_table_, name); }
  std::span<const Scalar> parameter(std::string_view name) const { return slice(parameters(), parameter_table_, name); }
  std::span<Scalar> gradient(std::string_view name) { return slice(gradients(), parameter_table_, name); }
  std::span<Scalar> buffer(std::string_view name) { return slice(buffers(), buffer_table_, name); }

  /// Copies numbers from the host into a parameter or buffer. Throws ArgumentError for an unknown name or a different
  /// number of elements.
  ODOT_COLD void set_parameter(std::string_view name, std::span<const double> values);
  ODOT_COLD void set_buffer(std::string_view name, std::span<const double> values);

  // ---- saving and restoring

  /// All parameters and buffers by their names. (Seed and step belong to a training, not to the network.)
  ODOT_COLD Snapshot snapshot() const;

  /// Copies the snapshot's arrays into parameters and buffers. Returns what did not fit, which only `.partial` allows.
  /// Errors  SnapshotError: names that are missing, unexpected or of another shape or type; all of them are listed, and
  ///         nothing has changed
  ODOT_COLD Unmatched restore(const Snapshot& snapshot, const RestoreOptions& options = {});

  // ---- frozen parameters

  /// From now on, optimizers do not change the parameters whose names match `pattern` ("*" stands for any run of
  /// characters), and their gradients are 0. Buffers are not parameters: a training forward still changes a batch
  /// norm's running statistics. (Gradients are still computed, so no time is saved.) A snapshot does not record what is
  /// frozen.
  /// Errors  ArgumentError: a pattern that matches no parameter
  ODOT_COLD void freeze(std::string_view pattern) { set_frozen("freeze", pattern, true); }
  ODOT_COLD void unfreeze(std::string_view pattern = "*") { set_frozen("unfreeze", pattern, false); }

  /// The frozen parameters, as stretches of the block, in its order.
  const std::vector<nn::BlockRange>& frozen() const { return frozen_; }

  /// The number of training steps so far. The random numbers of a step (nn::Dropout's) depend on it and on the seed;
  /// set it to give the next step the random numbers of another step.
  std::uint64_t step() const { return step_; }
  void set_step(std::uint64_t step) { step_ = step; }

  /// Throws NonFiniteError, naming the first parameter (in the order of the backward pass) whose gradient is NaN or
  /// infinite; or, if there is none, the first with elements beyond `largest`.
  ODOT_COLD void check_gradients_finite(Scalar largest = (std::numeric_limits<Scalar>::max)()) const;

  /// *count = the number of gradient elements that are NaN, infinite or beyond `largest`. `count` is in the device's
  /// memory; the call does not wait.
  void count_gradients_beyond(Scalar largest, std::int64_t* count);

  Workspace<Device>& workspace() { return workspace_; }

 protected:
  static constexpr std::uint64_t initial_weights = 1;  // a stream of the seed

  /// `threads` = 0 uses all threads. Throws ArgumentError if two parameters or buffers have the same name.
  ODOT_COLD NetworkState(Seed seed, int threads, std::vector<nn::ParameterInfo> parameter_table,
                         std::vector<nn::ParameterInfo> buffer_table, const nn::init::Rule& rule);
  NetworkState(NetworkState&&) = default;
  NetworkState& operator=(NetworkState&&) = default;
  ~NetworkState() = default;

  /// Gradients of frozen parameters = 0.
  void zero_frozen_gradients() {
    for (const nn::BlockRange& s : frozen_) Device::zero(gradients_.data() + s.offset, s.size * sizeof(Scalar));
  }

  Workspace<Device> workspace_;
  std::vector<nn::BlockRange> frozen_;
  std::uint64_t step_ = 0;
  std::vector<nn::ParameterInfo> parameter_table_, buffer_table_;
  Buffer<Scalar, Device> parameters_, gradients_, buffers_;

 private:
  static std::size_t elements(const std::vector<nn::ParameterInfo>& table) {
    return table.empty() ? 0 : table.back().offset + table.back().size;
  }

  ODOT_COLD void set_frozen(const char* what, std::string_view pattern, bool frozen) {
    frozen_ = nn::with_frozen(what, parameter_table_, frozen_, pattern, frozen);
  }

  ODOT_COLD static void require_unique(const std::vector<nn::ParameterInfo>& table);

  static void initialise(const std::vector<nn::ParameterInfo>& table, Buffer<Scalar, Device>& block,
                         const Random& random, const nn::init::Rule& rule);

  ODOT_COLD static void set_values(const char* what, std::string_view name, std::span<Scalar> target,
                                   std::span<const double> values);

  template <class T>
  static std::span<T> slice(std::span<T> block, const std::vector<nn::ParameterInfo>& table, std::string_view name) {
    const auto& info = detail::find_parameter(table, name);
    return block.subspan(info.offset, info.size);
  }
};

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::set_values(const char* what, std::string_view name, std::span<Scalar> target,
                                              std::span<const double> values) {
  if (values.size() != target.size())
    throw ArgumentError(std::string("odot::Network::") + what + ": " + std::string(name) + " has " +
                        std::to_string(target.size()) + " elements, " + std::to_string(values.size()) + " were given");
  const std::vector<Scalar> converted(values.begin(), values.end());
  Device::copy_from_host(target.data(), converted.data(), target.size_bytes());
}

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::set_parameter(std::string_view name, std::span<const double> values) {
  set_values("set_parameter", name, parameter(name), values);
}

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::set_buffer(std::string_view name, std::span<const double> values) {
  set_values("set_buffer", name, buffer(name), values);
}

template <DeviceType Device, class Scalar>
Snapshot NetworkState<Device, Scalar>::snapshot() const {
  Snapshot kept;
  const auto add = [&kept](const auto& table, std::span<const Scalar> block) {
    const auto host = on_host<Device>(block);
    const std::span<const Scalar> values = host;
    for (const auto& info : table) kept.add(info.name, info.shape, values.subspan(info.offset, info.size));
  };
  add(parameter_table_, parameters());
  add(buffer_table_, buffers_.span());
  return kept;
}

template <DeviceType Device, class Scalar>
Unmatched NetworkState<Device, Scalar>::restore(const Snapshot& snapshot, const RestoreOptions& options) {
  const std::vector<nn::ParameterInfo>* const tables[]{&parameter_table_, &buffer_table_};
  detail::Match match = detail::match(snapshot, tables, scalar_type_of<Scalar>(), options);
  if (!options.partial) detail::require_matched("odot::Network::restore", match.unmatched);
  std::vector<Scalar> parameters = parameters_.to_host(), buffers = buffers_.to_host();
  detail::fill<Scalar>(match, 0, parameters);
  detail::fill<Scalar>(match, 1, buffers);
  parameters_.from_host(parameters.data());
  buffers_.from_host(buffers.data());
  return std::move(match.unmatched);
}

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::check_gradients_finite(Scalar largest) const {
  const auto values = on_host<Device>(gradients());
  if (const auto found = nn::non_finite_gradient(std::span<const Scalar>(values), parameter_table_, largest))
    throw nn::error_of(found);
}

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::count_gradients_beyond(Scalar largest, std::int64_t* count) {
  kernels::CountBeyond<Device>::evaluate(workspace_, std::span<const Scalar>(gradients()), largest, count);
}

template <DeviceType Device, class Scalar>
NetworkState<Device, Scalar>::NetworkState(Seed seed, int threads, std::vector<nn::ParameterInfo> parameter_table,
                                           std::vector<nn::ParameterInfo> buffer_table, const nn::init::Rule& rule)
    : workspace_(threads), parameter_table_(std::move(parameter_table)), buffer_table_(std::move(buffer_table)),
      parameters_(elements(parameter_table_)), gradients_(parameters_.size()), buffers_(elements(buffer_table_)) {
  std::vector<nn::ParameterInfo> all = parameter_table_;
  all.insert(all.end(), buffer_table_.begin(), buffer_table_.end());
  require_unique(all);
  initialise(parameter_table_, parameters_, Random(seed, initial_weights), rule);
  initialise(buffer_table_, buffers_, Random(seed, initial_weights), rule);
}

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::require_unique(const std::vector<nn::ParameterInfo>& table) {
  for (auto row = table.begin(); row != table.end(); ++row)
    if (std::any_of(table.begin(), row, [&](const auto& other) { return other.name == row->name; }))
      throw ArgumentError("odot::Network: two parameters or buffers are called \"" + row->name +
                          "\"; give their layers different names with nn::Named");
}

template <DeviceType Device, class Scalar>
void NetworkState<Device, Scalar>::initialise(const std::vector<nn::ParameterInfo>& table,
                                              Buffer<Scalar, Device>& block, const Random& random,
                                              const nn::init::Rule& rule) {
  std::vector<Scalar> values(block.size());
  for (const auto& info : table) {
    const bool drawn = info.init == nn::Init::drawn || info.init == nn::Init::drawn_elementwise;
    const double deviation = !drawn ? 0.0 : info.deviation > 0 ? info.deviation : rule(info);
    for (std::size_t i = info.offset; i < info.offset + info.size; ++i)
      values[i] = static_cast<Scalar>(drawn ? deviation * random.normal(i) : info.init == nn::Init::one ? 1.0 : 0.0);
  }
  block.from_host(values.data());
}

#if ODOT_HAS_LIBRARY
ODOT_INSTANTIATION template class NetworkState<Cpu, float>;
ODOT_INSTANTIATION template class NetworkState<Cpu, double>;
#endif

}  // namespace odot
