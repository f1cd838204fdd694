#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: what copies every number, or rounds it once or twice, and adds up gradients over samples.

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "accuracy/images.hpp"
#include "accuracy/losses.hpp"
#include "accuracy/probe.hpp"
#include "odot/kernels/add.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/normalize.hpp"
#include "odot/nn/patch_embedding.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/nn/relu.hpp"

namespace odot::test {

struct Rectified : Bound<nn::ReLU, Shape<37>> {};
struct OneToken : Bound<nn::SelectToken<3>, Shape<5, 7>> {};
struct FinalToken : Bound<nn::LastToken, Shape<5, 7>> {};
struct Positions : Bound<nn::PositionEmbedding, Shape<5, 7>> {};
struct Classes : Bound<nn::ClassToken, Shape<5, 7>> {};
struct Patched : Bound<nn::PatchEmbedding<4, 16>, Shape<3, 12, 8>> {};
struct Normalized : Bound<nn::Normalize, Shape<3, 7, 5>> {};
struct Thinned : Bound<nn::Dropout<0.3>, Shape<37>> {};

/// A layer that copies numbers, or leaves them out: every number is that of double.
template <nn::BoundLayer Layer, class Device>
void check_copies(const std::string& name, double size) {
  LayerRun<Layer, double> reference(21);
  uniform<Layer>(size)(reference);
  round_to_float(reference);
  reference.forward();
  reference.backward();
  const Row row{.layer = name, .size = size, .output = 0, .gradients = 0};
  const Errors errors = Device::template errors<Layer>(reference, row);
  CAPTURE(name);
  CAPTURE(size);
  CHECK(errors.y == 0);
  CHECK(errors.dx == 0);
  CHECK(errors.dparameters == 0);
}

template <class Device>
void copies_of_any_size() {
  for (const double size : any_size) {
    check_copies<Rectified, Device>("ReLU", size);
    check_copies<OneToken, Device>("SelectToken", size);
    check_copies<FinalToken, Device>("LastToken", size);
  }
}

/// The sum of two arrays.
template <class Scalar, DeviceType Device>
std::vector<Scalar> sum_of(const std::vector<float>& a, const std::vector<float>& b) {
  Workspace<Device> workspace;
  const Buffer<Scalar, Device> left = on_device<Scalar, Device>(a), right = on_device<Scalar, Device>(b);
  Buffer<Scalar, Device> sum(a.size());
  using View = BatchView<Shape<1>, const Scalar, Device>;
  kernels::Add<Device>::template forward<Shape<1>, Scalar>(workspace, View(left.data(), a.size()),
                                                           View(right.data(), b.size()), {sum.data(), sum.size()});
  return sum.to_host();
}

template <class Device>
void check_sum(double size) {
  const std::vector<float> a = numbers(size, 777), b = numbers(1, 777, 777);
  const Row row{.layer = "Residual: x + y", .size = size, .length = 2, .output = 1e-7, .backward = false};
  check_errors(row, Device::name,
               {.y = relative_error(sum_of<float, typename Device::device>(a, b), sum_of<double, Cpu>(a, b),
                                    row.output_floor())});
}

/// Statistics near the inputs.
inline Prepare<Normalized> statistics(double size) {
  return [=](LayerRun<Normalized, double>& run) {
    uniform<Normalized>(size)(run);
    for (std::size_t c = 0; c < 3; ++c) {
      run.buffer("mean")[c] = static_cast<float>(size * (0.5 - 0.3 * static_cast<double>(c)));
      run.buffer("deviation")[c] = static_cast<float>(size * (0.1 + 0.2 * static_cast<double>(c)));
    }
  };
}

template <class Device>
void elements_of_any_size() {
  for (const double size : any_size) {
    check_sum<Device>(size);
    check_row<Positions, Device>({"PositionEmbedding", size, 33, 1e-7, 1e-6}, 33, uniform<Positions>(size));
    check_row<Classes, Device>({"ClassToken", size, 33, 0, 1e-6}, 33, uniform<Classes>(size));
    check_row<Patched, Device>({"PatchEmbedding", size, 48, 1e-6, 1e-5}, 33, uniform<Patched>(size));
    check_row<Thinned, Device>({"Dropout", size, 0, 2e-7, 2e-7}, 21, uniform<Thinned>(size));
  }
}

template <class Device>
void fixed_norms_of_any_size() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15})
    check_row<Normalized, Device>({"Normalize", size, 0, 3e-7, 1e-7}, 21, statistics(size));
}

/// Gradients that do not cancel, summed over many samples.
template <nn::BoundLayer Layer>
Prepare<Layer> positive_gradients() {
  return [](LayerRun<Layer, double>& run) {
    uniform<Layer>(1)(run);
    for (double& dy : run.dy.span()) dy = std::abs(dy);
  };
}

/// Up to `most` of them.
template <class Device>
void gradients_of_many_samples(std::size_t most) {
  struct Position : Bound<nn::PositionEmbedding, Shape<1, 2>> {};
  struct Class : Bound<nn::ClassToken, Shape<1, 2>> {};
  struct Product : Bound<nn::Linear<3>, Shape<2>> {};
  for (std::size_t samples = 1'000; samples <= most; samples *= 10) {
    const double work = 10 * static_cast<double>(samples);
    check_row<Position, Device>({"PositionEmbedding", 1, samples, 1e-7, 1e-6, 0, work}, samples,
                                positive_gradients<Position>());
    check_row<Class, Device>({"ClassToken", 1, samples, 0, 1e-6, 0, work}, samples, positive_gradients<Class>());
    check_row<Product, Device>({"Linear, many samples", 1, samples, 1e-6, 1e-6, 0, work}, samples,
                               positive_gradients<Product>());
  }
}

/// The angles are made in double, however far the token is.
template <std::size_t L, class Device>
void positions(double size) {
  struct Layer : Bound<nn::SinusoidalPosition, Shape<L, 6>> {};
  check_row<Layer, Device>({"SinusoidalPosition", size, L, 2e-7, 0, 0, 30.0 * L}, 1, uniform<Layer>(size));
}

template <class Device>
void sinusoidal_positions() {
  for (const double size : any_size) positions<37, Device>(size);
  positions<1'000, Device>(1);
  positions<100'000, Device>(1);
  positions<1'000'000, Device>(1);
}

}  // namespace odot::test
