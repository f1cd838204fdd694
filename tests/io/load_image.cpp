// SPDX-License-Identifier: MIT
// First, because its abs must not be what the decoder calls.
#include "odot/expressions/elementwise.hpp"

#include "odot/io/load_image.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/io/load_image_folder.hpp"
#include "odot/io/png.hpp"

using namespace odot;
using data::load_image;
using data::load_image_folder;
using io::Fit;
using io::Picture;
using odot::test::TemporaryFolder;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Numbers = std::vector<double>;

Numbers values_of(const auto& tensor) { return {tensor.begin(), tensor.end()}; }

void append_big(Bytes& to, std::size_t number, std::size_t count) {
  while (count > 0) to.push_back(static_cast<std::uint8_t>(number >> 8 * --count));
}

Bytes chunk(std::string_view type, const Bytes& data) {
  Bytes chunk;
  append_big(chunk, data.size(), 4);
  chunk.insert(chunk.end(), type.begin(), type.end());
  chunk.insert(chunk.end(), data.begin(), data.end());
  append_big(chunk, io::detail::crc32(std::span(chunk).subspan(4)), 4);
  return chunk;
}

/// A PNG file of rows that begin with their filter, in one stored block of deflate. `more`: chunks before the pixels.
Bytes png(std::size_t width, std::size_t height, std::uint8_t depth, std::uint8_t colour, const Bytes& rows,
          const Bytes& more = {}) {
  Bytes file{0x89, 'P', 'N', 'G', 13, 10, 26, 10}, header, data{0x78, 1, 1};
  append_big(header, width, 4);
  append_big(header, height, 4);
  header.insert(header.end(), {depth, colour, 0, 0, 0});
  for (const std::size_t size : {rows.size(), ~rows.size() & 0xFFFF})
    data.insert(data.end(), {static_cast<std::uint8_t>(size), static_cast<std::uint8_t>(size >> 8)});
  data.insert(data.end(), rows.begin(), rows.end());
  std::size_t a = 1, b = 0;  // Adler-32
  for (const std::uint8_t byte : rows) a = (a + byte) % 65521, b = (b + a) % 65521;
  append_big(data, b << 16 | a, 4);
  for (const Bytes& part : {chunk("IHDR", header), more, chunk("IDAT", data), chunk("IEND", {})})
    file.insert(file.end(), part.begin(), part.end());
  return file;
}

/// 8 × 8 pixels of Adobe's CMYK, all of one colour, which is (53, 216, 187).
Bytes cmyk_jpeg() {
  constexpr std::string_view digits =
      "ffd8ffee000e41646f626500640000000000ffdb0043000201010101010201010102020202020403020202020504040304060506060605"
      "060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc000140800080008044311004d11005911004b1100ff"
      "c40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000ffda000e0443004d0059004b"
      "00003f0036cc210c3a8fffd9";
  Bytes file;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    file.push_back(static_cast<std::uint8_t>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return file;
}

/// A BMP file of 24 bits: one row of pixels, blue first.
Bytes bmp(std::size_t width, Bytes row) {
  Bytes file(54);
  file[0] = 'B', file[1] = 'M', file[10] = 54, file[14] = 40, file[18] = static_cast<std::uint8_t>(width);
  file[22] = 1, file[26] = 1, file[28] = 24;
  row.resize((row.size() + 3) / 4 * 4);
  file.insert(file.end(), row.begin(), row.end());
  file[2] = static_cast<std::uint8_t>(file.size());
  return file;
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

Picture decoded(const Bytes& bytes, const io::ReadPictureOptions& options = {}) {
  return io::decode_picture(bytes, "picture", options);
}

std::string error_of(const auto& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const Bytes grey_2x2 = png(2, 2, 8, 0, {0, 0, 100, 0, 200, 255});

}  // namespace

TEST_CASE("a grey picture becomes bytes, or numbers from 0 to 1, inverted where asked") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "grey.png";
  write(path, grey_2x2);
  CHECK(values_of(load_image<Shape<1, 2, 2>>(path)) == Numbers{0, 100, 200, 255});
  CHECK(values_of(load_image<Shape<1, 2, 2>>(path, {.inverted = true})) == Numbers{255, 155, 55, 0});
  CHECK(values_of(load_image<Shape<1, 2, 2>, double>(path)) == Numbers{0, 100 / 255.0, 200 / 255.0, 1});
  CHECK(values_of(load_image<Shape<3, 2, 2>>(path)) == Numbers{0, 100, 200, 255, 0, 100, 200, 255, 0, 100, 200, 255});
}

TEST_CASE("a colour picture becomes planes of red, green and blue, or grey") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "colour.png";
  io::write_png(path, Picture{2, 1, 3, {255, 0, 0, 10, 20, 30}});
  CHECK(values_of(load_image<Shape<3, 1, 2>>(path)) == Numbers{255, 10, 0, 20, 0, 30});
  CHECK(values_of(load_image<Shape<1, 1, 2>>(path)) == Numbers{76, 18});
}

TEST_CASE("every kind of file gives its pixels, whatever its name says") {
  CHECK(decoded(png(2, 1, 16, 0, {0, 0x80, 0x00, 0xFF, 0xFF})).bytes == Bytes{128, 255});
  CHECK(decoded(png(8, 1, 1, 0, {0, 0b10100001})).bytes == Bytes{255, 0, 255, 0, 0, 0, 0, 255});
  const Bytes palette = chunk("PLTE", {1, 2, 3, 40, 50, 60});
  CHECK(decoded(png(2, 1, 8, 3, {0, 1, 0}, palette)) == Picture{2, 1, 3, {40, 50, 60, 1, 2, 3}});
  // An index beyond the palette is black.
  CHECK(decoded(png(2, 1, 8, 3, {0, 1, 9}, palette)) == Picture{2, 1, 3, {40, 50, 60, 0, 0, 0}});
  const Bytes grey_alpha = png(3, 1, 8, 4, {0, 100, 255, 100, 0, 0, 51});
  CHECK(decoded(grey_alpha) == Picture{3, 1, 1, {100, 255, 204}});
  CHECK(decoded(grey_alpha, {.background = io::black}) == Picture{3, 1, 1, {100, 0, 0}});
  CHECK(decoded(png(1, 1, 8, 6, {0, 10, 20, 30, 0})) == Picture{1, 1, 3, {255, 255, 255}});
  CHECK(decoded(bmp(2, {3, 2, 1, 6, 5, 4})) == Picture{2, 1, 3, {1, 2, 3, 4, 5, 6}});

  const Picture cmyk = decoded(cmyk_jpeg());
  REQUIRE(cmyk.bytes.size() == 8 * 8 * 3);
  for (std::size_t i = 0; i < cmyk.bytes.size(); i += 3) {
    CHECK(std::abs(cmyk.bytes[i] - 53) <= 2);
    CHECK(std::abs(cmyk.bytes[i + 1] - 216) <= 2);
    CHECK(std::abs(cmyk.bytes[i + 2] - 187) <= 2);
  }
  const TemporaryFolder folder;
  write(folder.path() / "a.jpg", grey_2x2);
  CHECK(io::read_picture(folder.path() / "a.jpg").bytes == Bytes{0, 100, 200, 255});
}

TEST_CASE("resizing has Pillow's bytes") {
  // Image.fromarray(…).resize((3, 2), Image.BILINEAR), and (2, 5).
  const Picture ramp{5, 4, 1, {0, 10, 40, 90, 160, 250, 105, 216, 94, 228, 127, 31, 192, 98, 9, 81, 7, 199, 147, 60}};
  CHECK(io::resized(ramp, 3, 2).bytes == Bytes{95, 108, 136, 85, 143, 86});
  CHECK(io::resized(ramp, 2, 5).bytes == Bytes{17, 97, 128, 145, 139, 127, 95, 99, 81, 125});
  CHECK(io::resized(ramp, 5, 4) == ramp);
  const Picture one{1, 1, 3, {9, 8, 7}};
  CHECK(io::resized(one, 3, 2) == Picture::filled(3, 2, 3, {9, 8, 7}));
  // High and narrow to low and wide: no more memory than one of the two takes.
  const Picture high = Picture::filled(1, 30'000, 1, {77, 77, 77});
  for (const Fit fit : {Fit::stretch, Fit::crop}) {
    const Picture wide = io::fitted(high, 60, 2, fit);
    CHECK(std::all_of(wide.bytes.begin(), wide.bytes.end(), [](std::uint8_t b) { return b >= 76 && b <= 78; }));
  }
  CHECK(contains(error_of([&] { io::resized(ramp, 0, 2); }), "at least 1 × 1"));
}

TEST_CASE("a picture fills another shape as a whole, with borders, or cut off") {
  const Picture wide{4, 2, 1, {10, 20, 30, 40, 50, 60, 70, 80}};
  CHECK(io::fitted(wide, 4, 4, Fit::border) ==
        Picture{4, 4, 1, {255, 255, 255, 255, 10, 20, 30, 40, 50, 60, 70, 80, 255, 255, 255, 255}});
  CHECK(io::fitted(wide, 2, 2, Fit::crop) == Picture{2, 2, 1, {20, 30, 60, 70}});
  CHECK(io::fitted(wide, 1, 1).bytes == Bytes{45});
  CHECK(contains(error_of([&] { io::cropped(wide, 3, 0, 2, 2); }), "found 2 × 2 from row 0, column 3 on"));
}

TEST_CASE("hostile files are one clear error") {
  const auto fails = [](const Bytes& bytes, std::string_view part) {
    const std::string error = error_of([&] { decoded(bytes); });
    CAPTURE(error);
    CHECK(contains(error, part));
    CHECK(error.starts_with("picture: "));
  };
  fails({}, "an empty file");
  fails({'G', 'I', 'F', '8'}, "a picture: PNG, JPEG or BMP");
  fails(png(0, 2, 8, 0, {0}), "pixel");                       // no pixels
  fails(png(60'000, 60'000, 8, 0, {0}), "100000000");         // a bomb
  fails(png(9'000, 9'000, 8, 6, {0}), "can't hold so many");  // one within the limit
  fails(png(2, 2, 3, 0, {0, 0, 0, 0}), "a bit depth");        // no such depth
  fails(png(2, 1, 8, 3, {0, 0, 0}), "a palette");             // none
  fails(png(2, 2, 8, 0, {0, 1}), "decode");                   // too few pixels
  Bytes damaged = grey_2x2;
  damaged[45] ^= 1;
  fails(damaged, "checksum");
  CHECK(contains(error_of([] { decoded(grey_2x2, {.most_pixels = 3}); }), "3"));
}

TEST_CASE("a file that is cut off anywhere is an error, one that is changed never a crash") {
  std::mt19937 random(1);
  for (const Bytes& whole : {grey_2x2, cmyk_jpeg(), bmp(3, {1, 2, 3, 4, 5, 6, 7, 8, 9})}) {
    for (std::size_t k = 0; k < whole.size() - 4; ++k)
      CHECK_THROWS_AS(decoded(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(k))), FileError);
    for (int round = 0; round < 300; ++round) {
      Bytes changed = whole;
      for (int edit = 0; edit < 3; ++edit) changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
      const std::string error = error_of([&] { decoded(changed, {.most_pixels = 100'000}); });
      CHECK_FALSE(error.empty());
    }
  }
}

TEST_CASE("a folder of pictures is a set with a class for each of its folders") {
  const TemporaryFolder folder;
  const std::filesystem::path root = folder.path() / "animals";
  write(root / "cat" / "b.PNG", grey_2x2);
  write(root / "cat" / "a.jpg", png(1, 1, 8, 0, {0, 7}));
  write(root / "cat" / "more" / "0.bmp", bmp(1, {9, 9, 9}));
  write(root / "bird" / "x.png", png(1, 1, 8, 0, {0, 200}));
  write(root / "bird" / "notes.txt", {'h', 'i'});
  write(root / ".hidden" / "y.png", {});
  for (const int threads : {1, 3}) {
    const auto set = load_image_folder<Shape<1, 1, 1>>(root, {.threads = threads});
    CHECK(set.name == "animals");
    CHECK(set.classes == std::vector<std::string>{"bird", "cat"});
    CHECK(set.targets == std::vector<std::int32_t>{0, 1, 1, 1});
    CHECK(set.values == std::vector<std::uint8_t>{200, 7, 139, 9});
  }
  const auto set = load_image_folder<Shape<1, 1, 1>>(root, {.classes = {"cat", "bird"}});
  CHECK(set.targets == std::vector<std::int32_t>{0, 0, 0, 1});

  const auto fails = [&](const data::ImageFolderOptions& options) {
    return error_of([&] { load_image_folder<Shape<1, 1, 1>>(root, options); });
  };
  CHECK(contains(fails({.classes = {"cat", "dog"}}), "missing: dog; additional: bird"));
  write(root / "cat" / "broken.png", Bytes(grey_2x2.begin(), grey_2x2.begin() + 40));
  write(root / "bird" / "b.webp", {1});
  const std::string error = fails({});
  CHECK(contains(error, "2 of 6 pictures can't be read"));
  CHECK(contains(error, "b.webp: this format is not read"));
  CHECK(contains(error, "broken.png: at byte "));
  std::filesystem::create_directory(root / "dog");
  CHECK(contains(fails({}), "found none in dog"));
  CHECK(contains(error_of([&] { load_image_folder<Shape<1, 1, 1>>(root / "cat" / "more"); }), "found no folder in it"));
  CHECK(contains(error_of([&] { load_image_folder<Shape<1, 1, 1>>(root / "none"); }), "can't be listed"));
}
