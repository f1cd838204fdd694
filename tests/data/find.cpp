// SPDX-License-Identifier: MIT
#include "odot/data/find.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <string>

#include "data/temporary_folder.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Sets $ODOT_DATA and the working folder, and puts both back at the end of its life.
class Surroundings {
 public:
  Surroundings(const std::filesystem::path& working, const std::optional<std::filesystem::path>& variable) {
    if (const char* value = std::getenv("ODOT_DATA")) variable_ = value;
    set(variable ? std::optional(variable->string()) : std::nullopt);
    std::filesystem::current_path(working);
  }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
  ~Surroundings() {
    set(variable_);
    std::filesystem::current_path(working_);
  }

 private:
  static void set(const std::optional<std::string>& value) {
    if (value) setenv("ODOT_DATA", value->c_str(), 1);
    else unsetenv("ODOT_DATA");
  }

  std::filesystem::path working_ = std::filesystem::current_path();
  std::optional<std::string> variable_;
};

}  // namespace

TEST_CASE("a named folder is the one that holds the set or the set's own") {
  const TemporaryFolder folder;
  folder.write("fashion-mnist/file", {1});
  CHECK(data::find("fashion-mnist", folder.path()) == folder.path() / "fashion-mnist");
  CHECK(data::find("fashion-mnist", folder.path() / "fashion-mnist") == folder.path() / "fashion-mnist");
}

TEST_CASE("a named folder is the only place that is tried") {
  const TemporaryFolder folder, elsewhere;
  elsewhere.write("mnist/file", {1});
  const Surroundings surroundings(folder.path(), elsewhere.path());
  const std::string message = message_of<FileError>([&] { data::find("mnist", folder.path()); });
  CHECK(says(message, (folder.path() / "mnist").string() + ", " + folder.path().string() + ";"));
  CHECK_FALSE(says(message, elsewhere.path().string()));
}

TEST_CASE("without a name $ODOT_DATA comes first, ./data second") {
  const TemporaryFolder folder, variable;
  folder.write("data/mnist/file", {1});
  const Surroundings surroundings(folder.path(), variable.path());
  CHECK(data::find("mnist") == std::filesystem::path("data") / "mnist");
  variable.write("mnist/file", {1});
  CHECK(data::find("mnist") == variable.path() / "mnist");
}

TEST_CASE("without $ODOT_DATA there is ./data") {
  const TemporaryFolder folder;
  folder.write("data/mnist/file", {1});
  const Surroundings surroundings(folder.path(), std::nullopt);
  CHECK(data::find("mnist") == std::filesystem::path("data") / "mnist");
}

TEST_CASE("the error lists every place looked in, and what to do") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "data/mnist");  // empty: no set
  const Surroundings surroundings(folder.path(), folder.path() / "sets");
  const std::string message = message_of<FileError>([] { data::find("mnist"); });
  CHECK(says(message, "mnist: ", (folder.path() / "sets/mnist").string() + " ($ODOT_DATA)", ", data/mnist",
             "scripts/get_data.sh", "data::synthetic"));
}
