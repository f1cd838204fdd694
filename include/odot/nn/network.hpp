#pragma once
// SPDX-License-Identifier: MIT
// Network: a model with its parameters, on a device.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/checked.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/weighted_mean.hpp"
#include "odot/nn/init.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/layer_calls.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network_errors.hpp"
#include "odot/nn/network_state.hpp"
#include "odot/nn/non_finite.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/pieces.hpp"

namespace odot {

/// The Network of a type that is not a model: reports that, and nothing else.
template <class Model, DeviceType Device = Cpu, class Scalar = float>
class Network {
  static constexpr bool is_model = nn::BoundLayer<Model>;
  static_assert(
      is_model,
      "odot::Network: a model is a layer bound to its input's shape, as nn::Sequential<Shape<1, 28, 28>, ...> is, a "
      "Shape first");

 public:
  explicit Network(auto&&...) {}
};

/// A model's parameters, their gradients and buffers, each in one block, and the passes through it.
/// Model: nn::Sequential<Shape<…>, …> or any other bound layer. Same seed, same bits, on any number of threads.
template <nn::BoundLayer Model, DeviceType Device, class Scalar>
class Network<Model, Device, Scalar> : public NetworkState<Device, Scalar> {
  using State = NetworkState<Device, Scalar>;

 public:
  using model = Model;
  using device = Device;
  using scalar = Scalar;
  using input_shape = typename Model::input_shape;
  using output_shape = typename Model::output_shape;
  using Input = BatchView<input_shape, const nn::InputNumber<Model, Scalar>, Device>;
  using Output = BatchView<output_shape, Scalar, Device>;

  static constexpr std::size_t parameter_count = Model::parameter_count;
  static constexpr std::size_t buffer_count = Model::buffer_count;

  /// Bytes that each sample of a training batch takes: outputs and caches kept, and gradients on the way back.
  static constexpr std::size_t training_memory_per_sample = [] {
    // Enough samples for fixed costs and rounding to vanish, and few enough for a 32-bit std::size_t.
    constexpr std::size_t many = std::size_t{1} << (sizeof(std::size_t) > 4 ? 20 : 6);
    return (Model::cache_elements(many) + Model::gradient_elements(many) + 2 * many * output_shape::size) / many *
           sizeof(Scalar);
  }();

  /// Initial weights from the seed; `threads` = 0 uses all threads. Throws ArgumentError if two parameters or buffers
  /// have the same name.
  ODOT_COLD explicit Network(Seed seed, const nn::init::Rule& rule = nn::init::normal(), int threads = 0)
      : State(seed, threads, nn::listed(Model::list_parameters), nn::listed(Model::list_buffers), rule), seed_(seed) {}

  /// Copies another network's parameters and buffers, from any device and scalar.
  ///     Network<Model, Gpu> on_gpu(seed);  on_gpu.copy_weights_from(on_cpu);
  /// Errors  ArgumentError: a number that this network's scalar can't hold; then nothing has changed
  template <DeviceType Other, class OtherScalar>
  void copy_weights_from(const Network<Model, Other, OtherScalar>& other) {
    if constexpr (std::is_same_v<Other, Device> && std::is_same_v<OtherScalar, Scalar>) {
      parameters_.copy_from(other.parameters().data());
      buffers_.copy_from(other.buffers().data());
    } else {
      this->restore(other.snapshot(), {.convert = true});
    }
  }

  /// The source of the random numbers of training steps (nn::Dropout's), with step(); at first the constructor's seed.
  Seed seed() const { return seed_; }
  void set_seed(Seed seed) { seed_ = seed; }

  // ---- predict

  /// y = the model's output in evaluation. It changes nothing in the network, so calls may run at the same time, each
  /// with its own workspace. It allocates nothing if the workspace was used for as many samples before.
  /// Shapes  x [N, input_shape...] → y [N, output_shape...]; lengths [N] (optional): valid tokens of each sequence
  void predict(Input x, Output y, Workspace<Device>& workspace, const std::int32_t* lengths = nullptr) const {
    if (x.samples() != y.samples()) nn::detail::refuse_outputs(x.samples(), y.samples());
    const WorkspaceScope<Device> scope(workspace);
    for (std::size_t begin = 0; begin < x.samples(); begin += Pieces::predicted) {
      const std::size_t n = (std::min)(Pieces::predicted, x.samples() - begin);
      const nn::Pass<Model, Device, Scalar> pass(workspace, {.parameters = parameters_.data(),
                                                             .buffers = buffers_.data(),
                                                             .lengths = lengths ? lengths + begin : nullptr});
      nn::detail::forward<Model>(pass, x.subbatch(begin, n), y.subbatch(begin, n));
    }
  }

  /// The same with its own memory; allocates.
  Batch<output_shape, Scalar, Device> predict(Input x, const std::int32_t* lengths = nullptr) const {
    Workspace<Device> workspace(workspace_.threads());
    Batch<output_shape, Scalar, Device> y(x.samples());
    predict(x, y, workspace, lengths);
    return y;
  }

  /// labels[n] = the class with the largest output of sample n, the first one if there are several; NaN counts as the
  /// largest. Everything else is as in predict; labels are in the device's memory.
  /// Shapes  x [N, input_shape...], model output [classes] → labels [N]
  /// Errors  compile time: a model output whose rank is not 1;  ArgumentError: not as many labels as samples
  void classify(Input x, std::span<std::int32_t> labels, Workspace<Device>& workspace,
                const std::int32_t* lengths = nullptr) const {
    constexpr bool has_classes = output_shape::rank == 1;
    static_assert(has_classes, "odot::Network::classify: the model's output must be rank 1, [classes]");
    if constexpr (has_classes) {
      if (labels.size() != x.samples()) nn::detail::refuse_labels(x.samples(), labels.size());
      auto frame = workspace.frame();
      const Output y(frame.template take<Scalar>(x.samples() * output_shape::size), x.samples());
      predict(x, y, workspace, lengths);
      const WorkspaceScope<Device> scope(workspace);
      const BatchView<Shape<1>, std::int32_t, Device> found(labels.data(), x.samples());
      found = argmax<0>(y);
    }
  }

  /// The same with its own memory, and labels on the host; allocates.
  std::vector<std::int32_t> classify(Input x, const std::int32_t* lengths = nullptr) const {
    Workspace<Device> workspace(workspace_.threads());
    Buffer<std::int32_t, Device> labels(x.samples());
    classify(x, labels.span(), workspace, lengths);
    return labels.to_host();
  }

  // ---- training

  /// gradients() = gradient of the mean loss over the batch; buffers are updated. Returns the batch's sums.
  /// A model whose samples do not depend on each other goes through in pieces of bounded memory.
  /// Shapes  x [N, input_shape...]; targets [N, …], as many as the loss takes for a sample; lengths as in predict
  /// Errors  compile time: a loss that does not fit the model's outputs;  ArgumentError: no samples, or not as many
  ///         targets
  ///     network.compute_gradients(MyLoss{.epsilon = 0.1}, x, targets);
  template <class Loss>
  nn::LossSums compute_gradients(const Loss& loss, Input x,
                                 std::span<const typename nn::TargetOf<Loss, Scalar>::type> targets,
                                 const std::int32_t* lengths = nullptr) {
    sums_.zero();
    backpropagate(loss, x, targets, sums_.data(), lengths);
    nn::LossSums sums;
    Device::copy_to_host(&sums, sums_.data(), sizeof sums);
    sums.labelled = nn::has_accuracy<Loss, Scalar>;
    sums.weighted = nn::detail::is_weighted(loss);
    return sums;
  }

  /// The same with a loss that carries no numbers, by default the negative log-likelihood of log-probabilities.
  template <class Loss = nn::NegativeLogLikelihood>
  nn::LossSums compute_gradients(Input x, std::span<const typename nn::TargetOf<Loss, Scalar>::type> targets,
                                 const std::int32_t* lengths = nullptr) {
    return compute_gradients(Loss{}, x, targets, lengths);
  }

  /// Like compute_gradients, but adds the batch's sums to `sums`, in the device's memory; on a GPU it does not wait.
  /// `at_once`: how many samples go through at once, so that the batch's gradient is accumulated from micro-batches; 0:
  /// as many as fit in memory, and all of them if layers couple samples.
  template <class Loss>
  void backpropagate(const Loss& loss, Input x, std::span<const typename nn::TargetOf<Loss, Scalar>::type> targets,
                     nn::LossSums* sums, const std::int32_t* lengths = nullptr, std::size_t at_once = 0) {
    if constexpr (nn::detail::loss_fits<Loss, Model, Scalar, Device>()) {
      constexpr std::size_t each = Loss::template targets<output_shape>;
      if (x.samples() == 0 || x.samples() * each != targets.size())
        nn::detail::refuse_targets(x.samples(), targets.size(), each);
      gradients_.zero();
      ++step_;
      auto frame = workspace_.frame();
      const bool weighted = nn::detail::is_weighted(loss);
      double* const weight_before = weighted ? frame.template take<double>(1) : nullptr;
      if (weighted) kernels::WeightedMean<Device>::measure(workspace_, sums, weight_before);
      const std::size_t piece = at_once > 0 ? at_once : training_piece(x.samples());
      for (std::size_t begin = 0; begin < x.samples(); begin += piece) {
        const std::size_t n = (std::min)(piece, x.samples() - begin);
        backpropagate_piece(loss, x.subbatch(begin, n), targets.subspan(begin * each, n * each),
                            1.0 / static_cast<double>(x.samples()), sums, lengths ? lengths + begin : nullptr, begin);
      }
      if (weighted)
        kernels::WeightedMean<Device>::divide(workspace_, x.samples(), weight_before, sums, gradients_.span());
      this->zero_frozen_gradients();
    }
  }
  template <class Loss = nn::NegativeLogLikelihood>
  void backpropagate(Input x, std::span<const typename nn::TargetOf<Loss, Scalar>::type> targets, nn::LossSums* sums,
                     const std::int32_t* lengths = nullptr) {
    backpropagate(Loss{}, x, targets, sums, lengths);
  }

  /// Throws NonFiniteError for a loss that is not finite, naming the first layer of a forward pass over `x` whose
  /// output is NaN or infinite.
  ODOT_COLD void explain_non_finite_loss(Input x, const std::int32_t* lengths = nullptr) {
    std::string where = nn::non_finite_parameter<Device>(parameters_.span(), parameter_table_);
    if constexpr (!Model::takes_indices)
      if (where.empty() && nn::any_non_finite<Device>(x.span())) where = "the input";
    const std::size_t piece = training_piece(x.samples());
    for (std::size_t begin = 0; begin < x.samples() && where.empty(); begin += piece)
      where = first_non_finite_output(x.subbatch(begin, (std::min)(piece, x.samples() - begin)),
                                      lengths ? lengths + begin : nullptr, begin);
    throw nn::error_of(
        {.what = nn::NonFinite::loss, .where = where.empty() ? "the loss itself, or the targets" : where});
  }

 private:
  using Pieces = nn::Pieces<Device>;
  using State::buffers_, State::gradients_, State::parameter_table_, State::parameters_, State::step_,
      State::workspace_;

  static constexpr std::uint64_t step_seeds = 0x7374'6570ull << 32;  // streams of the seed

  /// How many of `samples` samples go through a training step at once.
  static std::size_t training_piece(std::size_t samples) {
    return Model::couples_samples ? samples : Pieces::trained(training_memory_per_sample);
  }

  /// The first layer whose output is not finite in a training forward that changes nothing; empty if all are finite.
  ODOT_COLD std::string first_non_finite_output(Input x, const std::int32_t* lengths, std::size_t first_sample) {
    const WorkspaceScope<Device> scope(workspace_);
    auto frame = workspace_.frame();
    Scalar* cache = frame.template take<Scalar>(Model::cache_elements(x.samples()) + 1);
    const Output y(frame.template take<Scalar>(x.samples() * output_shape::size), x.samples());
    Buffer<Scalar, Device> scratch_buffers(buffer_count);
    scratch_buffers.from_host(buffers_.to_host().data());
    Model::forward(training_pass(cache, nullptr, scratch_buffers.data(), lengths, first_sample), x, y);
    return nn::non_finite_output<Model>(cache, y);
  }

  template <class Loss>
  void backpropagate_piece(const Loss& loss, Input x,
                           std::span<const typename nn::TargetOf<Loss, Scalar>::type> targets, double scale,
                           nn::LossSums* sums, const std::int32_t* lengths, std::size_t first_sample) {
    const std::size_t n = x.samples();
    (void)checked_product("odot::Network: memory of a training batch", n, training_memory_per_sample);
    const WorkspaceScope<Device> scope(workspace_);
    auto frame = workspace_.frame();
    Scalar* cache = frame.template take<Scalar>(Model::cache_elements(n) + 1);  // never null: null means predict
    const Output y(frame.template take<Scalar>(n * output_shape::size), n);
    const Output dy(frame.template take<Scalar>(n * output_shape::size), n);
    const auto pass = training_pass(cache, gradients_.data(), buffers_.data(), lengths, first_sample);
    nn::detail::forward<Model>(pass, x, y);
    const BatchView<output_shape, const Scalar, Device> result = y, gradient = dy;
    loss.evaluate(workspace_, result, targets, scale, dy, sums);
    nn::detail::backward<Model>(pass, x, result, gradient, BatchView<input_shape, Scalar, Device>());
  }

  nn::Pass<Model, Device, Scalar> training_pass(Scalar* cache, Scalar* gradients, Scalar* updated_buffers,
                                                const std::int32_t* lengths, std::size_t first_sample) {
    return {workspace_,
            {.parameters = parameters_.data(),
             .gradients = gradients,
             .buffers = buffers_.data(),
             .updated_buffers = updated_buffers,
             .cache = cache,
             .lengths = lengths,
             .seed = Random(seed_, step_seeds).bits(step_),
             .first_sample = first_sample}};
  }

  Seed seed_;
  Buffer<nn::LossSums, Device> sums_{1};  // of compute_gradients
};

}  // namespace odot
