// SPDX-License-Identifier: MIT
// The README's program must compile. It is not run here: the examples run its like on small data.
#include <odot/odot.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <type_traits>

namespace {

// clang-format off
using namespace odot;

using ModelB = nn::Sequential<Shape<1, 28, 28>,
    nn::AttentionWise<8>,          // 8 heads; shape in = shape out
    nn::AttentionWise<8>,
    nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
static_assert(ModelB::parameter_count == 33'084);      // known before the program runs

[[maybe_unused]] void program() {
  auto [train, test] = data::load_fashion_mnist("data/fashion-mnist");
  Network<ModelB> network{Seed{1}};
  optim::Adam adam{{.learning_rate = 1e-3f}};
  auto report = fit(network, adam, train, test, {.epochs = 10, .batch_size = 4096}, ProgressBar{});
}
// clang-format on

std::string content(const std::string& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

static_assert(std::is_base_of_v<ModelB, models::ModelB>);

TEST_CASE("the README's first program is the one above, line by line") {
  const std::string readme = content(std::string(ODOT_TEST_REFERENCE "/../../README.md")), here = content(__FILE__);
  const std::size_t begin = readme.find("```cpp\n") + 7, end = readme.find("```", begin);
  REQUIRE(end != std::string::npos);
  std::istringstream program(readme.substr(begin, end - begin));
  int lines = 0;
  for (std::string line; std::getline(program, line); ++lines) {
    CAPTURE(line);
    if (line != "int main() {") CHECK(here.find(line + "\n") != std::string::npos);
  }
  CHECK(lines >= 15);
}
