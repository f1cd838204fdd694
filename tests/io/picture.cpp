// SPDX-License-Identifier: MIT
#include "odot/io/picture.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/io/array_picture.hpp"
#include "odot/io/colour_map.hpp"

using namespace odot;
using io::Colour;
using io::ColourMap;
using io::Picture;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr double quiet_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::string error_of(const auto& call) {
  try {
    call();
  } catch (const ArgumentError& e) {
    return e.what();
  }
  return "no error";
}

/// How light a colour looks, 0 to 1 (Rec. 709's luminance to the power 1/3).
double lightness(const Colour& colour) {
  const auto linear = [](std::uint8_t byte) { return std::pow(byte / 255.0, 2.2); };
  return std::cbrt(0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]));
}

}  // namespace

TEST_CASE("a picture of numbers is grey from the smallest to the largest") {
  const Tensor<Shape<2, 3>> x{-1, 0, 1, 3, 7, 9};
  CHECK(io::picture_of(x) == Picture{3, 2, 1, Bytes{0, 26, 51, 102, 204, 255}});
  CHECK(io::picture_of(x.view()) == io::picture_of(x.view().as<Shape<1, 2, 3>>()));
  CHECK(io::picture_of(x, {.range = io::ValueRange{0, 3}}).bytes == Bytes{0, 0, 85, 255, 255, 255});
  CHECK(io::picture_of(x, {.range = io::ValueRange{9, -1}}).bytes == Bytes{255, 230, 204, 153, 51, 0});
}

TEST_CASE("bytes are shown as they are, three channels as red, green and blue") {
  const Tensor<Shape<1, 2, 2>, std::uint8_t> grey{7, 8, 9, 200};
  CHECK(io::picture_of(grey).bytes == Bytes{7, 8, 9, 200});
  const Tensor<Shape<3, 1, 2>, std::uint8_t> colours{1, 2, 30, 40, 255, 0};
  CHECK(io::picture_of(colours) == Picture{2, 1, 3, Bytes{1, 30, 255, 2, 40, 0}});
  const Tensor<Shape<3, 1, 2>, double> numbers{0, 0.2, 1, quiet_nan, 0.4, 0.6};
  CHECK(io::picture_of(numbers).bytes == Bytes{0, 255, 102, 255, 0, 255});
}

TEST_CASE("NaN has a colour of its own, infinities those of the ends") {
  const Tensor<Shape<1, 4>, double> x{quiet_nan, -infinity, infinity, 0.5};
  const Picture picture = io::picture_of(x, {.range = io::ValueRange{0, 1}, .not_a_number = {1, 2, 3}});
  CHECK(picture == Picture{4, 1, 3, Bytes{1, 2, 3, 0, 0, 0, 255, 255, 255, 128, 128, 128}});
  const Tensor<Shape<1, 3>, double> only_infinite{quiet_nan, infinity, -infinity}, extreme{-1.7e308, 1.7e308, 0};
  CHECK(io::picture_of(only_infinite).channels == 3);
  CHECK(io::picture_of(extreme).bytes == Bytes{0, 255, 128});
}

TEST_CASE("the diverging map is white at zero, the sequential one grows lighter evenly") {
  const Tensor<Shape<1, 3>> x{-1, 0, 4};
  const Picture picture = io::picture_of(x, {.colours = ColourMap::diverging});
  CHECK(picture.colour(1, 0) == io::colour_at(ColourMap::diverging, 0.5));
  CHECK(picture.colour(2, 0) == io::colour_at(ColourMap::diverging, 1));
  const auto [red, green, blue] = picture.colour(1, 0);
  CHECK((red > 245 && green > 245 && blue > 245));
  CHECK(picture.colour(0, 0)[2] > picture.colour(0, 0)[0]);
  CHECK(picture.colour(2, 0)[0] > picture.colour(2, 0)[2]);
  for (int i = 0; i < 100; ++i) {
    const double step = lightness(io::colour_at(ColourMap::sequential, (i + 1) / 100.0)) -
                        lightness(io::colour_at(ColourMap::sequential, i / 100.0));
    CAPTURE(i);
    CHECK((step > 0 && step < 0.02));
  }
  CHECK(io::colour_at(ColourMap::sequential, -1) == io::colour_at(ColourMap::sequential, 0));
  CHECK(io::colour_at(ColourMap::grey, 2) == io::white);
}

TEST_CASE("channels become pictures in one range, and a grid keeps gaps between them") {
  const Tensor<Shape<3, 1, 2>> x{0, 1, 2, 3, 4, 5};
  const std::vector<Picture> all = io::channel_pictures(x);
  REQUIRE(all.size() == 3);
  CHECK(all[1] == Picture{2, 1, 1, Bytes{102, 153}});
  CHECK(io::grid(all, {.columns = 2, .gap = 1, .background = {9, 9, 9}}) ==
        Picture{5, 3, 1, Bytes{0, 51, 9, 102, 153, 9, 9, 9, 9, 9, 204, 255, 9, 9, 9}});
  CHECK(io::grid(all, {.gap = 1}).width == 5);
  const std::vector<Picture> mixed{Picture::filled(3, 3, 1, {5, 5, 5}), Picture::filled(1, 1, 3, {1, 2, 3})};
  const Picture grid = io::grid(mixed, {.columns = 8, .gap = 0});
  CHECK((grid.width == 6 && grid.height == 3 && grid.channels == 3));
  CHECK(grid.colour(4, 1) == Colour{1, 2, 3});
  CHECK(grid.colour(3, 0) == io::white);
}

TEST_CASE("pictures are magnified and laid over one another") {
  const Picture small{2, 1, 1, Bytes{1, 2}};
  CHECK(io::magnified(small, 2) == Picture{4, 2, 1, Bytes{1, 1, 2, 2, 1, 1, 2, 2}});
  CHECK(io::blended(small, Picture{2, 1, 3, Bytes{101, 201, 1, 2, 2, 2}}, 0.25).bytes == Bytes{26, 51, 1, 2, 2, 2});
}

TEST_CASE("pictures that are not whole, and options that make no sense, are refused") {
  const Picture broken{2, 2, 1, Bytes{1, 2, 3}};
  CHECK(error_of([&] { (void)io::magnified(broken, 1); }) ==
        "odot::io::magnified: expected a picture of 1 or 3 channels with height · width · channels bytes, found "
        "2 × 2 × 1 and 3 bytes");
  CHECK(error_of([] { (void)io::in_colour({0, 0, 1, {}}); }).find("0 × 0 × 1 and 0 bytes") != std::string::npos);
  CHECK(error_of([] { (void)io::in_colour({1, 1, 4, {1, 2, 3, 4}}); }).find("1 × 1 × 4") != std::string::npos);
  CHECK(error_of([] { (void)io::magnified({1, 1, 1, {0}}, 0); }).find("at least 1") != std::string::npos);
  CHECK(error_of([] { (void)io::grid({}); }).find("no pictures") != std::string::npos);
  const Picture one{1, 1, 1, {0}}, two{2, 1, 1, {0, 0}};
  CHECK(error_of([&] { (void)io::blended(one, two, 0.5); }).find("1 × 1 and 1 × 2") != std::string::npos);
  CHECK(error_of([&] { (void)io::blended(one, one, quiet_nan); }).find("from 0 to 1") != std::string::npos);
  const std::vector<double> values{1, 2, 3};
  CHECK(error_of([&] { (void)io::picture_of(values, 2, 2); }).find("found 3") != std::string::npos);
  CHECK(error_of([&] { (void)io::picture_of(values, 1, 3, {.range = io::ValueRange{0, quiet_nan}}); }).find("finite") !=
        std::string::npos);
}
