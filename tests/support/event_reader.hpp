#pragma once
// SPDX-License-Identifier: MIT
// Reads TensorBoard's event files, with a checksum of its own.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "odot/io/protozero.hpp"

namespace odot::test {

/// A value of an event, or what an event has in place of values.
struct ReadEvent {
  std::int64_t step = 0;
  std::string tag = {},
              kind = {};  ///< "scalar", "histogram", "image", "text", "hparams"; "version", "start" without a tag
  std::string text = {};  ///< of a version or a text, the bytes of an image
  double number = 0;      ///< of a scalar
  std::vector<double> figures = {};  ///< min, max, num, sum, sum of squares; or height, width, colours
  std::vector<double> limits = {}, counts = {};
};

/// CRC-32C bit by bit.
inline std::uint32_t slow_crc32c(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc % 2 == 1 ? crc / 2 ^ 0x82F63B78u : crc / 2;
  }
  return ~crc;
}

/// The payloads of a file's records. Throws where a checksum is wrong or the file ends within a record.
inline std::vector<std::string> read_records(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::size_t at = 0;
  const auto take = [&](std::size_t size) {
    if (size > all.size() - at) throw std::runtime_error("the file ends within a record");
    at += size;
    return all.substr(at - size, size);
  };
  const auto number = [](const std::string& bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  };
  const auto verify = [&](const std::string& bytes) {
    const std::uint32_t crc = slow_crc32c(bytes), masked = (crc >> 15 | crc << 17) + 0xA282EAD8u;
    if (number(take(4)) != masked) throw std::runtime_error("wrong checksum");
  };
  std::vector<std::string> payloads;
  while (at < all.size()) {
    const std::string size = take(8);
    verify(size);
    payloads.push_back(take(number(size)));
    verify(payloads.back());
  }
  return payloads;
}

inline std::vector<double> doubles(protozero::pbf_reader& reader) {
  const auto range = reader.get_packed_double();
  return {range.begin(), range.end()};
}

inline ReadEvent read_value(protozero::pbf_reader value) {
  ReadEvent read;
  while (value.next()) switch (value.tag()) {
      case 1:
        read.tag = value.get_string();
        break;
      case 2:
        read.kind = "scalar", read.number = static_cast<double>(value.get_float());
        break;
      case 4: {
        read.kind = "image";
        protozero::pbf_reader image = value.get_message();
        while (image.next())
          if (image.tag() < 4) read.figures.push_back(image.get_int32());
          else read.text = image.get_string();
        break;
      }
      case 5: {
        read.kind = "histogram";
        protozero::pbf_reader histogram = value.get_message();
        while (histogram.next())
          if (histogram.tag() < 6) read.figures.push_back(histogram.get_double());
          else (histogram.tag() == 6 ? read.limits : read.counts) = doubles(histogram);
        break;
      }
      case 8: {
        protozero::pbf_reader tensor = value.get_message();
        while (tensor.next(8)) read.text = tensor.get_string();
        break;
      }
      case 9: {
        protozero::pbf_reader metadata = value.get_message();
        metadata.next(1);
        protozero::pbf_reader plugin = metadata.get_message();
        while (plugin.next())
          if (plugin.tag() == 1) read.kind = plugin.get_string();
          else if (read.kind == "hparams") read.text = plugin.get_string();
          else plugin.skip();
        break;
      }
      default:
        value.skip();
    }
  return read;
}

/// All values of a file, record by record.
inline std::vector<ReadEvent> read_events(const std::filesystem::path& path) {
  std::vector<ReadEvent> all;
  for (const std::string& payload : read_records(path)) {
    protozero::pbf_reader event(payload);
    std::int64_t step = 0;
    const std::size_t before = all.size();
    while (event.next()) switch (event.tag()) {
        case 2:
          step = event.get_int64();
          break;
        case 3:
          all.push_back({.kind = "version", .text = event.get_string()});
          break;
        case 5: {
          protozero::pbf_reader summary = event.get_message();
          while (summary.next(1)) all.push_back(read_value(summary.get_message()));
          break;
        }
        case 7:
          event.skip(), all.push_back({.kind = "start"});
          break;
        default:
          event.skip();
      }
    for (std::size_t i = before; i < all.size(); ++i) all[i].step = step;
  }
  return all;
}

}  // namespace odot::test
