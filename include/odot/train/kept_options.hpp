#pragma once
// SPDX-License-Identifier: MIT
// A training's options as facts of a snapshot, "options.optimizer.learning_rate", and what differs from those of another.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/snapshot.hpp"

namespace odot::detail {

inline constexpr std::string_view options_prefix = "options.";

/// What an object says of itself, name and options, as facts; nothing where it has no such function:
///     Snapshot describe() const;
template <class T>
void add_description(const T& object, std::string_view prefix, Snapshot& options) {
  if constexpr (requires {
                  { object.describe() } -> std::convertible_to<Snapshot>;
                })
    options.merge(object.describe(), prefix);
}

/// The schedule's factor at the last step. It is compared only if the training here has one.
inline constexpr std::string_view last_factor = "schedule.last_factor";

/// What differs between the options of a training that was kept and those of the one that is to continue from there, as one
/// text: "dropout 0.1 instead of 0.2, …". Empty where nothing does, or where no options were kept. Real numbers may differ by
/// rounding errors: a schedule or a set's statistics have other last bits on another machine, or from another compiler.
ODOT_COLD ODOT_FUNCTION std::string different_options(const Snapshot& kept, const Snapshot& here);

#if ODOT_DEFINITIONS

/// A text without what it has in common with another before and after, but for whole words.
class Difference {
 public:
  Difference(std::string_view text, std::string_view other) : text_(text) {
    if (text.size() <= longest && other.size() <= longest) return;
    const std::size_t shorter = (std::min)(text.size(), other.size());
    std::size_t front = 0, back = 0;
    while (front < shorter && text[front] == other[front]) ++front;
    const std::size_t begin = text.substr(0, front).rfind(separator);
    front = begin == std::string_view::npos ? 0 : begin + separator.size();
    while (back < shorter - front && text[text.size() - 1 - back] == other[other.size() - 1 - back]) ++back;
    if (!begins_word(text, front, back) || !begins_word(other, front, back)) {
      const std::size_t end = text.substr(text.size() - back).find(separator);
      back = end == std::string_view::npos ? 0 : back - end;
    }
    before_ = front > 0;
    after_ = back > 0;
    text_ = text.substr(front, text.size() - front - back);
  }

  std::string shown() const {
    std::string_view text = text_;
    if (text.ends_with(separator)) text.remove_suffix(separator.size());
    if (text.empty()) return "nothing";
    return (before_ ? "… " : "") + shown_name(text, 1000) + (after_ ? " …" : "");
  }

 private:
  /// Whether the last `back` characters of a text begin at `front` or with a word.
  static bool begins_word(std::string_view text, std::size_t front, std::size_t back) {
    text.remove_suffix(back);
    return text.size() == front || text.ends_with(separator);
  }

  static constexpr std::size_t longest = 60;
  static constexpr std::string_view separator = ", ";
  std::string_view text_;
  bool before_ = false, after_ = false;
};

/// Whether two texts have the same words, where real numbers may differ by 1e-12 of the larger one, or of `scale`.
inline bool equal_up_to_rounding(std::string_view text, std::string_view other, double scale) {
  const auto next = [](std::string_view& rest) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix((std::min)(word.size() + 1, rest.size()));
    return word;
  };
  while (!text.empty() && !other.empty()) {
    const std::string_view word = next(text), found = next(other);
    if (word == found) continue;
    const auto a = number_text::read(word), b = number_text::read(found);
    const bool real = word.find('.') != word.npos || found.find('.') != found.npos;  // whole numbers are exact
    if (!real || !a || !b || *a == *b) return false;
    if (!(std::abs(*a - *b) <= 1e-12 * (std::max)({scale, std::abs(*a), std::abs(*b)}))) return false;
  }
  return text.empty() && other.empty();
}

ODOT_FUNCTION std::string different_options(const Snapshot& kept, const Snapshot& here) {
  const Snapshot::Facts before = kept.part(options_prefix).facts(), &now = here.facts();
  if (before.empty()) return {};
  Snapshot::Facts all = before;
  all.insert(now.begin(), now.end());
  std::string text;
  for (const auto& entry : all) {
    const std::string& name = entry.first;
    const auto of = [&name](const Snapshot::Facts& facts) {
      const auto found = facts.find(name);
      return found == facts.end() ? std::string_view("none") : std::string_view(found->second);
    };
    const std::string_view then = of(before), expected = of(now);
    const bool factor = name == last_factor;
    if ((factor && !now.contains(name)) || equal_up_to_rounding(then, expected, factor ? 1 : 0)) continue;
    text.append(text.empty() ? "" : ", ").append(shown_name(name)).append(" ");
    text.append(Difference(then, expected).shown()).append(" instead of ");
    text.append(Difference(expected, then).shown());
  }
  return text;
}

#endif

}  // namespace odot::detail
