// SPDX-License-Identifier: MIT
// Files that were whole once: bytes changed, cut out, doubled, files joined. A reader reads them or throws its errors; it
// doesn't crash, hang, take memory without end or make up sets that contradict themselves.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/allocations.hpp"
#include "data/idx_bytes.hpp"
#include "data/text_file.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/data/cifar.hpp"
#include "odot/data/csv.hpp"
#include "odot/data/gzip.hpp"
#include "odot/data/idx.hpp"
#include "odot/data/ts.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Numbers for one file's changes.
class Dice {
 public:
  explicit Dice(std::uint64_t stream) : random_(Seed{1}, stream) {}
  std::size_t below(std::size_t bound) { return random_.bits(next_++) % std::max<std::size_t>(bound, 1); }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

/// One to four changes; `pieces` is what the format gives a meaning.
Bytes mutated(Bytes bytes, std::span<const std::string_view> pieces, Dice& dice) {
  for (std::size_t change = 0, changes = 1 + dice.below(4); change < changes; ++change) {
    const std::size_t at = dice.below(bytes.size() + 1),
                      length = dice.below(std::min<std::size_t>(bytes.size() - at + 1, 40));
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = place + static_cast<std::ptrdiff_t>(length);
    switch (dice.below(6)) {
      case 0:
        if (at < bytes.size()) *place = static_cast<std::uint8_t>(dice.below(256));
        break;
      case 1:
        bytes.erase(place, end);
        break;
      case 2: {
        const Bytes part(place, end);
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(dice.below(bytes.size() + 1)), part.begin(),
                     part.end());
        break;
      }
      case 3:
        bytes.resize(at);
        break;
      case 4: {
        const std::string_view piece = pieces[dice.below(pieces.size())];
        bytes.insert(place, piece.begin(), piece.end());
        break;
      }
      default:
        if (at < bytes.size()) *place ^= static_cast<std::uint8_t>(1u << dice.below(8));
    }
  }
  return bytes;
}

constexpr std::size_t rounds = 500;

/// read(file) for many mutations; counts those that were read.
template <class Read>
void check_mutations(const std::string& name, const Bytes& whole, std::span<const std::string_view> pieces,
                     const Read& read) {
  const TemporaryFolder folder;
  CHECK_NOTHROW(read(folder.write(name, whole)));
  std::size_t were_read = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    CAPTURE(round);
    Dice dice(round);
    const Bytes bytes = mutated(whole, pieces, dice);
    const auto file = folder.write(name, bytes);
    const std::size_t before = allocated_bytes();
    try {
      read(file);
      ++were_read;
    } catch (const FileError& error) {
      const std::string message = error.what();
      CHECK(message.find(name) != message.npos);
      CHECK(message.size() < file.string().size() + 400);
      CHECK(std::none_of(message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }  // another error fails the test
    CHECK(allocated_bytes() - before < 2'000'000);
  }
  MESSAGE(name << ": " << were_read << " of " << rounds << " could be read");
  CHECK(were_read > 0);
  CHECK(were_read < rounds);
}

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

constexpr std::array<std::string_view, 24> text_pieces{
    ",",     "\n",          "\r",  "\r\n",  "\"", "\"\"", "\n\n",         " ",
    ":",     "?",           "nan", "inf",   "-",  "+",    "1e5",          "e",
    "1e999", "99999999999", "\t",  "@data", "%",  "#",    "\xEF\xBB\xBF", "@classLabel true a\n"};

}  // namespace

TEST_CASE("changed CSV files are read or rejected") {
  const std::string whole =
      "date,\"load, MW\",oil\n2016-07-01 00:00:00,1.5,-2\n\"a,b\", 3 ,4e1\r\nx,+5,.25\n\ny,6,\"7\"\n";
  for (const bool only_finite : {true, false})
    check_mutations("small.csv", bytes_of(whole), text_pieces, [=](const auto& file) {
      const data::Table table = data::read_csv(file, {.skip = {"date"}, .only_finite = only_finite});
      CHECK(table.rows() >= 1);
      CHECK(table.values.size() == table.rows() * table.columns.size());
      for (const double value : table.values)
        CHECK((!only_finite || std::abs(value) <= double{std::numeric_limits<float>::max()}));
    });
}

TEST_CASE("changed CSV files with names are read or rejected") {
  check_mutations("small.csv", bytes_of("x,kind\n1,\"a, b\"\n2, c\n3,\"d \"\"e\"\"\"\n4,c\n"), text_pieces,
                  [](const auto& file) {
                    const data::Table table = data::read_csv(file, {.categories = {"kind"}});
                    REQUIRE(table.categories.size() == 2);
                    std::vector<bool> occurs(table.categories[1].size());
                    for (std::size_t r = 0; r < table.rows(); ++r) {
                      const auto number = static_cast<std::size_t>(table.row(r)[1]);
                      REQUIRE(number < occurs.size());
                      occurs[number] = true;
                    }
                    CHECK(std::ranges::all_of(occurs, std::identity{}));
                    CHECK(std::ranges::is_sorted(table.categories[1]));
                  });
}

TEST_CASE("changed .ts files are read or rejected") {
  const std::string whole =
      "%a comment\n@problemName Small\n@timeStamps false\n@missing false\n@univariate false\n@dimensions 2\n"
      "@equalLength false\n@classLabel true one two\n@data\n1,2,3:-1,-2,-3:two\n# between\n5,6:0.5,.25:one\n";
  check_mutations("small.ts", bytes_of(whole), text_pieces, [](const auto& file) {
    const auto set = data::read_ts<Shape<4, 2>>(file);
    CHECK(set.size() >= 1);
    CHECK(set.values.size() == set.size() * 8);
    CHECK(set.lengths.size() == set.size());
    for (std::size_t i = 0; i < set.size(); ++i) {
      CHECK((set.lengths[i] >= 1 && set.lengths[i] <= 4));
      CHECK((set.targets[i] >= 0 && static_cast<std::size_t>(set.targets[i]) < set.classes.size()));
    }
    for (const float value : set.values) CHECK(std::isfinite(value));
  });
}

TEST_CASE("changed IDX files are read or rejected") {
  using namespace std::string_view_literals;
  static constexpr std::array<std::string_view, 4> pieces{"\0\0\x08\x03"sv, "\xff\xff\xff\xff"sv, "\0\0\0\0"sv,
                                                          "\0\x01\0\0"sv};
  check_mutations("images", idx_bytes({2, 3, 4}, ramp(24)), pieces, [](const auto& file) {
    const auto idx = data::read_idx<3>(file);
    CHECK(idx.values.size() == std::size_t{idx.extents[0]} * idx.extents[1] * idx.extents[2]);
  });
#if __has_include(<zlib.h>)
  check_mutations("images.gz", gzipped(idx_bytes({2, 3, 4}, ramp(24))), pieces, [](const auto& file) {
    const auto idx = data::read_file(file, [](auto& source) { return data::read_idx<3>(source); });
    CHECK(idx.values.size() == std::size_t{idx.extents[0]} * idx.extents[1] * idx.extents[2]);
  });
#endif
}

TEST_CASE("changed CIFAR files are read or rejected") {
  static constexpr std::array<std::string_view, 2> pieces{"\x0a", "\xff"};
  Bytes whole;
  for (const std::uint8_t label : {std::uint8_t{3}, std::uint8_t{9}})
    whole = joined(joined(whole, {label}), ramp(3072));
  check_mutations("data_batch_1.bin", whole, pieces, [](const auto& file) {
    const std::array<std::filesystem::path, 1> files{file};
    const auto set = data::read_cifar10(files);
    CHECK(set.values.size() == set.size() * 3072);
    for (const auto label : set.targets) CHECK((label >= 0 && label < 10));
  });
}
