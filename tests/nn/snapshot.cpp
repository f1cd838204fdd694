// SPDX-License-Identifier: MIT
#include "odot/core/snapshot.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/core/converted_array.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Model = nn::Sequential<Shape<2, 5, 3>, nn::AttentionWise<2, nn::AttentionWiseOptions{.norm = true}>, nn::Flatten,
                             nn::Named<"classifier", nn::Linear<4>>>;
using Net = Network<Model>;

/// Other numbers everywhere than any seed gives.
template <class Scalar = float>
Network<Model, Cpu, Scalar> numbered_network(double from) {
  Network<Model, Cpu, Scalar> network{Seed{1}};
  for (auto& value : network.parameters()) value = static_cast<Scalar>(from += 0.25);
  for (auto& value : network.buffers()) value = static_cast<Scalar>(from += 0.25);
  return network;
}

template <class A, class B>
bool same_state(const A& a, const B& b) {
  return std::ranges::equal(a.parameters(), b.parameters()) && std::ranges::equal(a.buffers(), b.buffers());
}

Snapshot::Array floats(std::string name, std::vector<std::size_t> shape, const std::vector<float>& values) {
  Snapshot made;
  made.add(std::move(name), std::move(shape), std::span<const float>(values));
  return made.arrays().front();
}

/// A snapshot of the network's but for what `change` makes of its arrays.
template <class Change>
Snapshot changed(const Net& network, const Change& change) {
  std::vector<Snapshot::Array> arrays = network.snapshot().arrays();
  change(arrays);
  Snapshot result;
  for (auto& array : arrays) result.add(std::move(array));
  return result;
}

}  // namespace

TEST_CASE("a network's snapshot has every parameter and buffer by its name") {
  const Net network = numbered_network(0);
  const Snapshot kept = network.snapshot();
  std::vector<std::string> names;
  for (const auto& array : kept.arrays()) names.push_back(array.name + " " + array.description());
  CHECK(names == std::vector<std::string>{"0.heads.weight_x F32 [2, 2, 5, 3]", "0.heads.weight_y F32 [2, 2, 5, 3]",
                                          "0.conv.weight F32 [2, 4, 3, 3]", "0.conv.bias F32 [2]",
                                          "0.norm.weight F32 [2]", "0.norm.bias F32 [2]",
                                          "classifier.weight F32 [4, 30]", "classifier.bias F32 [4]",
                                          "0.heads.running_mean F32 [4]", "0.heads.running_var F32 [4]",
                                          "0.norm.running_mean F32 [2]", "0.norm.running_var F32 [2]"});
  const Snapshot::Array* bias = kept.find("classifier.bias");
  REQUIRE(bias);
  CHECK(std::memcmp(bias->bytes.data(), network.parameter("classifier.bias").data(), 4 * sizeof(float)) == 0);
  CHECK(kept.find("classifier") == nullptr);
  CHECK(kept.facts().empty());
}

TEST_CASE("restore gives a network the snapshot's bits, whatever the order of its arrays") {
  Net network = numbered_network(100);
  network.parameters()[3] = std::numeric_limits<float>::quiet_NaN();
  network.parameters()[4] = -std::numeric_limits<float>::infinity();
  const Snapshot kept = changed(network, [](auto& arrays) { std::ranges::reverse(arrays); });
  Net other{Seed{9}};
  other.set_step(7);
  CHECK(other.restore(kept).empty());
  CHECK(std::memcmp(other.parameters().data(), network.parameters().data(), network.parameters().size_bytes()) == 0);
  CHECK(std::ranges::equal(other.buffers(), network.buffers()));
  CHECK(other.step() == 7);
}

TEST_CASE("all that does not fit is listed in one error, and nothing changes") {
  Net network = numbered_network(5);
  const Net before = numbered_network(5);
  const Snapshot wrong = changed(Net{Seed{3}}, [](auto& arrays) {
    arrays.erase(arrays.begin() + 1);  // 0.heads.weight_y
    arrays[2] = floats("0.conv.bias", {2, 1}, {1, 2});
    arrays[3].type = ScalarType::i32;  // 0.norm.weight
    arrays.push_back(floats("extra\n\x1B[2J", {1}, {1}));
    arrays.push_back(floats("more", {}, {1}));
    std::erase_if(arrays, [](const auto& array) { return array.name == "0.norm.running_var"; });
  });
  const std::string text = message_of<ArgumentError>([&] { network.restore(wrong); });
  CHECK(text ==
        "odot::Network::restore: the snapshot does not fit, and nothing was changed; missing: 0.heads.weight_y, "
        "0.norm.running_var; unexpected: extra\\x0A\\x1B[2J, more; of another shape or type: 0.conv.bias: expected F32 "
        "[2], found F32 [2, 1], 0.norm.weight: expected F32 [2], found I32 [2]");
  CHECK(same_state(network, before));
}

TEST_CASE("partial takes what fits, returns what does not, and leaves that as it is") {
  Net network = numbered_network(5);
  const Net before = numbered_network(5), source = numbered_network(1000);
  Snapshot some;
  some.add(floats("classifier.bias", {4}, {1, 2, 3, 4}));
  some.add(floats("0.conv.bias", {3}, {1, 2, 3}));
  some.add(*source.snapshot().find("0.norm.running_mean"));
  some.add(floats("else", {1}, {1}));
  const Unmatched unmatched = network.restore(some, {.partial = true});
  CHECK(unmatched.missing.size() == 9);
  CHECK(unmatched.unexpected == std::vector<std::string>{"else"});
  CHECK(unmatched.mismatched == std::vector<std::string>{"0.conv.bias: expected F32 [2], found F32 [3]"});
  CHECK(std::ranges::equal(network.parameter("classifier.bias"), std::vector<float>{1, 2, 3, 4}));
  CHECK(network.buffers()[8] == source.buffers()[8]);
  CHECK(std::ranges::equal(network.parameter("classifier.weight"), before.parameter("classifier.weight")));
  CHECK(std::ranges::equal(network.parameter("0.conv.bias"), before.parameter("0.conv.bias")));
}

TEST_CASE("another floating-point type is taken where asked for, rounded to the nearest") {
  const auto source = numbered_network<double>(1.0 / 3);
  Net network{Seed{1}};
  const std::string text = message_of<ArgumentError>([&] { network.restore(source.snapshot()); });
  CHECK(says(text, "classifier.bias: expected F32 [4], found F64 [4]"));
  network.restore(source.snapshot(), {.convert = true});
  for (std::size_t i = 0; i < network.parameters().size(); ++i)
    CHECK(network.parameters()[i] == static_cast<float>(source.parameters()[i]));
  auto wide = numbered_network<double>(0);
  wide.restore(network.snapshot(), {.convert = true});
  for (std::size_t i = 0; i < network.buffers().size(); ++i)
    CHECK(wide.buffers()[i] == static_cast<double>(network.buffers()[i]));
}

TEST_CASE("a number that the network's scalar can't hold is refused") {
  auto source = numbered_network<double>(0);
  source.parameters()[0] = 1e39;
  source.parameters()[1] = std::numeric_limits<double>::infinity();  // no loss
  Net network = numbered_network(5);
  const std::string text = message_of<ArgumentError>([&] { network.restore(source.snapshot(), {.convert = true}); });
  CHECK(says(text, "0.heads.weight_x: expected numbers that F32 can hold, found 1 that are too large, of 60"));
  CHECK(same_state(network, numbered_network(5)));
  CHECK_THROWS_AS(network.copy_weights_from(source), ArgumentError);
}

TEST_CASE("every type converts to every other, and integers to none") {
  const std::vector<float> values{
      1.5f, -0.0f, 1024.0f, 1e-5f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
  const Snapshot::Array start = floats("x", {2, 3}, values);
  for (const ScalarType first : {ScalarType::f64, ScalarType::f32, ScalarType::f16, ScalarType::bf16})
    for (const ScalarType second : {ScalarType::f64, ScalarType::f32, ScalarType::f16, ScalarType::bf16}) {
      const auto there = converted(start, first);
      const auto on = converted(there.array, second);
      CHECK(on.overflowed == 0);
      CHECK(on.array.bytes.size() == 6 * size_of(second));
      // Whoever has more digits and a greater range gives everything back.
      if (second == ScalarType::f64 || second == first)
        CHECK(converted(on.array, first).array.bytes == there.array.bytes);
    }
  CHECK(converted(floats("x", {1}, {70000}), ScalarType::f16).overflowed == 1);
  Snapshot whole;
  const std::vector<std::int64_t> three{3};
  whole.add("n", {}, std::span<const std::int64_t>(three));
  CHECK_THROWS_AS(converted(whole.arrays()[0], ScalarType::f32), ArgumentError);
}

TEST_CASE("weights are copied from network to network, of the same scalar and of another") {
  const Net source = numbered_network(3);
  Net same{Seed{4}};
  same.copy_weights_from(source);
  CHECK(same_state(same, source));
  same.copy_weights_from(same);
  CHECK(same_state(same, source));
  Network<Model, Cpu, double> wide{Seed{4}};
  wide.copy_weights_from(source);
  CHECK(std::ranges::equal(wide.parameters(), source.parameters()));
  Net back{Seed{5}};
  back.copy_weights_from(wide);
  CHECK(same_state(back, source));
}

TEST_CASE("one parameter is set by its name, from the host") {
  Net network{Seed{1}};
  const std::vector<double> values{1, 2, 3, 4};
  network.set_parameter("classifier.bias", values);
  CHECK(std::ranges::equal(network.parameter("classifier.bias"), std::vector<float>{1, 2, 3, 4}));
  CHECK(message_of<ArgumentError>([&] { network.set_parameter("0.conv.bias", values); }) ==
        "odot::Network::set_parameter: 0.conv.bias has 2 elements, 4 were given");
  CHECK(says(message_of<ArgumentError>([&] { network.set_parameter("bias", values); }), "classifier.bias"));
}

TEST_CASE("a parameter and a buffer of one name are refused") {
  using Mean = nn::Named<"x", nn::AttentionWise<1, nn::AttentionWiseOptions{.norm = true}>>;
  CHECK_THROWS_AS((Network<nn::Sequential<Shape<1, 3, 3>, Mean, Mean>>{Seed{1}}), ArgumentError);
}

TEST_CASE("an array's bytes are as many as its shape has, and its name is there once") {
  Snapshot kept;
  kept.add(floats("a", {2}, {1, 2}));
  CHECK(says(message_of<ArgumentError>([&] { kept.add(floats("a", {1}, {1})); }), "\"a\" already"));
  CHECK(says(message_of<ArgumentError>([&] { kept.add({"b", {3}, ScalarType::f32, std::vector<std::byte>(8)}); }),
             "F32 [3]", "expected 12 bytes, found 8"));
  const std::size_t huge = std::numeric_limits<std::size_t>::max() / 4 + 1;
  for (const std::vector<std::size_t>& shape : {std::vector{huge, std::size_t{4}}, {huge, 4, 0}, {0, huge, 4}})
    CHECK(says(message_of<ArgumentError>([&] { kept.add({"c", shape, ScalarType::u8, {}}); }),
               "expected a shape that memory can have"));
  kept.add({"empty", {0, 3}, ScalarType::f64, {}});
  kept.add(floats("single", {}, {1}));
  CHECK(kept.arrays().size() == 3);
}

TEST_CASE("facts are texts, and numbers come back as they were") {
  const CommaLocale locale;
  Snapshot kept;
  kept.set_fact("set", "Fashion-MNIST");
  kept.set_fact("seed", std::uint64_t{18446744073709551615u});
  kept.set_fact("accuracy", 0.1);
  kept.set_fact("loss", -1.0f / 3);
  CHECK(kept.text("set") == "Fashion-MNIST");
  CHECK(kept.count("seed") == 18446744073709551615u);
  CHECK(kept.text("accuracy") == "0.1");
  CHECK(kept.number("accuracy") == 0.1);
  CHECK(static_cast<float>(kept.number("loss").value()) == -1.0f / 3);
  CHECK_FALSE(kept.count("accuracy"));
  CHECK_FALSE(kept.number("set"));
  CHECK_FALSE(kept.text("none"));
  kept.set_fact("seed", 2);
  CHECK(kept.count("seed") == 2);
}

TEST_CASE("several snapshots are kept in one, each under its prefix") {
  Snapshot both;
  Snapshot inner;
  inner.add(floats("weight", {1}, {5}));
  inner.set_fact("steps", 3);
  both.merge(inner, "network.");
  both.merge(inner, "optimizer.");
  CHECK(both.find("network.weight"));
  CHECK(both.text("optimizer.steps") == "3");
  const Snapshot part = both.part("optimizer.");
  CHECK(part.arrays().size() == 1);
  CHECK(part.find("weight")->bytes == inner.find("weight")->bytes);
  CHECK(part.facts() == inner.facts());
  // A name that is taken: nothing is added, not even what comes before it.
  Snapshot late;
  late.add(floats("bias", {1}, {6}));
  late.add(floats("weight", {1}, {7}));
  late.set_fact("steps", 4);
  CHECK_THROWS_AS(both.merge(late, "network."), ArgumentError);
  CHECK_FALSE(both.find("network.bias"));
  CHECK(both.text("network.steps") == "3");
}

TEST_CASE("required facts and arrays are returned, or refused by name") {
  Snapshot kept;
  kept.set_fact("text", "a word");
  kept.set_fact("number", 0.1);
  kept.set_fact("count", std::size_t{7});
  const std::vector<double> numbers{1, -2.5};
  kept.add("numbers", {2}, std::span<const double>(numbers));
  CHECK(kept.required_text("text") == "a word");
  CHECK(kept.required_number("number") == 0.1);
  CHECK(kept.required_count("count") == 7);
  CHECK(kept.values<double>("numbers") == numbers);
  const auto refusal = [](const auto& body) { return message_of<ArgumentError>(body); };
  CHECK(refusal([&] { kept.required_text("none"); }) ==
        "odot::Snapshot: the fact \"none\": expected a text, found no such fact");
  CHECK(refusal([&] { kept.required_number("text"); }) ==
        "odot::Snapshot: the fact \"text\": expected a number, found \"a word\"");
  CHECK(refusal([&] { kept.required_count("number"); }) ==
        "odot::Snapshot: the fact \"number\": expected a whole number, found \"0.1\"");
  CHECK(refusal([&] { kept.values<float>("numbers"); }) ==
        "odot::Snapshot: the array \"numbers\": expected F32, found F64 [2]");
  CHECK(refusal([&] { kept.values<float>("none"); }) ==
        "odot::Snapshot: the array \"none\": expected F32, found no such array");
}
