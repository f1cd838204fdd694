// SPDX-License-Identifier: MIT
#include "odot/io/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/sequential.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class... Ends>
using Images = nn::Sequential<Shape<1, 6, 4>, nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>,
                              nn::BatchNorm2d<>, nn::ReLU, nn::Flatten, Ends...>;
using Model = Images<nn::Linear<5>, nn::LogSoftmax>;
using Net = Network<Model>;
using SmallerHead = Images<nn::Linear<4>, nn::LogSoftmax>;
using WithoutSoftmax = Images<nn::Linear<5>>;

constexpr std::initializer_list<const char*> names{"0.weight",       "0.bias",        "1.weight", "1.bias",
                                                   "1.running_mean", "1.running_var", "4.weight", "4.bias"};

/// Numbers that F16 and BF16 hold, others than any seed gives.
template <class M = Model, class Scalar = float>
Network<M, Cpu, Scalar> numbered_network(int from = 0) {
  Network<M, Cpu, Scalar> network{Seed{1}};
  for (auto& value : network.parameters()) value = static_cast<Scalar>(from++ % 128 - 64) / 8;
  for (auto& value : network.buffers()) value = static_cast<Scalar>(from++ % 128) / 8;
  return network;
}

template <class A, class B>
bool same_state(const A& a, const B& b) {
  return std::ranges::equal(a.parameters(), b.parameters()) && std::ranges::equal(a.buffers(), b.buffers());
}

/// A folder, and a file of weights in it.
struct Saved {
  explicit Saved(const auto& network, const io::SaveOptions& options = {}) { io::save_weights(path, network, options); }
  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "w.safetensors";
};

template <class Network>
std::string refusal(const std::filesystem::path& path, Network& network, const io::LoadOptions& options = {}) {
  const Snapshot before = network.snapshot();
  const std::string text = message_of<FileError>([&] { io::load_weights(path, network, options); });
  const Snapshot after = network.snapshot();
  for (const auto& array : after.arrays()) CHECK(array.bytes == before.find(array.name)->bytes);
  CHECK(text.starts_with(path.string() + ": "));
  CHECK(text.find('\n') == text.npos);
  return text;
}

/// A file of other arrays than a network's.
std::filesystem::path changed(const Saved& saved, const auto& change) {
  const Snapshot file = io::read_safetensors(saved.path);
  std::vector<Snapshot::Array> arrays = file.arrays();
  Snapshot result;
  for (const auto& [name, text] : file.facts()) result.set_fact(name, text);
  change(arrays, result);
  for (auto& array : arrays) result.add(std::move(array));
  io::write_safetensors(saved.path, result);
  return saved.path;
}

Snapshot::Array counter(const std::string& name) {
  return {name, {}, ScalarType::i64, std::vector<std::byte>(8, std::byte{1})};
}

}  // namespace

TEST_CASE("weights come back bit by bit, with what else was to be known") {
  Net network = numbered_network();
  network.parameters()[3] = std::numeric_limits<float>::infinity();
  const Saved saved(network, {.facts = {{"accuracy", "0.81"}, {"data", "Fashion-MNIST"}}});
  Net other{Seed{2}};
  const io::LoadedWeights loaded = io::load_weights(saved.path, other);
  CHECK(same_state(network, other));
  CHECK(loaded.unmatched.empty());
  CHECK(loaded.facts.at("accuracy") == "0.81");
  CHECK(loaded.facts.at("data") == "Fashion-MNIST");
  CHECK(loaded.facts.at("format") == "pt");
  CHECK(loaded.facts.at("odot.version") == ODOT_VERSION_STRING);
  CHECK(loaded.facts.at("odot.architecture") ==
        "[1, 6, 4] -> conv2d(3, kernel 3, padding 1), batch_norm2d(eps 1e-05), relu, flatten, linear(5), log_softmax");
  CHECK(loaded.facts.at("odot.fingerprint").size() == 16);
}

TEST_CASE("the names are those of a torch.nn.Sequential of the same layers") {
  const Saved saved(numbered_network());
  std::set<std::string> found;
  for (const auto& array : io::read_safetensors(saved.path).arrays()) found.insert(array.name);
  CHECK(found == std::set<std::string>(names.begin(), names.end()));
}

TEST_CASE("weights of another architecture are refused with both described, unless they are asked for") {
  const Saved saved(numbered_network());
  Network<WithoutSoftmax> other{Seed{2}};
  const std::string text = refusal(saved.path, other);
  CHECK(says(text,
             "expected weights of [1, 6, 4] -> conv2d(3, kernel 3, padding 1), batch_norm2d(eps 1e-05), relu, "
             "flatten, linear(5) (",
             "found those of [1, 6, 4] -> conv2d(3, kernel 3, padding 1), batch_norm2d(eps 1e-05), relu, flatten, "
             "linear(5), log_softmax (",
             "choose the model"));
  io::load_weights(saved.path, other, {.any_architecture = true});
  CHECK(same_state(other, numbered_network()));
  changed(saved, [](auto&, Snapshot& facts) {
    facts.set_fact("odot.fingerprint", "\x1B[2J\n");
    facts.set_fact("odot.architecture", "a\nb");
  });
  CHECK(says(refusal(saved.path, other), "found those of a\\x0Ab (\\x1B[2J\\x0A)"));
}

TEST_CASE("a file without a fingerprint, such as PyTorch's, counts by its names and shapes") {
  const Saved saved(numbered_network());
  Snapshot plain;
  for (const auto& array : io::read_safetensors(saved.path).arrays()) plain.add(array);
  io::write_safetensors(saved.path, plain);
  Network<WithoutSoftmax> other{Seed{2}};
  CHECK(io::load_weights(saved.path, other).facts.empty());
  CHECK(same_state(other, numbered_network()));
}

TEST_CASE("every name that does not fit is in one error") {
  const Saved saved(numbered_network());
  changed(saved, [](auto& arrays, Snapshot&) {
    std::erase_if(arrays, [](const auto& array) { return array.name == "0.bias" || array.name == "1.running_var"; });
    arrays.push_back(counter("5.number"));
    arrays.push_back(counter("6.number"));
    for (auto& array : arrays)
      if (array.name == "4.weight") array.shape = {72, 5};
  });
  Net network{Seed{2}};
  CHECK(says(refusal(saved.path, network),
             "its weights do not fit the network, and nothing was changed; missing: 0.bias, 1.running_var; unexpected: "
             "5.number, 6.number; of another shape or type: 4.weight: expected F32 [5, 72], found F32 [72, 5]"));
}

TEST_CASE("partial loads what fits, also of another architecture, and returns what does not") {
  const Saved saved(numbered_network());
  Network<SmallerHead> network{Seed{2}};
  CHECK(says(refusal(saved.path, network), "expected weights of"));
  const io::LoadedWeights loaded = io::load_weights(saved.path, network, {.partial = true});
  CHECK(loaded.unmatched.missing.empty());
  CHECK(loaded.unmatched.unexpected.empty());
  CHECK(loaded.unmatched.mismatched == std::vector<std::string>{"4.weight: expected F32 [4, 72], found F32 [5, 72]",
                                                                "4.bias: expected F32 [4], found F32 [5]"});
  CHECK(std::ranges::equal(network.parameter("0.weight"), numbered_network().parameter("0.weight")));
  CHECK(std::ranges::equal(network.parameter("4.weight"), Network<SmallerHead>{Seed{2}}.parameter("4.weight")));
}

TEST_CASE("prefixes are put before the names, and taken off") {
  const Saved saved(numbered_network(), {.prefix = "model."});
  Net network{Seed{2}};
  CHECK(says(refusal(saved.path, network), "missing: 0.weight", "unexpected: model.0.bias"));
  changed(saved, [](auto& arrays, Snapshot&) { arrays.push_back(counter("optimizer.steps")); });
  io::load_weights(saved.path, network, {.strip_prefix = "model."});
  CHECK(same_state(network, numbered_network()));
  CHECK(says(refusal(saved.path, network, {.strip_prefix = "module."}), "begin with \"module.\", found none"));

  const Saved part(Network<nn::Sequential<Shape<72>, nn::Linear<5>>>{Seed{5}});
  const auto loaded = io::load_weights(part.path, network, {.partial = true, .strip_prefix = "0.", .add_prefix = "4."});
  CHECK(loaded.unmatched.missing.size() == 6);
  CHECK(loaded.unmatched.unexpected.empty());
  CHECK(std::ranges::equal(network.parameter("4.weight"),
                           Network<nn::Sequential<Shape<72>, nn::Linear<5>>>{Seed{5}}.parameter("0.weight")));
}

TEST_CASE("weights are kept in other types, and loaded from them where asked for") {
  for (const ScalarType type : {ScalarType::f64, ScalarType::f16, ScalarType::bf16}) {
    const Saved saved(numbered_network(), {.type = type});
    for (const auto& array : io::read_safetensors(saved.path).arrays()) CHECK(array.type == type);
    Net network{Seed{2}};
    CHECK(says(refusal(saved.path, network), "0.bias: expected F32 [3], found " + std::string(name_of(type)) + " [3]"));
    io::load_weights(saved.path, network, {.convert = true});
    CHECK(same_state(network, numbered_network()));
    Network<Model, Cpu, double> wide{Seed{2}};
    io::load_weights(saved.path, wide, {.convert = true});
    CHECK(same_state(wide, numbered_network()));
  }
}

TEST_CASE("a number that a type can't hold is not written, nor loaded") {
  Net network = numbered_network();
  network.parameter("4.bias")[2] = 1e5f;
  const TemporaryFolder folder;
  const auto path = folder.path() / "w";
  CHECK(says(message_of<ArgumentError>([&] { io::save_weights(path, network, {.type = ScalarType::f16}); }),
             "1 numbers of 4.bias are too large for F16"));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_THROWS_AS(io::save_weights(path, network, {.type = ScalarType::i32}), ArgumentError);
  auto wide = numbered_network<Model, double>();
  wide.parameter("4.bias")[2] = 1e39;
  const Saved saved(wide);
  CHECK(says(refusal(saved.path, network, {.convert = true}), "4.bias: expected numbers that F32 can hold"));
}

TEST_CASE("PyTorch's counters of batches are left out where there is such a norm, and nowhere else") {
  const Saved saved(numbered_network());
  changed(saved, [](auto& arrays, Snapshot&) { arrays.push_back(counter("1.num_batches_tracked")); });
  Net network{Seed{2}};
  CHECK(io::load_weights(saved.path, network).unmatched.empty());
  CHECK(same_state(network, numbered_network()));
  changed(saved, [](auto& arrays, Snapshot&) { arrays.push_back(counter("2.num_batches_tracked")); });
  CHECK(says(refusal(saved.path, network), "unexpected: 2.num_batches_tracked"));
}

TEST_CASE("facts can't take the names of odot's own") {
  const TemporaryFolder folder;
  for (const char* name : {"format", "odot.version", "odot.anything"})
    CHECK_THROWS_AS(io::save_weights(folder.path() / "w", numbered_network(), {.facts = {{name, "x"}}}), ArgumentError);
}

TEST_CASE("a file that is no weights changes nothing") {
  const TemporaryFolder folder;
  Net network = numbered_network();
  CHECK(says(refusal(folder.write("w", {1, 2, 3}), network), "at byte 3: expected 8 bytes of a header's size"));
  CHECK(says(refusal(folder.path() / "none", network), "check the path"));
}
