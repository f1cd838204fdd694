#pragma once
// SPDX-License-Identifier: MIT
// TensorBoard's events as protocol buffers: scalars, histograms, pictures, texts and hyperparameters. Needs protozero.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/shown_name.hpp"
#include "odot/core/utf8.hpp"
#include "odot/io/event_histogram.hpp"
#include "odot/io/protozero.hpp"

namespace odot::io {

/// A setting of a training: a number or a text.
struct HyperParameter {
  HyperParameter(std::string of_name, std::string text) : name(std::move(of_name)), value(std::move(text)) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  HyperParameter(std::string of_name, Number number) : name(std::move(of_name)), value(static_cast<double>(number)) {}

  std::string name;
  std::variant<double, std::string> value;
};

#if __has_include(<protozero/pbf_writer.hpp>)

namespace detail {

/// The numbers of the fields, from tensorflow/core/util/event.proto and tensorflow/core/framework/*.proto.
struct EventField {
  static constexpr protozero::pbf_tag_type wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7,
                                           source_metadata = 10;
};
struct ValueField {
  static constexpr protozero::pbf_tag_type tag = 1, simple_value = 2, image = 4, histogram = 5, tensor = 8,
                                           metadata = 9;
};

/// Readers refuse a whole record for one text that is not UTF-8.
ODOT_COLD inline void require_utf8(const char* what, std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = utf8::front(rest).length;
    if (length == 0)
      throw ArgumentError(std::string("odot::io::TensorBoard: ") + what + ": expected UTF-8, found \"" +
                          shown_name(text) + "\"");
    rest.remove_prefix(length);
  }
}

}  // namespace detail

/// The values of one record, each with a tag, its name in TensorBoard: charts whose tags have the same first part, up to
/// a slash, are shown together.
/// Errors  ArgumentError: a tag that is empty or not UTF-8
class EventSummary {
 public:
  /// A point of a curve; kept as a float.
  void add_scalar(std::string_view tag, double value) {
    std::string bytes = value_of(tag);
    protozero::pbf_writer{bytes}.add_float(detail::ValueField::simple_value, static_cast<float>(value));
    add(bytes);
  }

  void add_histogram(std::string_view tag, const EventHistogram& histogram);

  /// A picture, the bytes of a PNG file. Errors  also ArgumentError: other bytes
  void add_png(std::string_view tag, std::string_view png);

  /// A text in Markdown. Errors  also ArgumentError: not UTF-8
  void add_text(std::string_view tag, std::string_view text);

  /// For TensorBoard's table of trainings, HPARAMS. `seconds`: when the training began, since 1970.
  void add_hyperparameters(std::span<const HyperParameter> parameters, double seconds);

  bool empty() const { return bytes_.empty(); }

  /// The record's payload: these values after `step` steps, written at `wall_time`, in seconds since 1970.
  std::string event(double wall_time, std::size_t step) const {
    std::string bytes;
    protozero::pbf_writer event{bytes};
    event.add_double(detail::EventField::wall_time, wall_time);
    event.add_int64(detail::EventField::step, static_cast<std::int64_t>(step));
    event.add_message(detail::EventField::summary, bytes_);
    return bytes;
  }

 private:
  ODOT_COLD static std::string value_of(std::string_view tag) {
    if (tag.empty()) throw ArgumentError("odot::io::TensorBoard: expected a tag, found an empty one");
    detail::require_utf8("tag", tag);
    std::string bytes;
    protozero::pbf_writer{bytes}.add_string(detail::ValueField::tag, std::string(tag));
    return bytes;
  }
  void add(const std::string& value) { protozero::pbf_writer{bytes_}.add_message(1, value); }

  std::string bytes_;
};

/// The payload of a file's first record.
ODOT_COLD inline std::string event_file_version(double wall_time) {
  std::string bytes, source;
  protozero::pbf_writer{source}.add_string(1, "odot");
  protozero::pbf_writer event{bytes};
  event.add_double(detail::EventField::wall_time, wall_time);
  event.add_string(detail::EventField::file_version, "brain.Event:2");
  event.add_message(detail::EventField::source_metadata, source);
  return bytes;
}

/// The payload of a record that says: what was written for `step` and later ones is void, the training goes on from the
/// step before.
ODOT_COLD inline std::string event_session_start(double wall_time, std::size_t step) {
  std::string bytes, session;
  protozero::pbf_writer{session}.add_enum(1, 1);  // START
  protozero::pbf_writer event{bytes};
  event.add_double(detail::EventField::wall_time, wall_time);
  event.add_int64(detail::EventField::step, static_cast<std::int64_t>(step));
  event.add_message(detail::EventField::session_log, session);
  return bytes;
}

ODOT_COLD inline void EventSummary::add_histogram(std::string_view tag, const EventHistogram& histogram) {
  std::string value = value_of(tag), numbers;
  protozero::pbf_writer proto{numbers};
  proto.add_double(1, histogram.min);
  proto.add_double(2, histogram.max);
  proto.add_double(3, histogram.num);
  proto.add_double(4, histogram.sum);
  proto.add_double(5, histogram.sum_squares);
  proto.add_packed_double(6, histogram.limits.begin(), histogram.limits.end());
  proto.add_packed_double(7, histogram.counts.begin(), histogram.counts.end());
  protozero::pbf_writer{value}.add_message(detail::ValueField::histogram, numbers);
  add(value);
}

ODOT_COLD inline void EventSummary::add_png(std::string_view tag, std::string_view png) {
  constexpr std::string_view begin("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR", 16);
  if (!png.starts_with(begin) || png.size() < 33)
    throw ArgumentError("odot::io::TensorBoard: the picture \"" + shown_name(tag) +
                        "\": expected the bytes of a PNG file, found others");
  const auto byte = [png](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(png[at])); };
  const auto number = [&](std::size_t at) {
    return static_cast<std::int32_t>(byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3));
  };
  const std::uint32_t kind = byte(25);  // grey, -, colour, palette, grey and alpha, -, colour and alpha
  std::string value = value_of(tag), image;
  protozero::pbf_writer proto{image};
  proto.add_int32(1, number(20));
  proto.add_int32(2, number(16));
  proto.add_int32(3, kind == 0 ? 1 : kind == 4 ? 2 : kind == 6 ? 4 : 3);
  proto.add_bytes(4, png.data(), png.size());
  protozero::pbf_writer{value}.add_message(detail::ValueField::image, image);
  add(value);
}

namespace detail {

/// SummaryMetadata of a plugin, with the plugin's own data.
ODOT_COLD inline std::string plugin_metadata(const std::string& plugin, const std::string& content) {
  std::string data, metadata;
  protozero::pbf_writer writer{data};
  writer.add_string(1, plugin);
  writer.add_bytes(2, content);
  protozero::pbf_writer{metadata}.add_message(1, data);
  return metadata;
}

}  // namespace detail

ODOT_COLD inline void EventSummary::add_text(std::string_view tag, std::string_view text) {
  detail::require_utf8("text", text);
  std::string value = value_of(tag), tensor;
  protozero::pbf_writer proto{tensor};
  proto.add_enum(1, 7);                 // DT_STRING
  proto.add_message(2, std::string());  // a shape without extents: one text
  proto.add_bytes(8, text.data(), text.size());
  protozero::pbf_writer writer{value};
  writer.add_message(detail::ValueField::tensor, tensor);
  writer.add_message(detail::ValueField::metadata, detail::plugin_metadata("text", ""));
  add(value);
}

ODOT_COLD inline void EventSummary::add_hyperparameters(std::span<const HyperParameter> parameters, double seconds) {
  std::string session, content;
  protozero::pbf_writer info{session};
  for (const auto& [name, value] : parameters) {
    detail::require_utf8("hyperparameter", name);
    std::string entry, kept;
    if (const auto* text = std::get_if<std::string>(&value)) {
      detail::require_utf8("hyperparameter", *text);
      protozero::pbf_writer{kept}.add_string(3, *text);
    } else {
      protozero::pbf_writer{kept}.add_double(2, std::get<double>(value));
    }
    protozero::pbf_writer row{entry};
    row.add_string(1, name);
    row.add_message(2, kept);
    info.add_message(1, entry);
  }
  info.add_double(5, seconds);
  protozero::pbf_writer{content}.add_message(3, session);  // HParamsPluginData.session_start_info
  std::string bytes = value_of("_hparams_/session_start_info");
  protozero::pbf_writer{bytes}.add_message(detail::ValueField::metadata, detail::plugin_metadata("hparams", content));
  add(bytes);
}

#endif

}  // namespace odot::io
