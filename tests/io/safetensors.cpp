// SPDX-License-Identifier: MIT
#include "odot/io/safetensors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "core/allocations.hpp"
#include "data/temporary_folder.hpp"
#include "odot/core/random.hpp"
#include "support/comma_locale.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// A file's bytes: header size, header, data. `size`: in place of the header's.
Bytes file_of(const std::string& json, std::size_t data_bytes, std::uint64_t size = 0) {
  if (size == 0) size = json.size();
  Bytes bytes(8 + json.size() + data_bytes);
  std::memcpy(bytes.data(), &size, 8);
  std::copy(json.begin(), json.end(), bytes.begin() + 8);
  for (std::size_t i = 0; i < data_bytes; ++i) bytes[8 + json.size() + i] = static_cast<std::uint8_t>(i + 1);
  return bytes;
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

/// The error that reading these bytes must be; an error of another type fails the test.
std::string refusal(const Bytes& bytes) {
  const TemporaryFolder folder;
  const auto path = folder.write("x.safetensors", bytes);
  const std::string text = message_of<FormatError>([&] { (void)io::read_safetensors(path); });
  CHECK(text.starts_with(path.string() + ": at byte "));
  CHECK(text.find('\n') == text.npos);
  return text.substr(std::min(text.size(), path.string().size() + 2));
}
std::string refusal(const std::string& json, std::size_t data_bytes) { return refusal(file_of(json, data_bytes)); }

Snapshot read(const Bytes& bytes) {
  const TemporaryFolder folder;
  return io::read_safetensors(folder.write("x.safetensors", bytes));
}

Bytes bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
void add(Snapshot& snapshot, const std::string& name, std::vector<std::size_t> shape, const std::vector<T>& values) {
  snapshot.add(name, std::move(shape), std::span<const T>(values));
}

/// All types, no elements, no axes, NaN, infinity, and names of all kinds.
Snapshot of_everything() {
  Snapshot all;
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  add<float>(all, "weight", {2, 3}, {1, -0.0f, static_cast<float>(nan), static_cast<float>(-infinity), 1e-45f, 3});
  add<double>(all, "double", {4}, {0.1, nan, infinity, -0.0});
  add<std::int64_t>(all, "counter", {}, {-5});
  add<std::uint64_t>(all, "large", {1}, {18446744073709551615u});
  add<std::int32_t>(all, "i32", {1}, {-2147483647});
  add<std::uint32_t>(all, "u32", {1}, {4294967295u});
  add<std::int16_t>(all, "i16", {3}, {1, 2, -3});
  add<std::uint16_t>(all, "u16", {1}, {65535});
  add<std::int8_t>(all, "i8", {1, 1, 1}, {-128});
  add<std::uint8_t>(all, "u8", {3}, {1, 2, 255});
  add<float>(all, "empty", {0, 7}, {});
  add<double>(all, "also empty", {2, 0}, {});
  add<float>(all, "empty and wide", {0, std::size_t{1} << 60}, {});
  all.add({"yes", {2}, ScalarType::boolean, {std::byte{1}, std::byte{0}}});
  all.add({"half", {1}, ScalarType::f16, {std::byte{0}, std::byte{0x3C}}});
  all.add({"brain", {1}, ScalarType::bf16, {std::byte{0x80}, std::byte{0x3F}}});
  add<float>(all, "", {}, {1});
  add<float>(all, "\"quoted\" \\ \n\t\x01 Größe 層 🙂", {}, {2});
  all.set_fact("format", "pt");
  all.set_fact("note", "several\nlines, \"quoted\", Ümlaut");
  all.set_fact("accuracy", 0.8081);
  return all;
}

bool same(const Snapshot& a, const Snapshot& b) {
  if (a.arrays().size() != b.arrays().size() || a.facts() != b.facts()) return false;
  return std::ranges::all_of(a.arrays(), [&](const auto& x) {
    const auto* y = b.find(x.name);
    return y && x.shape == y->shape && x.type == y->type && x.bytes == y->bytes;
  });
}

}  // namespace

TEST_CASE("everything comes back as it was written, whatever the locale") {
  const CommaLocale locale;
  const TemporaryFolder folder;
  const auto path = folder.path() / "all.safetensors";
  const Snapshot all = of_everything();
  io::write_safetensors(path, all);
  CHECK(same(io::read_safetensors(path), all));
  io::write_safetensors(path, Snapshot());
  CHECK(same(io::read_safetensors(path), Snapshot()));
  CHECK(bytes_of(path) == file_of("{}      ", 0));
}

TEST_CASE("files are those of the reference implementation, byte by byte") {
  // safetensors.numpy.save({"b": float32 [1, 2], "a": float32 [[3], [4]], "n": int64 7, "h": float16 [1]},
  //                        metadata={"format": "pt"}), safetensors 0.8.0
  const std::string json =
      "{\"__metadata__\":{\"format\":\"pt\"},\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
      "\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[8,16]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
      "\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[24,26]}}";
  Snapshot snapshot;
  add<float>(snapshot, "b", {2}, {1, 2});
  add<float>(snapshot, "a", {2, 1}, {3, 4});
  add<std::int64_t>(snapshot, "n", {}, {7});
  snapshot.add({"h", {1}, ScalarType::f16, {std::byte{0}, std::byte{0x3C}}});
  snapshot.set_fact("format", "pt");
  const std::string content = io::safetensors_content(snapshot);
  std::uint64_t size = 0;
  std::memcpy(&size, content.data(), 8);
  CHECK(size % 8 == 0);
  CHECK(content.substr(8, size) == json + std::string(size - json.size(), ' '));
  CHECK(size - json.size() < 8);
  const auto bytes = [&](std::size_t at) { return static_cast<unsigned char>(content[8 + size + at]); };
  CHECK(content.size() == 8 + size + 26);
  CHECK(bytes(0) == 7);
  CHECK(bytes(15) == 0x40);  // 4.0f is 0x40800000
  CHECK(bytes(25) == 0x3C);
}

TEST_CASE("names and facts that are not UTF-8, and a name that metadata has, are not written") {
  Snapshot name, fact, taken;
  add<float>(name, "\xFF", {}, {1});
  fact.set_fact("a", "\xC3");
  add<float>(taken, "__metadata__", {}, {1});
  CHECK(says(message_of<ArgumentError>([&] { (void)io::safetensors_content(name); }), "UTF-8", "\\xFF"));
  CHECK_THROWS_AS((void)io::safetensors_content(fact), ArgumentError);
  CHECK_THROWS_AS((void)io::safetensors_content(taken), ArgumentError);
}

TEST_CASE("data may begin at any byte, and entries may be in any order") {
  const Snapshot snapshot =
      read(file_of("{" + tensor("b", "F64", "[1]", "[1,9]") + "," + tensor("a", "U8", "[1]", "[0,1]") + "," +
                       tensor("none", "F32", "[0]", "[1,1]") + "," + tensor("c", "F32", "[]", "[9,13]") + "} \n",
                   13));
  double b = 0;
  std::memcpy(&b, snapshot.find("b")->bytes.data(), 8);
  CHECK(std::bit_cast<std::uint64_t>(b) == 0x0908070605040302u);
  CHECK(snapshot.find("none")->bytes.empty());
  CHECK(snapshot.find("c")->shape.empty());
  CHECK(snapshot.arrays().front().name == "a");
}

TEST_CASE("a header's size that can't be is refused before memory is taken") {
  CHECK(refusal(Bytes{}) ==
        "at byte 0: expected 8 bytes of a header's size, found the end of the file after 0 of them");
  CHECK(refusal(Bytes(7, 1)) ==
        "at byte 7: expected 8 bytes of a header's size, found the end of the file after 7 of them");
  CHECK(refusal(file_of("{}", 0, 3)) == "at byte 0: expected a header of at most 2 bytes, which the file has, found 3");
  CHECK(refusal(file_of("{}", 0, 100'000'000)) ==
        "at byte 0: expected a header of at most 2 bytes, which the file has, found 100000000");
  CHECK(refusal(file_of("{}", 0, 100'000'001)) ==
        "at byte 0: expected a header of at most 100000000 bytes, found 100000001");
  for (const std::uint64_t below : {1u, 8u, 9u, 16u})
    CHECK(says(refusal(file_of("{}", 0, 0 - below)), "a header of at most 100000000 bytes, found 18446744073709551"));
  CHECK(refusal(Bytes(8, 0)) == "at byte 8: expected a header that begins with {, found none");
}

TEST_CASE("a shape whose product wraps is refused, whatever its bytes are") {
  for (const char* shape :
       {"[4611686018427387904,4]", "[2305843009213693952,2]", "[18446744073709551615]", "[4294967296,4294967296]",
        "[9223372036854775808,2]", "[4294967296,4294967296,0]", "[0,4294967296,4294967296]"})
    CHECK(says(refusal("{" + tensor("w", "F32", shape, "[0,0]") + "}", 0),
               "expected a shape that memory can have of \"w\""));
  CHECK(says(refusal("{" + tensor("w", "F32", "[18446744073709551616]", "[0,0]") + "}", 0),
             "expected an extent, a whole number that is not negative, found 18446744073709551616"));
}

TEST_CASE("offsets that contradict the shape, the data or each other are refused") {
  const auto one = [](const char* shape, const char* offsets, std::size_t data_bytes) {
    return refusal("{" + tensor("w", "F32", shape, offsets) + "}", data_bytes);
  };
  CHECK(one("[2]", "[8,0]", 8) == "at byte 12: expected offsets in their order of \"w\", found 8 to 0");
  CHECK(says(one("[2]", "[-8,0]", 8), "expected a first offset, a whole number that is not negative, found -8"));
  CHECK(says(one("[2]", "[0,-8]", 8), "expected a last offset, a whole number that is not negative, found -8"));
  CHECK(says(one("[2]", "[0,8]", 7), "expected offsets within 7 bytes of data of \"w\", found 0 to 8"));
  CHECK(says(one("[2]", "[18446744073709551608,18446744073709551615]", 8), "expected offsets within 8 bytes"));
  CHECK(says(one("[2]", "[0,4]", 4), "expected 8 bytes of F32 [2] of \"w\", found 4 (0 to 4)"));
  CHECK(says(one("[1]", "[0,8]", 8), "expected 4 bytes of F32 [1] of \"w\", found 8 (0 to 8)"));
  CHECK(says(one("[2]", "[4,12]", 12), "expected the data to continue at 0, without gap or overlap", "found 4 to 12"));
  CHECK(says(one("[2]", "[0,8]", 9),
             "at byte 70: expected the end of the file after the last tensor, found 1 more bytes"));
  CHECK(says(one("[2]", "[0]", 8), "expected a last offset", "found ]"));
  CHECK(says(one("[2]", "[0,8,8]", 8), "expected two offsets, found 8"));
  CHECK(says(one("[2]", "[0.0,8]", 8), "expected a first offset", "found 0.0"));
  CHECK(says(one("[2]", "[0,8e0]", 8), "expected a last offset", "found 8e0"));
  CHECK(says(one("[2]", "[]", 8), "expected a first offset", "found ]"));
  const auto two = [](const char* first, const char* second, std::size_t data_bytes) {
    return refusal("{" + tensor("a", "U8", "[4]", first) + "," + tensor("b", "U8", "[4]", second) + "}", data_bytes);
  };
  CHECK(says(two("[0,4]", "[2,6]", 6), "continue at 4", "of \"b\", found 2 to 6"));  // overlap
  CHECK(says(two("[0,4]", "[0,4]", 4), "continue at 4", "found 0 to 4"));            // the same bytes
  CHECK(says(two("[0,4]", "[5,9]", 9), "continue at 4", "found 5 to 9"));            // a gap
  CHECK(says(two("[5,9]", "[0,4]", 9), "continue at 4", "of \"a\", found 5 to 9"));
  CHECK(says(refusal("{}", 1), "at byte 10: expected the end of the file after the last tensor, found 1 more bytes"));
}

TEST_CASE("keys that are there twice are refused, in the header, in a tensor and in metadata") {
  const std::string w = tensor("w", "F32", "[1]", "[0,4]");
  CHECK(says(refusal("{" + w + "," + w + "}", 4), "expected each key once, found \"w\" once more"));
  CHECK(says(refusal("{" + w + "," + tensor("\\u0077", "F32", "[1]", "[4,8]") + "}", 8), "found \"w\" once more"));
  CHECK(
      says(refusal(R"({"w":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4), "\"shape\" once more"));
  CHECK(says(refusal(R"({"__metadata__":{"a":"1","a":"1"}})", 0), "\"a\" once more"));
  CHECK(says(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), "\"__metadata__\" once more"));
}

TEST_CASE("a header that is not what it should be is refused where it isn't") {
  CHECK(says(refusal("[]", 0), "at byte 8: expected a header that begins with {, found \"[]\""));
  CHECK(says(refusal(" {}", 0), "expected a header that begins with {"));
  CHECK(says(refusal("{", 0), "expected JSON, found unexpected end of input"));
  CHECK(says(refusal("{}{", 0), "expected JSON"));
  CHECK(says(refusal("{} x", 0), "expected JSON"));
  CHECK(says(refusal(std::string("{}\0{", 4), 0), "at byte 10: expected JSON, found a byte that is 0"));
  CHECK(says(refusal(R"({"a":})", 0), "expected JSON"));
  CHECK(says(refusal(R"({"a":{},})", 0), "dtype"));
  CHECK(says(refusal("{/**/}", 0), "expected JSON"));
  CHECK(says(refusal(R"({"a":1})", 0), "expected an object, found 1"));
  CHECK(says(refusal(R"({"a":null})", 0), "expected an object, found null"));
  CHECK(says(refusal(R"({"a":[]})", 0), "expected an object, found ["));
  CHECK(says(refusal(R"({"a":{}})", 0), "expected dtype, found the end of the tensor \"a\""));
  CHECK(says(refusal(R"({"a":{"dtype":"F32","data_offsets":[0,0]}})", 0), "expected shape, found the end"));
  CHECK(says(refusal(R"({"a":{"dtype":"F32","shape":[0]}})", 0), "expected data_offsets, found the end"));
  CHECK(says(refusal(R"({"a":{"dtype":"F32","strides":[1]}})", 0),
             "expected dtype, shape or data_offsets, found \"strides\""));
  CHECK(says(refusal(R"({"a":{"dtype":4}})", 0), "expected a text as dtype, found 4"));
  CHECK(says(refusal(R"({"a":{"shape":4}})", 0), "expected an array as shape, found 4"));
  CHECK(says(refusal(R"({"a":{"shape":[true]}})", 0), "expected an extent", "found true"));
  CHECK(says(refusal(R"({"a":{"shape":["1"]}})", 0), "expected an extent", "found \"1\""));
  CHECK(says(refusal(R"({"a":{"shape":[-1]}})", 0), "expected an extent", "found -1"));
  CHECK(says(refusal(R"({"a":{"shape":[1.5]}})", 0), "expected an extent", "found 1.5"));
  CHECK(says(refusal(R"({"a":{"data_offsets":{}}})", 0), "expected an array as data_offsets, found {"));
  CHECK(says(refusal(R"({"__metadata__":"x"})", 0), "expected an object, found \"x\""));
  CHECK(says(refusal(R"({"__metadata__":{"a":1}})", 0), "expected a text as a fact's value, found 1"));
  CHECK(says(refusal(R"({"__metadata__":{"a":{}}})", 0), "expected a text as a fact's value, found {"));
}

TEST_CASE("any depth of JSON is refused at the first level too many") {
  const std::string deep(1'000'000, '[');
  CHECK(says(refusal(R"({"a":{"shape":[)" + deep, 0), "expected an extent", "found ["));
  CHECK(says(refusal(R"({"a":)" + deep, 0), "expected an object, found ["));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK(says(refusal(objects, 0), "expected dtype, shape or data_offsets, found \"a\""));
}

TEST_CASE("invalid UTF-8 is refused, raw or escaped") {
  for (const char* bytes : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"})
    CHECK(refusal(std::string("{\"") + bytes + "\":1}", 0) == "at byte 10: expected UTF-8, found bytes that are none");
  CHECK(says(refusal(R"({"\ud800":{}})", 0), "expected JSON"));
  CHECK(says(refusal("{\"a\nb\":{}}", 0), "expected JSON"));
}

TEST_CASE("types that odot does not know are refused by name") {
  for (const char* type : {"F8_E4M3", "F8_E5M2", "F4", "F6_E2M3", "I4", "C64", "f32", "F128", "", "F32 "})
    CHECK(says(refusal("{" + tensor("w", type, "[1]", "[0,4]") + "}", 4),
               "expected BOOL, an integer of 8 to 64 bits, F16, BF16, F32 or F64 as dtype, found \"" +
                   std::string(type) + "\""));
  CHECK(says(refusal("{" + tensor("w", "\\u001b[2J\\n", "[1]", "[0,4]") + "}", 4), "found \"\\x1B[2J\\x0A\""));
}

TEST_CASE("a file that is cut at any byte, or has bytes after its end, is refused") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "all.safetensors";
  io::write_safetensors(path, of_everything());
  const Bytes whole = bytes_of(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_THROWS_AS((void)io::read_safetensors(folder.write("cut", cut)), FormatError);
  }
  Bytes longer = whole;
  longer.push_back(0);
  CHECK(says(refusal(longer), "expected the end of the file after the last tensor, found 1 more bytes"));
}

TEST_CASE("a file with bytes that are not what they were is read or refused, and nothing else") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "all.safetensors";
  io::write_safetensors(path, of_everything());
  const Bytes whole = bytes_of(path);
  std::uint64_t size = 0;
  std::memcpy(&size, whole.data(), 8);
  const Random random(Seed{7}, 1);
  std::size_t refused = 0;
  for (std::uint64_t round = 0, next = 0; round < 4000; ++round) {
    Bytes bytes = whole;
    // Structure more often than not: digits, brackets, quotes, the header's size.
    static constexpr std::string_view pieces = "0123456789[]{},:\"\\-.eE \xFF";
    for (std::uint64_t change = 0, changes = 1 + random.bits(next++) % 3; change < changes; ++change) {
      const std::size_t at = random.bits(next++) % (8 + size + 8);
      const std::uint64_t kind = random.bits(next++) % 4;
      const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at, bytes.size() - 1));
      if (kind == 0) *place = static_cast<std::uint8_t>(pieces[random.bits(next++) % pieces.size()]);
      else if (kind == 1) *place ^= static_cast<std::uint8_t>(1u << random.bits(next++) % 8);
      else if (kind == 2) bytes.erase(place);
      else bytes.insert(place, static_cast<std::uint8_t>(pieces[random.bits(next++) % pieces.size()]));
    }
    try {
      const Snapshot snapshot = io::read_safetensors(folder.write("changed", bytes));
      std::size_t data_bytes = 0;
      for (const auto& array : snapshot.arrays()) data_bytes += array.bytes.size();
      CHECK(data_bytes <= bytes.size());
    } catch (const FormatError&) {
      ++refused;
    }
  }
  CHECK(refused > 3000);
  CHECK(refused < 4000);
}

TEST_CASE("reading takes memory by the file's size, whatever the header says") {
  const TemporaryFolder folder;
  const auto taken = [&](const Bytes& bytes) {
    const auto path = folder.write("x", bytes);
    const std::size_t before = allocated_bytes();
    try {
      (void)io::read_safetensors(path);
    } catch (const FormatError&) {
    }
    return allocated_bytes() - before;
  };
  constexpr std::size_t small = 64 << 10;  // streams, texts of errors
  CHECK(taken(file_of("{}", 0, 99'999'999)) < small);
  CHECK(taken(file_of("{" + tensor("w", "F64", "[10000000000]", "[0,80000000000]") + "}", 8)) < small);
  std::string extents = "{\"w\":{\"shape\":[1";
  for (int i = 0; i < 1'000'000; ++i) extents += ",1";
  CHECK(taken(file_of(extents, 0)) < 2 * extents.size());
}

TEST_CASE("a file that is not there, or not a file, is an error of its path") {
  const TemporaryFolder folder;
  CHECK(says(message_of<FileError>([&] { (void)io::read_safetensors(folder.path() / "none"); }), "check the path"));
  CHECK_THROWS_AS((void)io::read_safetensors(folder.path()), FileError);
}
