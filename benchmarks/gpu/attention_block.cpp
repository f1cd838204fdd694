// SPDX-License-Identifier: MIT
// The attention-wise block's passes on the GPU beside what the chip could do: seconds by the device's events, medians;
// the floors are the exponentials over the special-function rate and the images over the peak bandwidth. Gradients and y
// are checked against those of the other form (one sample per team) before anything is timed.
//
// usage: gpu_attention_block [CASE]      CASE: 0, 1, …; none: all

#include <odot/gpu.hpp>

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "pace.hpp"

using namespace odot;

namespace {

/// What the chip does at most.
struct Peak {
  double exponentials, bytes;  // a second

  Peak() {
    int device = 0, processors = 0, clock = 0, memory_clock = 0, bus = 0;
    const auto ask = [&](int& value, cudaDeviceAttr attribute) {
      nvidia::check(cudaDeviceGetAttribute(&value, attribute, device), "asking for the GPU's properties");
    };
    nvidia::check(cudaGetDevice(&device), "looking for a GPU");
    ask(processors, cudaDevAttrMultiProcessorCount);
    ask(clock, cudaDevAttrClockRate);               // kHz
    ask(memory_clock, cudaDevAttrMemoryClockRate);  // kHz
    ask(bus, cudaDevAttrGlobalMemoryBusWidth);      // bits
    exponentials = 16.0 * processors * 1e3 * clock;
    bytes = 2.0 * 1e3 * memory_clock * bus / 8;
  }
};

/// Seconds of body(), the median of some calls.
template <class Body>
double seconds_of(const Body& body) {
  std::vector<double> all;
  for (int call = 0; call < 23; ++call) {
    benchmarks::Stopwatch watch;
    body();
    const double seconds = watch.seconds();
    if (call > 2) all.push_back(seconds);
  }
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
  return all[all.size() / 2];
}

/// A block of the papers' models with random numbers.
template <class G>
class Problem {
 public:
  explicit Problem(std::size_t samples)
      : samples_(samples), x_(samples), y_(samples), dy_(samples), dx_(samples),
        cache_(kernels::attention_block_cache<typename G::image, G::heads>(samples)), arrays_(2 * array),
        gradients_(2 * array + G::conv_weight::size + G::C), conv_(G::conv_weight::size + G::C), running_(2 * G::maps) {
    draw(x_.data(), x_.size(), 0, 1);
    draw(dy_.data(), dy_.size(), 1, 1e-3);
    draw(arrays_.data(), arrays_.size(), 2, 0.5);
    draw(conv_.data(), conv_.size(), 3, 0.1);
  }

  template <class Form>
  void forward() {
    Form::forward_training(workspace_, {}, x_, weights(), running(0), running(1), cache_.data(), y_);
  }
  template <class Form>
  void backward() {
    Form::backward(workspace_, x_, weights(), cache_.data(), y_, dy_, gradients(), dx_);
  }

  /// y, dx and all gradients of one pass.
  template <class Form>
  std::vector<float> results() {
    const std::vector<float> nans(x_.size(), std::numeric_limits<float>::quiet_NaN());
    for (float* poisoned : {y_.data(), dx_.data()})
      Gpu::copy_from_host(poisoned, nans.data(), nans.size() * sizeof(float));
    gradients_.zero();
    forward<Form>();
    backward<Form>();
    std::vector<float> all = gradients_.to_host();
    for (const auto* part : {&y_, &dx_}) {
      std::vector<float> values(part->size());
      Gpu::copy_to_host(values.data(), part->data(), values.size() * sizeof(float));
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

 private:
  static constexpr std::size_t array = G::maps * G::H * G::W;

  static void draw(float* target, std::size_t count, unsigned stream, double size) {
    const Random random(Seed{1}, stream);
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(size * (2 * random.uniform(i) - 1));
    Gpu::copy_from_host(target, values.data(), count * sizeof(float));
  }
  kernels::BlockWeights<const float, G, Gpu> weights() const {
    kernels::BlockWeights<const float, G, Gpu> all{};
    all.heads.weight_x.rebind(decltype(all.heads.weight_x)(arrays_.data()));
    all.heads.weight_y.rebind(decltype(all.heads.weight_y)(arrays_.data() + array));
    all.conv_weight.rebind(decltype(all.conv_weight)(conv_.data()));
    all.conv_bias.rebind(decltype(all.conv_bias)(conv_.data() + G::conv_weight::size));
    return all;
  }
  TensorView<Shape<G::maps>, float, Gpu> running(std::size_t which) {
    return TensorView<Shape<G::maps>, float, Gpu>(running_.data() + which * G::maps);
  }
  kernels::BlockWeights<float, G, Gpu> gradients() {
    kernels::BlockWeights<float, G, Gpu> all{};
    all.heads.weight_x.rebind(decltype(all.heads.weight_x)(gradients_.data()));
    all.heads.weight_y.rebind(decltype(all.heads.weight_y)(gradients_.data() + array));
    all.conv_weight.rebind(decltype(all.conv_weight)(gradients_.data() + 2 * array));
    all.conv_bias.rebind(decltype(all.conv_bias)(gradients_.data() + 2 * array + G::conv_weight::size));
    return all;
  }

  std::size_t samples_;
  Batch<typename G::image, float, Gpu> x_, y_, dy_, dx_;
  Buffer<float, Gpu> cache_, arrays_, gradients_, conv_, running_;
  Workspace<Gpu> workspace_;
};

template <class G>
bool measure(const char* name, std::size_t samples, const Peak& peak) {
  using Lane = kernels::detail::LaneBlock<G, float>;
  using Team = kernels::detail::TeamBlock<G, float>;
  Problem<G> problem(samples);
  const std::vector<float> ours = problem.template results<Lane>(), other = problem.template results<Team>();
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(other[i])));
    const double apart = std::abs(static_cast<double>(ours[i]) - other[i]);
    if (!(apart <= difference) && !std::isnan(difference)) difference = apart;  // NaN stays
  }
  if (!(difference <= 1e-4 * largest)) {
    std::printf("%s: the two forms differ by %g of %g\n", name, difference, largest);
    return false;
  }
  const double elements = static_cast<double>(samples) * G::maps * G::H * G::W;
  const double image = static_cast<double>(samples) * G::C * G::H * G::W * sizeof(float);
  const auto row = [&](const char* pass, double seconds, double seconds_of_teams, double exponentials, double images) {
    const double by_exponentials = exponentials * elements / peak.exponentials, by_bytes = images * image / peak.bytes;
    std::printf("| %s, batch %zu, %s | %.1f us | %.1f us | %.1f us | %.1f us | %.1f |\n", name, samples, pass,
                1e6 * seconds, 1e6 * seconds_of_teams, 1e6 * by_exponentials, 1e6 * by_bytes,
                seconds / std::max(by_exponentials, by_bytes));
  };
  const double team_forward = seconds_of([&] { problem.template forward<Team>(); });
  const double team_backward = seconds_of([&] { problem.template backward<Team>(); });
  const double forward = seconds_of([&] { problem.template forward<Lane>(); });
  const double backward = seconds_of([&] { problem.template backward<Lane>(); });
  row("forward", forward, team_forward, 3, 2);
  row("backward", backward, team_backward, 3, 4);
  return true;
}

template <class Image, std::size_t Heads>
using Block = kernels::AttentionGeometry<Image, Heads, kernels::HeadNorm::plain, true, true>;

struct Case {
  const char* name;
  std::size_t samples;
  bool (*run)(const char* name, std::size_t samples, const Peak& peak);
};

const Case cases[] = {
    {"1x28x28, 8 heads", 4096, measure<Block<models::FashionMnistImage, 8>>},
    {"1x28x28, 8 heads", 512, measure<Block<models::FashionMnistImage, 8>>},
    {"1x28x28, 8 heads", 128, measure<Block<models::FashionMnistImage, 8>>},
    {"3x32x32, 8 heads", 1024, measure<Block<models::Cifar10Image, 8>>},
    {"3x32x32, 8 heads", 128, measure<Block<models::Cifar10Image, 8>>},
};

}  // namespace

int main(int argc, char** argv) {
  try {
    const Peak peak;
    std::printf(
        "%s; %.2f T exponentials/s, %.2f TB/s\n\n| block | one sample per lane | one sample per team | floor: "
        "exponentials "
        "| floor: bytes | times the floor |\n|---|---|---|---|---|---|\n",
        Gpu::description().c_str(), 1e-12 * peak.exponentials, 1e-12 * peak.bytes);
    bool right = true;
    for (std::size_t i = 0; i < std::size(cases); ++i)
      if (argc < 2 || std::to_string(i) == argv[1]) right &= cases[i].run(cases[i].name, cases[i].samples, peak);
    return right ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
