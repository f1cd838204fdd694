// SPDX-License-Identifier: MIT
#include "odot/nn/network.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/allocations.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<2, 5, 3>;
using Model = nn::Sequential<In, nn::AttentionWise<2, nn::AttentionWiseOptions{.norm = true}>, nn::Flatten,
                             nn::Named<"classifier", nn::Linear<4>>, nn::LogSoftmax>;
using Net = Network<Model>;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

Batch<In> images(std::size_t samples, std::size_t start = 0) {
  Batch<In> x(samples);
  std::ranges::copy(hash_uniform<float>(x.size(), start), x.data());
  return x;
}

std::vector<std::int32_t> labels(std::size_t samples) {
  std::vector<std::int32_t> result(samples);
  for (std::size_t i = 0; i < samples; ++i) result[i] = static_cast<std::int32_t>(i * 7 % 4);
  return result;
}

std::vector<float> values(const auto& range) { return {range.begin(), range.end()}; }

template <class Body>
std::string message(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A network some steps into a training, so that its running statistics differ from a batch's.
Net trained_network(int threads = 1) {
  Net network{Seed{3}, nn::init::normal(0.5), threads};
  for (std::size_t step = 0; step < 2; ++step) {
    network.compute_gradients(images(20, 1000 * step), labels(20));
    for (std::size_t i = 0; i < Net::parameter_count; ++i) network.parameters()[i] -= 0.1f * network.gradients()[i];
  }
  return network;
}

}  // namespace

static_assert(Net::parameter_count == 2 * 60 + (2 * 4 * 9 + 2) + 4 + (30 * 4 + 4) &&
              Net::buffer_count == 2 * 4 + 2 * 2);
static_assert(Net::training_memory_per_sample > 0);
static_assert(Network<Model, Cpu, double>::training_memory_per_sample == 2 * Net::training_memory_per_sample);

TEST_CASE("the parameter table names every parameter, one after the other") {
  const Net network{Seed{1}};
  std::vector<std::string> names;
  std::size_t at = 0;
  for (const auto& info : network.parameter_table()) {
    names.push_back(info.name);
    CHECK(info.offset == at);
    at += info.size;
  }
  CHECK(at == Net::parameter_count);
  CHECK(names == std::vector<std::string>{"0.heads.weight_x", "0.heads.weight_y", "0.conv.weight", "0.conv.bias",
                                          "0.norm.weight", "0.norm.bias", "classifier.weight", "classifier.bias"});
  names.clear();
  for (const auto& info : network.buffer_table()) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"0.heads.running_mean", "0.heads.running_var", "0.norm.running_mean",
                                          "0.norm.running_var"});
}

TEST_CASE("parameters, gradients and buffers are found by name") {
  Net network{Seed{1}};
  CHECK(network.parameter("0.conv.weight").data() == network.parameters().data() + 120);
  CHECK(network.parameter("0.conv.weight").size() == 72);
  CHECK(std::as_const(network).parameter("0.conv.weight").data() == network.parameters().data() + 120);
  CHECK(network.gradient("0.conv.bias").data() == network.gradients().data() + 192);
  CHECK(network.buffer("0.norm.running_var").data() == network.buffers().data() + 10);
}

TEST_CASE("an unknown name is rejected with all names there are") {
  Net network{Seed{1}};
  const std::string text = message([&] { network.parameter("0.conv.wieght"); });
  CHECK(contains(text, "\"0.conv.wieght\""));
  CHECK(contains(text, "0.heads.weight_x, 0.heads.weight_y, 0.conv.weight"));
  CHECK(contains(text, "classifier.bias"));
  CHECK_THROWS_AS(network.gradient(""), ArgumentError);
  CHECK(contains(message([&] { network.buffer("classifier.weight"); }), "0.norm.running_var"));
}

TEST_CASE("the same seed gives the same bits, another seed others") {
  CHECK(values(Net{Seed{7}}.parameters()) == values(Net{Seed{7}, nn::init::normal(), 3}.parameters()));
  const auto a = values(Net{Seed{7}}.parameter("classifier.weight")),
             b = values(Net{Seed{8}}.parameter("classifier.weight"));
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i];
  CHECK(equal <= 2);
}

TEST_CASE("initial weights are drawn from N(0, 0.02²), biases 0, norms the identity") {
  Network<nn::Sequential<Shape<100>, nn::Linear<100>>> large{Seed{1}};
  double mean = 0, square = 0;
  for (const float w : large.parameter("0.weight")) {
    mean += w / 1e4;
    square += w * w / 1e4;
  }
  CHECK(std::abs(mean) <= 4 * 0.02 / 100);  // four standard errors
  CHECK(std::abs(square / 4e-4 - 1) <= 4 * 0.0142);
  Net network{Seed{1}};
  for (const char* zero : {"0.conv.bias", "0.norm.bias", "classifier.bias"})
    for (const float value : network.parameter(zero)) CHECK(value == 0);
  for (const float value : network.parameter("0.norm.weight")) CHECK(value == 1);
  for (const float value : network.buffer("0.heads.running_mean")) CHECK(value == 0);
  for (const float value : network.buffer("0.heads.running_var")) CHECK(value == 0);  // no batch yet
  for (const float value : network.buffer("0.norm.running_var")) CHECK(value == 1);
}

TEST_CASE("an initial rule scales each parameter's draws by its own deviation") {
  Net plain{Seed{5}, nn::init::normal(1.0)}, scaled{Seed{5}, nn::init::kaiming()};
  for (const auto& [name, deviation] :
       {std::pair{"0.heads.weight_x", std::sqrt(2.0)},  // fan-in 1
        std::pair{"0.conv.weight", std::sqrt(2.0 / 36)}, std::pair{"classifier.weight", std::sqrt(2.0 / 30)}})
    for (std::size_t i = 0; i < plain.parameter(name).size(); ++i)
      CHECK(std::abs(scaled.parameter(name)[i] - deviation * static_cast<double>(plain.parameter(name)[i])) <= 1e-6);
}

TEST_CASE("predict uses the running statistics, and changes nothing") {
  Net network = trained_network();
  const auto parameters = values(network.parameters()), gradients = values(network.gradients()),
             buffers = values(network.buffers());
  const auto alone = network.predict(images(1)), together = network.predict(images(9));
  for (std::size_t k = 0; k < 4; ++k)  // no batch statistics; products of one row add in an order of their own
    CHECK(std::abs(alone[0](k) - together[0](k)) <= 1e-6f * (std::max)(1.0f, std::abs(alone[0](k))));
  CHECK(values(network.parameters()) == parameters);
  CHECK(values(network.gradients()) == gradients);
  CHECK(values(network.buffers()) == buffers);
}

TEST_CASE("predict in several pieces gives the bits of every sample's own piece") {
  const Net network = trained_network();
  const Batch<In> x = images(600);
  const auto all = network.predict(x);
  for (const std::size_t begin : {0u, 256u, 512u}) {
    const std::size_t n = std::min<std::size_t>(256, 600 - begin);
    const auto piece = network.predict(x.view().subbatch(begin, n));
    CHECK(std::ranges::equal(all.view().subbatch(begin, n).span(), piece.span()));
  }
}

TEST_CASE("predict from two threads at once gives the bits of one after the other") {
  const Net network = trained_network();
  const Batch<In> a = images(300, 5000), b = images(211, 90'000);
  const auto expected_a = values(network.predict(a).span()), expected_b = values(network.predict(b).span());
  const auto repeat = [&network](const Batch<In>& x, const std::vector<float>& expected, bool& same) {
    Workspace<Cpu> workspace(1);
    Batch<Shape<4>> y(x.samples());
    same = true;
    for (int i = 0; i < 20; ++i) {
      std::ranges::fill(y.span(), not_a_number);
      network.predict(x, y, workspace);
      same = same && values(y.span()) == expected;
    }
  };
  bool same_a = false, same_b = false;
  std::thread first([&] { repeat(a, expected_a, same_a); }), second([&] { repeat(b, expected_b, same_b); });
  first.join();
  second.join();
  CHECK(same_a);
  CHECK(same_b);
}

TEST_CASE("predict of any number of threads gives the same bits") {
  const Net network = trained_network();
  const Batch<In> x = images(70);
  const auto expected = values(network.predict(x).span());
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    Batch<Shape<4>> y(70);
    network.predict(x, y, workspace);
    CHECK(values(y.span()) == expected);
  }
  for (std::size_t n = 0; n < 70; ++n) {  // what can't be the same run on a system without threads
    const auto alone = network.predict(x.view().subbatch(n, 1));
    for (std::size_t k = 0; k < 4; ++k) CHECK(std::abs(alone[0](k) - expected[4 * n + k]) <= 1e-5f);
  }
}

TEST_CASE("a second predict with the same workspace allocates nothing") {
  const Net network = trained_network();
  const Batch<In> x = images(300);
  Batch<Shape<4>> y(300);
  for (const int threads : {1, 2}) {
    Workspace<Cpu> workspace(threads);
    network.predict(x, y, workspace);
    const std::size_t before = allocations();
    network.predict(x, y, workspace);
    network.predict(x.view().subbatch(0, 17), y.view().subbatch(0, 17), workspace);
    CHECK(allocations() == before);
  }
}

TEST_CASE("sample counts that do not fit are rejected") {
  Net network{Seed{1}};
  Workspace<Cpu> workspace;
  const Batch<In> x = images(3);
  Batch<Shape<4>> y(2);
  CHECK(contains(message([&] { network.predict(x, y, workspace); }), "x has 3 samples, y has 2"));
  CHECK(contains(message([&] { network.compute_gradients(x, labels(2)); }), "3 samples and 2 targets"));
  CHECK(contains(message([&] { network.compute_gradients(Batch<In>(), labels(0)); }), "at least one"));
  CHECK_THROWS_AS(network.compute_gradients(x, std::vector<std::int32_t>{0, 1, 4}), ArgumentError);
  CHECK_THROWS_AS((Net{Seed{1}, nn::init::normal(), -1}), ArgumentError);
}

TEST_CASE("a gradient that is not finite is reported with its parameter, the last layers first") {
  Net network{Seed{1}};
  network.compute_gradients(images(4), labels(4));
  CHECK_NOTHROW(network.check_gradients_finite());
  network.gradient("0.conv.weight")[5] = not_a_number;
  network.gradient("0.conv.weight")[6] = std::numeric_limits<float>::infinity();
  std::string text = message([&] { network.check_gradients_finite(); });
  CHECK(contains(text, "gradient of 0.conv.weight is not finite in 2 of 72 elements"));
  CHECK(contains(text, "learning rate"));
  network.gradient("classifier.bias")[0] = -std::numeric_limits<float>::infinity();
  text = message([&] { network.check_gradients_finite(); });
  CHECK(contains(text, "gradient of classifier.bias"));
  CHECK_THROWS_AS(network.check_gradients_finite(), NonFiniteError);
}

TEST_CASE("a loss that is not finite is traced to its origin, and the buffers are left alone") {
  const auto explain = [](Net& network, const Batch<In>& x) {
    const auto buffers = values(network.buffers());
    const std::string text = message([&] { network.explain_non_finite_loss(x); });
    CHECK(values(network.buffers()) == buffers);
    return text;
  };
  Net network = trained_network();
  Batch<In> x = images(4);
  x[2](1, 2, 1) = not_a_number;
  CHECK(contains(explain(network, x), "first seen in the input"));

  Net broken = trained_network();
  broken.parameter("classifier.weight")[3] = not_a_number;
  CHECK(contains(explain(broken, images(4)), "first seen in parameter classifier.weight"));
  std::ranges::fill(broken.parameters(), not_a_number);
  CHECK(contains(explain(broken, images(4)), "first seen in parameter 0.heads.weight_x"));

  Net overflowing = trained_network();
  std::ranges::fill(overflowing.parameter("classifier.weight"), std::numeric_limits<float>::max());
  CHECK(contains(explain(overflowing, images(4)), "first seen in the output of"));
  std::ranges::fill(overflowing.parameter("0.norm.weight"), std::numeric_limits<float>::max());
  CHECK(contains(explain(overflowing, images(4)), "first seen in the output of layer 0"));
}
