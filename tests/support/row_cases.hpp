#pragma once
// SPDX-License-Identifier: MIT
// Numerical cases of the kernels that work on rows, the same for every device: numbers that are not finite, inputs of every
// size, long sums. All in float.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

namespace odot::test {

inline constexpr float nan_float = std::numeric_limits<float>::quiet_NaN(),
                       infinite_float = std::numeric_limits<float>::infinity(),
                       largest_float = std::numeric_limits<float>::max();

/// Numbers in a device's memory, 77 where a kernel is to fill them.
template <class Device, class T = float>
struct DeviceNumbers {
  Buffer<T, Device> buffer;

  explicit DeviceNumbers(const std::vector<T>& values) : buffer(values.size()) { buffer.from_host(values.data()); }
  explicit DeviceNumbers(std::size_t count) : DeviceNumbers(std::vector<T>(count, T(77))) {}

  template <ShapeType Sh>
  BatchView<Sh, T, Device> batch() {
    return {buffer.data(), buffer.size() / Sh::size};
  }
  template <ShapeType Sh>
  BatchView<Sh, const T, Device> input() {
    return {buffer.data(), buffer.size() / Sh::size};
  }
  std::vector<T> values() const { return buffer.to_host(); }
};

inline std::vector<double> as_double(const std::vector<float>& values) { return {values.begin(), values.end()}; }

/// `forward` and `backward` of a kernel of single numbers: y(x) and dx(x, dy).
template <template <class> class Kernel, class Device>
struct ElementRun {
  using Sh = Shape<1>;
  Workspace<Device> workspace;

  std::vector<float> forward(const std::vector<float>& x) {
    DeviceNumbers<Device> in(x), out(x.size());
    Kernel<Device>::template forward<Sh, float>(workspace, in.template input<Sh>(), out.template batch<Sh>());
    return out.values();
  }
  std::vector<float> backward(const std::vector<float>& read, const std::vector<float>& dy) {
    DeviceNumbers<Device> in(read), grad(dy), out(dy.size());
    Kernel<Device>::template backward<Sh, float>(workspace, in.template input<Sh>(), grad.template input<Sh>(),
                                                 out.template batch<Sh>());
    return out.values();
  }
};

/// NaN at every third number, and the first ones of registers and of what is left over from them.
template <template <class> class ReLU, class Device>
void check_relu_numbers() {
  ElementRun<ReLU, Device> run;
  std::vector<float> x(75, -1), dy(75, 2);
  for (std::size_t i = 0; i < x.size(); i += 3) x[i] = nan_float;
  x[1] = infinite_float, x[2] = -infinite_float, x[4] = 0, x[5] = -0.0f, x[7] = 1e-45f, x[8] = -1e-45f;
  const std::vector<float> y = run.forward(x), dx = run.backward(y, dy);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(i);
    CHECK(std::isnan(y[i]) == std::isnan(x[i]));
    CHECK((std::isnan(x[i]) || y[i] == std::max(x[i], 0.0f)));
    CHECK(dx[i] == (x[i] <= 0 ? 0 : 2));  // of NaN as PyTorch's
  }
}

/// Against std::erfc in double, at sizes where eˣ underflows and where x² overflows.
template <template <class> class GELU, class Device>
void check_gelu_numbers() {
  ElementRun<GELU, Device> run;
  std::vector<float> x = hash_uniform<float>(1000, 3);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= std::pow(10.0f, static_cast<float>(i % 68) - 30);
  for (const float large : {largest_float, 1e37f, 1e20f, 30.0f, 14.0f, 13.0f}) x.insert(x.end(), {large, -large});
  const std::vector<float> y = run.forward(x), dx = run.backward(x, std::vector<float>(x.size(), 1));
  for (std::size_t i = 0; i < x.size(); ++i) {
    CAPTURE(x[i]);
    const double v = static_cast<double>(x[i]), phi = std::erfc(-v / std::numbers::sqrt2) / 2;
    const double density = std::exp(-v * v / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    CHECK(std::abs(static_cast<double>(y[i]) - v * phi) <= 4e-7 * std::abs(v) * std::max(phi, 0.1));
    CHECK(std::abs(static_cast<double>(dx[i]) - (phi + v * density)) <= 1e-6);
  }
  std::vector<float> spoiled(75, 1);
  for (std::size_t i = 0; i < spoiled.size(); i += 3) spoiled[i] = nan_float;
  const std::vector<float> ones(75, 1), of_nan = run.forward(spoiled), gradient = run.backward(spoiled, ones),
                                        of_gradient = run.backward(ones, spoiled);
  for (std::size_t i = 0; i < spoiled.size(); ++i)
    for (const auto* result : {&of_nan, &gradient, &of_gradient}) CHECK(std::isnan((*result)[i]) == (i % 3 == 0));
  CHECK(run.forward({infinite_float})[0] == infinite_float);
}

/// Rows of equal logits, whose probabilities are 1/K; NaN and infinities among others.
template <template <class> class LogSoftmax, class Device>
void check_log_softmax_numbers() {
  Workspace<Device> workspace;
  const auto run = [&]<std::size_t K>(const std::vector<float>& logits, const std::vector<float>& grad) {
    DeviceNumbers<Device> x(logits), y(logits.size()), dy(grad), dx(logits.size());
    LogSoftmax<Device>::template forward<float, K>(workspace, x.template input<Shape<K>>(),
                                                   y.template batch<Shape<K>>());
    LogSoftmax<Device>::template backward<float, K>(workspace, y.template input<Shape<K>>(),
                                                    dy.template input<Shape<K>>(), dx.template batch<Shape<K>>());
    return std::pair(y.values(), dx.values());
  };
  constexpr std::size_t many = 300'001;
  for (const float size : {1e-30f, 1.0f, 1e30f}) {
    const auto [y, dx] = run.template operator()<many>(std::vector<float>(many, size), std::vector<float>(many, 0.1f));
    CHECK(difference(y, std::vector<double>(many, -std::log(static_cast<double>(many))), 2e-7) == "");
    CHECK(std::ranges::all_of(dx, [](float d) { return std::abs(d) <= 1e-6f; }));  // 0.1 − K · 0.1 / K
  }
  constexpr std::size_t K = 19;
  for (std::size_t at = 0; at < K; ++at) {
    std::vector<float> x = hash_uniform<float>(3 * K, 7);
    const std::vector<float> dy(3 * K, 0.5f);
    x[K + at] = nan_float;
    const auto [y, dx] = run.template operator()<K>(x, dy);
    for (std::size_t i = 0; i < 3 * K; ++i) {
      CHECK(std::isnan(y[i]) == (i / K == 1));
      CHECK(std::isnan(dx[i]) == (i / K == 1));
    }
    x[K + at] = infinite_float;
    CHECK(std::isnan(run.template operator()<K>(x, dy).first[K]));
    x[K + at] = -infinite_float;
    const std::vector<float> small = run.template operator()<K>(x, dy).first;
    for (std::size_t k = 0; k < K; ++k)
      CHECK((k == at ? small[K + k] == -infinite_float : std::isfinite(small[K + k])));
  }
}

/// A loss of logits or log-probabilities: NaN is in the loss, and never a hit.
template <template <class> class Loss, class Device, class Sums>
void check_labels_of_nan(bool of_logits) {
  constexpr std::size_t K = 19, samples = 3;
  Workspace<Device> workspace;
  for (const float bad : {nan_float, infinite_float, -infinite_float})
    for (std::size_t at = 0; at < K; ++at)
      for (const bool all_of_them : {false, true}) {
        std::vector<float> outputs = hash_uniform<float>(samples * K, 11);
        std::vector<std::int32_t> labels(samples, 0);
        for (std::size_t n = 0; n < samples; ++n) {
          outputs[n * K + at] = 2;  // the largest
          labels[n] = static_cast<std::int32_t>(at);
        }
        outputs[K + at] = bad;
        if (all_of_them) std::fill_n(outputs.begin() + K, K, bad);
        DeviceNumbers<Device> y(outputs), dy(outputs.size());
        DeviceNumbers<Device, std::int32_t> wanted(labels);
        Buffer<Sums, Device> sums(1);
        Loss<Device>::template evaluate<float, K>(workspace, y.template input<Shape<K>>(),
                                                  std::span<const std::int32_t>(wanted.buffer.data(), samples), 1.0f,
                                                  dy.template batch<Shape<K>>(), sums.data());
        const Sums result = sums.to_host()[0];
        const std::vector<float> gradient = dy.values();
        CAPTURE(bad);
        CAPTURE(all_of_them);
        CHECK(!std::isfinite(result.loss));
        if (std::isnan(bad)) {
          CHECK(std::isnan(result.loss));
          CHECK(result.correct == 2);
        }
        if (!of_logits) continue;
        const bool no_number = bad > 0 || std::isnan(bad) || all_of_them;  // −∞ among numbers is a probability of 0
        for (std::size_t k = 0; k < K; ++k) {
          CHECK(std::isnan(gradient[K + k]) == no_number);
          CHECK(std::isfinite(gradient[k]));
        }
      }
}

/// Rows of every size against double; then a wide one, many, and what is not finite.
template <template <class> class LayerNorm, class Device>
void check_layer_norm_numbers() {
  Workspace<Device> workspace;
  struct Result {
    std::vector<float> y, statistics, dx, dweight, dbias;
  };
  const auto run = [&]<std::size_t D>(const std::vector<float>& inputs, const std::vector<float>& grad, double eps) {
    DeviceNumbers<Device> x(inputs), y(inputs.size()), statistics(2 * inputs.size() / D), dy(grad), dx(inputs.size()),
        weight(std::vector<float>(D, 1)), bias(std::vector<float>(D, 0)), dweight(std::vector<float>(D, 0)),
        dbias(std::vector<float>(D, 0));
    using Const = TensorView<Shape<D>, const float, Device>;
    using View = TensorView<Shape<D>, float, Device>;
    LayerNorm<Device>::template forward<float, D>(workspace, eps, x.template input<Shape<D>>(),
                                                  Const(weight.buffer.data()), Const(bias.buffer.data()),
                                                  statistics.template batch<Shape<2>>(), y.template batch<Shape<D>>());
    LayerNorm<Device>::template backward<float, D>(workspace, x.template input<Shape<D>>(), Const(weight.buffer.data()),
                                                   statistics.template input<Shape<2>>(), dy.template input<Shape<D>>(),
                                                   View(dweight.buffer.data()), View(dbias.buffer.data()),
                                                   dx.template batch<Shape<D>>());
    return Result{y.values(), statistics.values(), dx.values(), dweight.values(), dbias.values()};
  };
  const auto expected = [](const float* row, std::size_t D, double eps) {
    double mean = 0, squares = 0;
    for (std::size_t d = 0; d < D; ++d) mean += static_cast<double>(row[d]) / static_cast<double>(D);
    for (std::size_t d = 0; d < D; ++d) squares += std::pow(static_cast<double>(row[d]) - mean, 2);
    std::vector<double> y(D);
    for (std::size_t d = 0; d < D; ++d)
      y[d] = (static_cast<double>(row[d]) - mean) / std::sqrt(squares / static_cast<double>(D) + eps);
    return y;
  };
  constexpr std::size_t few = 37;
  for (int exponent = -30; exponent <= 37; ++exponent) {
    CAPTURE(exponent);
    std::vector<float> x = hash_uniform<float>(few, static_cast<std::size_t>(exponent + 100));
    for (float& value : x) value = static_cast<float>(static_cast<double>(value) * std::pow(10.0, exponent));
    const Result result = run.template operator()<few>(x, std::vector<float>(few, 1), 1e-5);
    CHECK(difference(result.y, expected(x.data(), few, 1e-5), 1e-6) == "");
  }
  // Large next to their deviations, in short rows and in long ones: the mean's own rounding must not show.
  const auto far_from_0 = [&]<std::size_t D>(float mean) {
    CAPTURE(D);
    CAPTURE(mean);
    std::vector<float> row = hash_uniform<float>(D, 7);
    for (float& value : row) value = mean + 3 * value;
    const Result away = run.template operator()<D>(row, std::vector<float>(D, 1), 1e-5);
    CHECK(difference(away.y, expected(row.data(), D, 1e-5), 2e-6) == "");
  };
  for (const float mean : {1000.0f, -1e5f}) {
    far_from_0.template operator()<few>(mean);
    far_from_0.template operator()<64>(mean);
    far_from_0.template operator()<1000>(mean);
    far_from_0.template operator()<5000>(mean);
  }
  constexpr std::size_t wide = 200'003;
  std::vector<float> x(wide), dy(wide, 0.1f);
  for (std::size_t d = 0; d < wide; ++d) x[d] = 0.1f + static_cast<float>(d % 2);  // sums of equal numbers drift
  const Result result = run.template operator()<wide>(x, dy, 1e-5);
  CHECK(difference(result.y, expected(x.data(), wide, 1e-5), 1e-6) == "");
  CHECK(
      std::ranges::all_of(result.dx, [](float d) { return std::abs(d) <= 1e-6f; }));  // an equal gradient moves nothing
  // Gradients of scale and shift, summed over many samples.
  constexpr std::size_t samples = 300'000;
  std::vector<float> many(2 * samples);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = i % 2 == 0 ? 0.0f : 1.0f;
  const Result of_many = run.template operator()<2>(many, std::vector<float>(2 * samples, 0.1f), 0);
  const double sum = static_cast<double>(samples) * static_cast<double>(0.1f);
  CHECK(difference(of_many.dbias, std::vector<double>{sum, sum}, 1e-6) == "");
  CHECK(difference(of_many.dweight, std::vector<double>{-sum, sum}, 1e-6) == "");
  for (const float bad : {nan_float, infinite_float, -infinite_float}) {
    std::vector<float> rows = hash_uniform<float>(3 * few, 5);
    rows[few + 35] = bad;
    const Result spoiled = run.template operator()<few>(rows, std::vector<float>(3 * few, 1), 1e-5);
    for (std::size_t i = 0; i < 3 * few; ++i) {
      CHECK(std::isnan(spoiled.y[i]) == (i / few == 1));
      CHECK(std::isnan(spoiled.dx[i]) == (i / few == 1));
    }
    CHECK(std::isnan(spoiled.dweight[0]));
  }
}

/// Channels of every size against double; a large plane; what is not finite.
template <template <class> class BatchNorm, class Device>
void check_batch_norm_numbers(const auto& constants) {
  Workspace<Device> workspace;
  struct Result {
    std::vector<float> y, dx, dbias, running_mean, running_var;
  };
  const auto run = [&]<ShapeType Sh>(const std::vector<float>& inputs, const std::vector<float>& grad) {
    constexpr std::size_t C = Sh::extents[0], H = Sh::extents[1], W = Sh::extents[2];
    DeviceNumbers<Device> x(inputs), y(inputs.size()), dy(grad), dx(inputs.size()), mean(std::vector<float>(C, 0)),
        var(std::vector<float>(C, 1)), statistics(2 * C), weight(std::vector<float>(C, 1)),
        bias(std::vector<float>(C, 0)), dweight(std::vector<float>(C, 0)), dbias(std::vector<float>(C, 0));
    using Const = TensorView<Shape<C>, const float, Device>;
    using View = TensorView<Shape<C>, float, Device>;
    BatchNorm<Device>::template forward_training<float, C, H, W>(
        workspace, constants, x.template input<Sh>(), Const(weight.buffer.data()), Const(bias.buffer.data()),
        View(mean.buffer.data()), View(var.buffer.data()),
        TensorView<Shape<2, C>, float, Device>(statistics.buffer.data()), y.template batch<Sh>());
    BatchNorm<Device>::template backward<float, C, H, W>(
        workspace, x.template input<Sh>(), Const(weight.buffer.data()),
        TensorView<Shape<2, C>, const float, Device>(statistics.buffer.data()), dy.template input<Sh>(),
        View(dweight.buffer.data()), View(dbias.buffer.data()), dx.template batch<Sh>());
    return Result{y.values(), dx.values(), dbias.values(), mean.values(), var.values()};
  };
  using Few = Shape<2, 3, 5>;
  constexpr std::size_t samples = 4, plane = 15;
  for (int exponent = -30; exponent <= 37; ++exponent) {
    CAPTURE(exponent);
    std::vector<float> x = hash_uniform<float>(samples * Few::size, static_cast<std::size_t>(exponent + 100));
    for (float& value : x) value = static_cast<float>(static_cast<double>(value) * std::pow(10.0, exponent));
    const Result result = run.template operator()<Few>(x, std::vector<float>(x.size(), 1));
    std::vector<double> expected(x.size());
    for (std::size_t c = 0; c < 2; ++c) {
      double mean = 0, squares = 0;
      const auto each = [&](const auto& body) {
        for (std::size_t n = 0; n < samples; ++n)
          for (std::size_t i = 0; i < plane; ++i) body((n * 2 + c) * plane + i);
      };
      each([&](std::size_t i) { mean += static_cast<double>(x[i]) / (samples * plane); });
      each([&](std::size_t i) { squares += std::pow(static_cast<double>(x[i]) - mean, 2); });
      each([&](std::size_t i) {
        expected[i] = (static_cast<double>(x[i]) - mean) / std::sqrt(squares / (samples * plane) + constants.eps);
      });
    }
    CHECK(difference(result.y, expected, 1e-6) == "");
  }
  using Large = Shape<1, 500, 601>;
  std::vector<float> x(Large::size);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.1f + static_cast<float>(i % 2);
  const Result large = run.template operator()<Large>(x, std::vector<float>(x.size(), 0.1f));
  const double sum = static_cast<double>(Large::size) * static_cast<double>(0.1f);
  CHECK(difference(large.dbias, std::vector<double>{sum}, 1e-6) == "");
  CHECK(std::ranges::all_of(large.dx, [](float d) { return std::abs(d) <= 1e-6f; }));
  CHECK(difference(large.running_mean, std::vector<double>{constants.momentum * (0.1 + 0.5)}, 1e-6) == "");
  CHECK(std::abs(static_cast<double>(large.running_var[0]) - (1 - constants.momentum * 0.75)) <= 1e-6);
  std::vector<float> spoiled = hash_uniform<float>(samples * Few::size, 5);
  spoiled[plane + 14] = nan_float;
  const Result of_nan = run.template operator()<Few>(spoiled, std::vector<float>(spoiled.size(), 1));
  for (std::size_t i = 0; i < spoiled.size(); ++i) {
    CHECK(std::isnan(of_nan.y[i]) == (i / plane % 2 == 1));
    CHECK(std::isnan(of_nan.dx[i]) == (i / plane % 2 == 1));
  }
  CHECK(std::isnan(of_nan.running_mean[1]));
}

/// Means of equal tokens, as many as drift off in float; NaN in tokens and in padding.
template <template <class> class MeanTokens, class Device>
void check_mean_tokens_numbers() {
  Workspace<Device> workspace;
  const auto forward = [&]<std::size_t L, std::size_t D>(const std::vector<float>& tokens,
                                                         const std::int32_t* lengths) {
    DeviceNumbers<Device> x(tokens), y(tokens.size() / L);
    MeanTokens<Device>::template forward<float, L, D>(workspace, x.template input<Shape<L, D>>(), lengths,
                                                      y.template batch<Shape<D>>());
    return y.values();
  };
  constexpr std::size_t many = 500'003;
  std::vector<float> tokens(2 * many, 0.1f);
  CHECK(difference(forward.template operator()<many, 2>(tokens, nullptr), std::vector<double>(2, 0.1f), 3e-7) == "");
  constexpr std::size_t L = 70, D = 19;
  DeviceNumbers<Device, std::int32_t> lengths(std::vector<std::int32_t>{66, 70, 0});
  std::vector<float> x(3 * L * D, 1.5f);
  std::fill_n(x.begin() + 66 * D, 4 * D, nan_float);  // padding
  std::fill_n(x.begin() + 2 * L * D, L * D, infinite_float);
  x[L * D + 69 * D + 3] = nan_float;
  const std::vector<float> y = forward.template operator()<L, D>(x, lengths.buffer.data());
  for (std::size_t i = 0; i < 3 * D; ++i) {
    CAPTURE(i);
    CHECK(std::isnan(y[i]) == (i == D + 3));
    CHECK((i == D + 3 || y[i] == (i < 2 * D ? 1.5f : 0.0f)));
  }
  DeviceNumbers<Device> dy(std::vector<float>(3 * D, nan_float)), dx(x.size());
  MeanTokens<Device>::template backward<float, L, D>(workspace, dy.template input<Shape<D>>(), lengths.buffer.data(),
                                                     dx.template batch<Shape<L, D>>());
  const std::vector<float> gradient = dx.values();
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const std::size_t valid = i / (L * D) == 0 ? 66 : i / (L * D) == 1 ? 70 : 0;
    CHECK((i / D % L < valid ? std::isnan(gradient[i]) : gradient[i] == 0));
  }
}

/// What is not finite in an output or a target is in the loss and in its own gradient.
template <template <class> class RegressionLoss, class Device, class Sums>
void check_regression_numbers(auto... deviations) {
  Workspace<Device> workspace;
  constexpr std::size_t K = 37, samples = 2;
  const auto check = [&](auto deviation) {
    for (const float bad : {nan_float, infinite_float, -infinite_float})
      for (const bool in_target : {false, true}) {
        std::vector<float> outputs = hash_uniform<float>(samples * K, 1), targets = hash_uniform<float>(samples * K, 2);
        (in_target ? targets : outputs)[K + 35] = bad;
        DeviceNumbers<Device> y(outputs), target(targets), dy(outputs.size());
        Buffer<Sums, Device> sums(1);
        RegressionLoss<Device>::template evaluate<Shape<K>, float>(
            workspace, deviation, y.template input<Shape<K>>(),
            std::span<const float>(target.buffer.data(), samples * K), 1.0f, dy.template batch<Shape<K>>(),
            sums.data());
        const double loss = sums.to_host()[0].loss;
        CHECK((std::isnan(bad) ? std::isnan(loss) : loss == std::numeric_limits<double>::infinity()));
        const std::vector<float> gradient = dy.values();
        for (std::size_t i = 0; i < gradient.size(); ++i)
          CHECK(std::isnan(gradient[i]) == (i == K + 35 && std::isnan(bad)));
      }
  };
  (check(deviations), ...);
}

}  // namespace odot::test
