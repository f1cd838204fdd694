// SPDX-License-Identifier: MIT
#include "odot/data/gzip.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/allocations.hpp"
#include "data/idx_bytes.hpp"
#include "odot/core/random.hpp"
#include "odot/data/csv.hpp"
#include "odot/data/idx.hpp"
#include "odot/data/ts.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t Rank>
data::Idx<Rank> read_any(const std::filesystem::path& file) {
  return data::read_file(file, [](auto& source) { return data::read_idx<Rank>(source); });
}

}  // namespace

TEST_CASE("plain files are told by their content, whatever their name") {
  const TemporaryFolder folder;
  const auto plain = folder.write("plain.gz", idx_bytes({5}, ramp(5)));
  CHECK_FALSE(data::is_gzip(plain));
  CHECK(read_any<1>(plain).values == ramp(5));
  CHECK_FALSE(data::is_gzip(folder.write("empty", {})));
  CHECK_FALSE(data::is_gzip(folder.write("one", {0x1F})));
}

#if __has_include(<zlib.h>)

namespace {

/// All of a source's content, of which there must be `size` bytes.
Bytes content(const std::filesystem::path& file, std::size_t size) {
  return data::read_file(file, [size](auto& source) {
    source.require_size(size);
    Bytes bytes(size);
    source.read(bytes, "content");
    source.require_end();
    return bytes;
  });
}

}  // namespace

TEST_CASE("gzipped files are told by their content, whatever their name") {
  const TemporaryFolder folder;
  const auto file = folder.write("labels", gzipped(idx_bytes({5}, ramp(5))));
  CHECK(data::is_gzip(file));
  CHECK(read_any<1>(file).values == ramp(5));
}

TEST_CASE("reads gzipped content of any size, well or badly compressed") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0u, 1u, 1000u, 65'536u, 300'000u}) {
    Bytes noise(size);
    for (std::size_t i = 0; i < size; ++i) noise[i] = static_cast<std::uint8_t>(Random(Seed{1}, 0).bits(i));
    CHECK(content(folder.write("zeros", gzipped(Bytes(size))), size) == Bytes(size));
    CHECK(content(folder.write("noise", gzipped(noise)), size) == noise);
  }
}

TEST_CASE("reads a file of several gzip members") {
  const TemporaryFolder folder;
  const Bytes members = joined(joined(gzipped(ramp(10)), gzipped({})), gzipped(ramp(20, 10)));
  CHECK(content(folder.write("members", members), 30) == ramp(30));
}

TEST_CASE("rejects a gzipped file cut at any byte") {
  const TemporaryFolder folder;
  const Bytes whole = gzipped(idx_bytes({2, 3, 4}, ramp(24)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto file = folder.write("images", truncated(whole, size));
    const std::string message = message_of<FormatError>([&] { read_any<3>(file); });
    CAPTURE(message);
    CHECK(says(message, file.string(), "at byte", "expected", "found"));
    if (size >= 2) CHECK(says(message, "a complete gzip stream", "truncated"));
  }
}

TEST_CASE("rejects content that is cut at any byte and gzipped then") {
  const TemporaryFolder folder;
  const Bytes whole = idx_bytes({2, 3, 4}, ramp(24));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto file = folder.write("images", gzipped(truncated(whole, size)));
    CHECK(says(message_of<FormatError>([&] { read_any<3>(file); }), "at byte " + std::to_string(size)));
  }
}

TEST_CASE("rejects one extra byte inside and behind the gzip stream") {
  const TemporaryFolder folder;
  const Bytes idx = idx_bytes({2, 3, 4}, ramp(24));
  const auto inside = folder.write("inside", gzipped(joined(idx, {0xAB})));
  CHECK(says(message_of<FormatError>([&] { read_any<3>(inside); }), "at byte 40", "more bytes, AB first"));
  for (const Bytes& extra : {Bytes{1}, Bytes{0x1F}, Bytes{'x', 'y', 'z'}, Bytes{0, 0, 'x'}}) {
    const auto behind = folder.write("behind", joined(gzipped(idx), extra));
    CHECK(says(message_of<FormatError>([&] { read_any<3>(behind); }), "at byte 40", "gzip"));
  }
}

TEST_CASE("zeros behind a gzip stream are padding") {
  const TemporaryFolder folder;
  const Bytes idx = idx_bytes({2, 3, 4}, ramp(24));
  for (const std::size_t zeros : {1, 512, 100'000})
    CHECK(read_any<3>(folder.write("padded", joined(gzipped(idx), Bytes(zeros)))).values == ramp(24));
  const Bytes members = joined(joined(gzipped(ramp(10)), Bytes(7)), gzipped(ramp(20, 10)));
  CHECK(content(folder.write("members", members), 30) == ramp(30));
  const auto behind = folder.write("behind", joined(gzipped(idx), {0, 0, 0xAB}));
  CHECK(says(message_of<FormatError>([&] { read_any<3>(behind); }),
             "at byte 40: expected the end of the gzipped file, or another gzip member, found more bytes, AB first"));
}

TEST_CASE("gzipped text is read, from any number of members") {
  const TemporaryFolder folder;
  const auto packed = [](const std::string& text) { return gzipped(Bytes(text.begin(), text.end())); };
  std::string rows = "a,b\n";
  for (int i = 0; i < 20'000; ++i) rows += std::to_string(i) + ",0.5\n";
  const auto read = [](auto& source) { return data::read_csv(source); };
  const data::Table table = data::read_file(folder.write("t.csv.gz", packed(rows)), read);
  CHECK(table.rows() == 20'000);
  CHECK(table.row(19'999)[0] == 19'999);
  CHECK(data::read_file(folder.write("two.csv.gz", joined(packed("a\n1\n"), packed("2\n"))), read).values ==
        std::vector<double>{1, 2});
  CHECK(data::read_file(folder.write("plain.csv", {'a', '\n', '1'}), read).values == std::vector<double>{1});
  const auto sequences = folder.write("s.ts.gz", packed("@classLabel true x\n@data\n1,2:x\n"));
  CHECK(data::read_file(sequences, [](auto& source) { return data::read_ts<Shape<2, 1>>(source); }).lengths[0] == 2);
  CHECK_THROWS_AS(data::read_file(folder.write("cut.csv.gz", truncated(packed(rows), 1000)), read), FormatError);
}

TEST_CASE("no changed byte gets past the checksum") {
  const TemporaryFolder folder;
  const Bytes whole = gzipped(idx_bytes({2, 3, 4}, ramp(24)));
  constexpr std::size_t header = 10;  // magic, method, flags, time, level, system: not under the checksum
  for (std::size_t at = header; at < whole.size(); ++at) {
    Bytes changed = whole;
    changed[at] ^= 0x10;
    const auto file = folder.write("images", changed);
    CHECK_THROWS_AS(read_any<3>(file), FormatError);
  }
  Bytes changed = whole;
  changed[whole.size() - 8] ^= 1;
  const auto file = folder.write("images", changed);
  CHECK(says(message_of<FormatError>([&] { read_any<3>(file); }), "incorrect data check"));
}

TEST_CASE("rejects a small gzipped file that announces a large size before it allocates for it") {
  const TemporaryFolder folder;
  const auto file = folder.write("images", gzipped(idx_bytes({65536, 65536}, ramp(16))));
  const std::size_t before = allocated_bytes();
  const std::string message = message_of<FormatError>([&] { read_any<2>(file); });
  CHECK(says(message, "at byte 12", "4294967308 bytes", "too small"));
  CHECK(allocated_bytes() - before < 300'000);
}

TEST_CASE("a gzipped file that holds far more than it announces is not unpacked to its end") {
  const TemporaryFolder folder;
  const auto file = folder.write("images", gzipped(joined(idx_bytes({3}, ramp(3)), Bytes(10'000'000))));
  const std::size_t before = allocated_bytes();
  CHECK(says(message_of<FormatError>([&] { read_any<1>(file); }), "at byte 11", "more bytes"));
  CHECK(allocated_bytes() - before < 300'000);
}

#endif
