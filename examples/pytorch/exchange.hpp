#pragma once
// SPDX-License-Identifier: MIT
// odot's side of the exchange of weights with PyTorch: a model that writes its weights, samples and outputs, and one that
// reads them.

#include <odot/io.hpp>
#include <odot/odot.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace exchange {

/// A model in one scalar: `save` trains it a little and writes its files into the folder; `check` reads them again and
/// returns the largest difference of its outputs from those in the file, relative to the largest output.
struct Model {
  std::string name, type;
  void (*save)(const std::string& stem);
  double (*check)(const std::string& stem);
};

inline constexpr std::size_t samples = 32, steps = 3;

template <class Net>
using Outputs = odot::Batch<typename Net::output_shape, typename Net::scalar>;
template <class Net>
using Inputs = odot::Batch<typename Net::input_shape, typename Net::scalar>;

/// The outputs for a batch; of sequences with these lengths.
template <class Net>
Outputs<Net> predict(const Net& network, const Inputs<Net>& x, const std::vector<std::int32_t>& lengths) {
  return network.predict(x.view(), lengths.empty() ? nullptr : lengths.data());
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
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<Scalar>(std::abs(random.normal(i)) / 3);
  using Target = typename odot::nn::TargetOf<Loss, Scalar>::type;
  std::vector<Target> targets(samples * Loss::template targets<typename Net::output_shape>);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<Target>(i % Net::output_shape::size);
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
  const auto shape = [](auto extents) {
    std::vector<std::size_t> all{samples};
    all.insert(all.end(), extents.begin(), extents.end());
    return all;
  };
  const Outputs<Net> y = predict(network, x, lengths);
  file.add("x", shape(Net::input_shape::extents), std::span<const Scalar>(x.data(), x.size()));
  file.add("y", shape(Net::output_shape::extents), std::span<const Scalar>(y.data(), y.size()));
  if (Sequences) file.add("lengths", {samples}, std::span<const std::int32_t>(lengths));
  odot::io::write_safetensors(stem + ".samples.safetensors", file);
}

template <class M, class Scalar>
double check(const std::string& stem) {
  using Net = odot::Network<M, odot::Cpu, Scalar>;
  Net network(odot::Seed{3});
  odot::io::load_weights(stem + ".safetensors", network);
  const odot::Snapshot file = odot::io::read_safetensors(stem + ".samples.safetensors");
  Inputs<Net> x(samples);
  std::ranges::copy(values<Scalar>(file, "x", x.size()), x.data());
  std::vector<std::int32_t> lengths;
  if (file.find("lengths")) lengths = values<std::int32_t>(file, "lengths", samples);
  const Outputs<Net> y = predict(network, x, lengths);
  const std::vector<Scalar> expected = values<Scalar>(file, "y", y.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    const double apart = std::abs(static_cast<double>(y.data()[i]) - static_cast<double>(expected[i]));
    if (!(apart <= difference) && !std::isnan(difference)) difference = apart;  // NaN stays
  }
  return difference / largest;
}

/// A model in both scalars.
template <class M, class Loss = odot::nn::NegativeLogLikelihood, bool Sequences = false>
void add(std::vector<Model>& models, const std::string& name) {
  models.push_back({name, "F32", save<M, float, Loss, Sequences>, check<M, float>});
  models.push_back({name, "F64", save<M, double, Loss, Sequences>, check<M, double>});
}

// Each compiled by itself.
void add_attention_models(std::vector<Model>& models);
void add_control_models(std::vector<Model>& models);
void add_transformers(std::vector<Model>& models);
void add_time_series(std::vector<Model>& models);

}  // namespace exchange
