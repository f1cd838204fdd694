#pragma once
// SPDX-License-Identifier: MIT
// odot's side of the exchange of weights with PyTorch: a model that writes its weights, samples and outputs, and one that
// reads weights and samples.

#include <odot/io.hpp>
#include <odot/odot.hpp>
#ifdef EXCHANGE_ONNX
#include <odot/io/onnx.hpp>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace exchange {

/// A model in one scalar: `save` trains it a little and writes weights, samples and outputs; `evaluate` reads weights and
/// samples, and writes its outputs, <stem>.outputs.safetensors.
struct Model {
  std::string name, type;
  void (*save)(const std::string& stem);
  void (*evaluate)(const std::string& stem);
};

inline constexpr std::size_t samples = 32, steps = 3;

template <class Net>
using Outputs = odot::Batch<typename Net::output_shape, typename Net::scalar>;
template <class Net>
using InputNumber = odot::nn::InputNumber<typename Net::model, typename Net::scalar>;
template <class Net>
using Inputs = odot::Batch<typename Net::input_shape, InputNumber<Net>>;

/// The outputs for a batch; of sequences with these lengths.
template <class Net>
Outputs<Net> predict(const Net& network, const Inputs<Net>& x, const std::vector<std::int32_t>& lengths) {
  return network.predict(x.view(), lengths.empty() ? nullptr : lengths.data());
}

/// Adds samples or outputs as an array.
template <class Shape, class T>
void add_batch(odot::Snapshot& file, const char* name, const odot::Batch<Shape, T>& batch) {
  std::vector<std::size_t> shape{samples};
  shape.insert(shape.end(), Shape::extents.begin(), Shape::extents.end());
  file.add(name, shape, std::span<const T>(batch.data(), batch.size()));
}

template <class T>
std::vector<T> values(const odot::Snapshot& file, const char* name, std::size_t size) {
  const odot::Snapshot::Array* array = file.find(name);
  if (!array || array->type != odot::scalar_type_of<T>() || array->size() != size)
    throw odot::Error(std::string("expected ") + std::to_string(size) + " numbers called " + name);
  std::vector<T> result(size);
  std::memcpy(result.data(), array->bytes.data(), array->bytes.size());
  return result;
}

/// A few steps of Adam on random samples. Sequences have lengths where `Sequences`.
template <class M, class Scalar, class Loss, bool Sequences>
void save(const std::string& stem) {
  using Net = odot::Network<M, odot::Cpu, Scalar>;
  Net network(odot::Seed{1}, odot::nn::init::xavier());
  for (const auto& info : network.buffer_table())
    if (info.name == "normalize.mean") {
      network.set_buffer("normalize.mean", std::vector<double>(info.size, 0.4));
      network.set_buffer("normalize.deviation", std::vector<double>(info.size, 0.3));
    }
  const odot::Random random(odot::Seed{2}, 1);
  Inputs<Net> x(samples);
  constexpr double largest = std::is_integral_v<InputNumber<Net>> ? 10 : 1. / 3;
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<InputNumber<Net>>(std::abs(random.normal(i)) * largest);
  using Target = typename odot::nn::TargetOf<Loss, Scalar>::type;
  std::vector<Target> targets(samples * Loss::template targets<typename Net::output_shape>);
  const std::size_t numbers =
      Net::output_shape::size / (std::is_integral_v<Target> ? Loss::template targets<typename Net::output_shape> : 1);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<Target>(i % numbers);
  std::vector<std::int32_t> lengths;
  if constexpr (Sequences)
    for (std::size_t n = 0; n < samples; ++n)
      lengths.push_back(static_cast<std::int32_t>(1 + n % Net::input_shape::extents[0]));
  odot::optim::Adam adam;
  for (std::size_t step = 0; step < steps; ++step) {
    network.template compute_gradients<Loss>(x.view(), targets, lengths.empty() ? nullptr : lengths.data());
    adam.step(network);
  }
  odot::io::save_weights(stem + ".safetensors", network);
  odot::Snapshot file;
  add_batch(file, "x", x);
  add_batch(file, "y", predict(network, x, lengths));
  if (Sequences) file.add("lengths", {samples}, std::span<const std::int32_t>(lengths));
  odot::io::write_safetensors(stem + ".samples.safetensors", file);
#ifdef EXCHANGE_ONNX
  odot::io::export_onnx(stem + ".onnx", network, {.lengths = Sequences});
#endif
}

template <class M, class Scalar>
void evaluate(const std::string& stem) {
  using Net = odot::Network<M, odot::Cpu, Scalar>;
  Net network(odot::Seed{3});
  odot::io::load_weights(stem + ".safetensors", network);
  const odot::Snapshot file = odot::io::read_safetensors(stem + ".samples.safetensors");
  Inputs<Net> x(samples);
  std::ranges::copy(values<InputNumber<Net>>(file, "x", x.size()), x.data());
  std::vector<std::int32_t> lengths;
  if (file.find("lengths")) lengths = values<std::int32_t>(file, "lengths", samples);
  odot::Snapshot outputs;
  add_batch(outputs, "y", predict(network, x, lengths));
  odot::io::write_safetensors(stem + ".outputs.safetensors", outputs);
}

/// A model in both scalars; for ../onnx/check.py in float alone.
template <class M, class Loss = odot::nn::NegativeLogLikelihood, bool Sequences = false>
void add(std::vector<Model>& models, const std::string& name) {
  models.push_back({name, "F32", save<M, float, Loss, Sequences>, evaluate<M, float>});
#ifndef EXCHANGE_ONNX
  models.push_back({name, "F64", save<M, double, Loss, Sequences>, evaluate<M, double>});
#endif
}

// Each compiled by itself; in the program exchange_short there is the first alone.
void add_short(std::vector<Model>& models);
void add_attention_models(std::vector<Model>& models);
void add_control_models(std::vector<Model>& models);
void add_transformers(std::vector<Model>& models);
void add_time_series(std::vector<Model>& models);

// Further ones for ../onnx/check.py.
void add_layers(std::vector<Model>& models);
void add_examples(std::vector<Model>& models);

}  // namespace exchange
