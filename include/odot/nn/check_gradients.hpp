#pragma once
// SPDX-License-Identifier: MIT
// check_gradients: compares a layer's hand-written backward, your own layers' too, with central differences.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/glob.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/random.hpp"
#include "odot/core/tensor.hpp"
#include "odot/core/workspace.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/layer_calls.hpp"
#include "odot/nn/pass.hpp"

namespace odot {

struct CheckOptions {
  std::size_t samples = 3;
  Seed seed{1};
  double step = 1e-5;  ///< of the central differences, times max(1, |value|)
  double tolerance =
      1e-6;  ///< of |backward − differences|, relative to the larger one and to the array's rms; besides,
             ///< 1e-10 · (|loss| + 1e-3) is allowed for the rounding of the differences
  std::size_t most_elements = 256;  ///< checked per array, evenly spread
  /// Patterns of names whose gradient is zero by nature: the bias of a convolution before a batch norm, say.
  std::vector<std::string> may_be_zero = {};
  std::vector<std::int32_t> lengths = {};  ///< valid tokens of each sample; none: all are valid
};

/// What check_gradients found.
struct GradientReport {
  bool passed = false;
  double worst = 0;         ///< largest error found, relative as in CheckOptions::tolerance
  std::size_t checked = 0;  ///< elements compared
  std::string message;      ///< first failure, or a summary
  explicit operator bool() const { return passed; }
};

namespace detail {

/// One training pass of a layer in double, its loss Σ r ⊙ y with fixed random r.
template <nn::BoundLayer Layer>
class GradientProbe {
 public:
  using In = typename Layer::input_shape;
  using Out = typename Layer::output_shape;
  static constexpr double garbage = 3.25;  // that backward must add to

  explicit GradientProbe(const CheckOptions& options)
      : n_(options.samples), lengths_(options.lengths), x_(n_), r_(n_), y_(n_), dx_(n_),
        parameters_(Layer::parameter_count), gradients_(Layer::parameter_count), initial_buffers_(Layer::buffer_count) {
    Layer::list_parameters(parameter_table_, "");
    Layer::list_buffers(buffer_table_, "");
    fill(x_.span(), Random(options.seed, 1), 0.0, 1.0);
    fill(r_.span(), Random(options.seed, 2), 0.0, 1.0);
    for (const auto& info : parameter_table_)
      fill(std::span(parameters_).subspan(info.offset, info.size), Random(options.seed, 3 + info.offset),
           info.init == nn::Init::one ? 1.0 : 0.0, 0.5);
    for (const auto& info : buffer_table_)
      std::fill_n(initial_buffers_.begin() + static_cast<std::ptrdiff_t>(info.offset), info.size,
                  info.init == nn::Init::one ? 1.0 : 0.0);
    // Room for null-free blocks of layers without parameters or buffers.
    parameters_.resize(parameters_.size() + 1);
    gradients_.resize(parameters_.size());
    initial_buffers_.resize(initial_buffers_.size() + 1);
  }

  /// Σ r ⊙ y.
  double loss() {
    const WorkspaceScope<Cpu> scope(workspace_);
    auto frame = workspace_.frame();
    forward(frame);
    double sum = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) sum += r_.data()[i] * y_.data()[i];
    return sum;
  }

  /// Fills gradients() and input_gradients() by the layer's backward; outputs start as NaN, gradients as garbage.
  void backward(bool with_input) {
    const WorkspaceScope<Cpu> scope(workspace_);
    auto frame = workspace_.frame();
    const auto pass = forward(frame);
    std::fill(gradients_.begin(), gradients_.end(), garbage);
    std::fill_n(dx_.data(), dx_.size(), std::numeric_limits<double>::quiet_NaN());
    const Batch<In, double>& x = x_;
    const Batch<Out, double>&y = y_, &r = r_;
    nn::detail::backward<Layer>(pass, x.view(), y.view(), r.view(), with_input ? dx_.view() : BatchView<In, double>());
    for (double& g : gradients_) g -= garbage;
  }

  std::span<double> parameters() { return std::span(parameters_).first(Layer::parameter_count); }
  std::span<const double> gradients() const { return std::span(gradients_).first(Layer::parameter_count); }
  std::span<double> input() { return x_.span(); }
  std::span<const double> input_gradients() const { return dx_.span(); }
  const std::vector<nn::ParameterInfo>& parameter_table() const { return parameter_table_; }

 private:
  static void fill(std::span<double> values, const Random& random, double mean, double deviation) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = mean + deviation * random.normal(i);
  }

  nn::Pass<Layer, Cpu, double> forward(typename Workspace<Cpu>::Frame& frame) {
    buffers_ = initial_buffers_;
    double* cache = frame.template take<double>(Layer::cache_elements(n_) + 1);
    std::fill_n(y_.data(), y_.size(), std::numeric_limits<double>::quiet_NaN());
    const nn::Pass<Layer, Cpu, double> pass(workspace_, {.parameters = parameters_.data(),
                                                         .gradients = gradients_.data(),
                                                         .buffers = buffers_.data(),
                                                         .updated_buffers = buffers_.data(),
                                                         .cache = cache,
                                                         .lengths = lengths_.empty() ? nullptr : lengths_.data()});
    const Batch<In, double>& x = x_;
    nn::detail::forward<Layer>(pass, x.view(), y_.view());
    return pass;
  }

  std::size_t n_;
  std::vector<std::int32_t> lengths_;
  Workspace<Cpu> workspace_{1};  // threads would take longer to start than the work takes
  Batch<In, double> x_;
  Batch<Out, double> r_, y_;
  Batch<In, double> dx_;
  std::vector<nn::ParameterInfo> parameter_table_, buffer_table_;
  std::vector<double> parameters_, gradients_, initial_buffers_, buffers_;
};

/// Compares one array's gradient with central differences of `loss`.
class ArrayCheck {
 public:
  ArrayCheck(const CheckOptions& options, GradientReport& report) : options_(options), report_(report) {}

  template <class Loss>
  void operator()(const std::string& name, std::span<double> values, std::span<const double> gradient, Loss loss) {
    double squares = 0;
    for (const double g : gradient) squares += g * g;
    const double rms = std::sqrt(squares / static_cast<double>(gradient.size()));
    const bool zero_allowed = std::any_of(options_.may_be_zero.begin(), options_.may_be_zero.end(),
                                          [&](const auto& pattern) { return matches_glob(pattern, name); });
    if (!std::isfinite(rms)) return fail(name + ": backward left a NaN or an infinity");
    if (rms == 0 && !zero_allowed)
      return fail(name +
                  ": backward's gradient is all zero, so that nothing is shown; if that is right, name it in "
                  "may_be_zero");
    if (rms <= rounding(loss()) && !zero_allowed)
      return fail(name + ": backward's gradient is too small to be told from the rounding of central differences");
    const std::size_t stride = std::max<std::size_t>(1, gradient.size() / options_.most_elements);
    for (std::size_t i = 0; i < gradient.size(); i += stride) compare(name, i, values, gradient[i], rms, loss);
  }

 private:
  template <class Loss>
  void compare(const std::string& name, std::size_t i, std::span<double> values, double analytic, double rms,
               Loss loss) {
    const double value = values[i], h = options_.step * (std::max)(1.0, std::abs(value));
    values[i] = value + h;
    const double above = loss();
    values[i] = value - h;
    const double below = loss();
    values[i] = value;
    const double numeric = (above - below) / (2 * h);
    // An absolute part for what rounding leaves of a difference of losses.
    const double scale =
        (std::max)({std::abs(analytic), std::abs(numeric), rms}) + rounding(above) / options_.tolerance;
    const double error = std::abs(analytic - numeric) / scale;
    ++report_.checked;
    if (!(error <= report_.worst)) report_.worst = error;
    if (!(error <= options_.tolerance)) {
      fail(name + "[" + std::to_string(i) + "]: backward " + number_text::general(analytic, 9) +
           ", central difference " + number_text::general(numeric, 9) + ", relative error " +
           number_text::scientific(error, 2));
    }
  }

  /// What rounding may leave of a difference of losses, divided by the step.
  static double rounding(double loss) { return 1e-10 * (std::abs(loss) + 1e-3); }

  void fail(const std::string& message) {
    if (report_.passed) report_.message = message;
    report_.passed = false;
  }

  const CheckOptions& options_;
  GradientReport& report_;
};

}  // namespace detail

/// Compares a bound layer's (or model's) backward with central differences, in double, in training mode: the gradient
/// of its input and of every parameter. It also checks that forward fills y, that parameter gradients are added to and
/// dx is overwritten, and that backward works if no dx is wanted. Zeros or NaN make it fail.
/// Errors  ArgumentError: no samples or no elements to check; a number of lengths other than that of samples
///     odot::check_gradients<nn::Sequential<Shape<2, 5, 3>, MyLayer>>()
template <nn::BoundLayer Layer>
GradientReport check_gradients(const CheckOptions& options = {}) {
  if (options.samples == 0 || options.most_elements == 0)
    throw ArgumentError("odot::check_gradients: samples and most_elements must be at least 1");
  if (!options.lengths.empty() && options.lengths.size() != options.samples)
    throw ArgumentError("odot::check_gradients: there must be as many lengths as samples, or none");
  detail::GradientProbe<Layer> probe(options);
  GradientReport report{.passed = true, .worst = 0, .checked = 0, .message = ""};
  detail::ArrayCheck check_array(options, report);
  const auto loss = [&] { return probe.loss(); };

  probe.backward(false);
  const std::vector<double> without_input(probe.gradients().begin(), probe.gradients().end());
  probe.backward(true);
  const std::vector<double> gradients(probe.gradients().begin(), probe.gradients().end());
  const std::vector<double> input(probe.input_gradients().begin(), probe.input_gradients().end());

  check_array("input", probe.input(), input, loss);
  for (const auto& info : probe.parameter_table())
    check_array(info.name, probe.parameters().subspan(info.offset, info.size),
                std::span(gradients).subspan(info.offset, info.size), loss);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (!(std::abs(gradients[i] - without_input[i]) <= 1e-12 * (1 + std::abs(gradients[i])))) {
      if (report.passed) report.message = "parameter gradients differ where no input gradient is wanted";
      report.passed = false;
    }
  if (report.passed)
    report.message = std::to_string(report.checked) + " elements agree; largest relative error " +
                     number_text::scientific(report.worst, 2);
  return report;
}

}  // namespace odot
