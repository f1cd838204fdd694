#pragma once
// SPDX-License-Identifier: MIT
// A text that a small grammar makes: stories of a few sentences, in which words, the hero's name and pronoun, and the number
// of a subject and its verb depend on what was said many letters before.

#include <odot/core/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace made_text {

struct Hero {
  const char *name, *pronoun, *possessive;
};
struct Noun {
  const char *one, *many;
};

inline constexpr std::array<Hero, 8> heroes{{{"mira", "she", "her"},
                                             {"anton", "he", "his"},
                                             {"jolanda", "she", "her"},
                                             {"piet", "he", "his"},
                                             {"sofia", "she", "her"},
                                             {"emil", "he", "his"},
                                             {"beatrice", "she", "her"},
                                             {"quentin", "he", "his"}}};
inline constexpr std::array<Noun, 14> nouns{{{"fox", "foxes"},
                                             {"lantern", "lanterns"},
                                             {"violin", "violins"},
                                             {"old letter", "old letters"},
                                             {"boat", "boats"},
                                             {"key", "keys"},
                                             {"goose", "geese"},
                                             {"mirror", "mirrors"},
                                             {"apple", "apples"},
                                             {"child", "children"},
                                             {"umbrella", "umbrellas"},
                                             {"knife", "knives"},
                                             {"black horse", "black horses"},
                                             {"clock", "clocks"}}};
inline constexpr std::array<const char*, 12> places{"in the garden",      "under the bridge", "behind the mill",
                                                    "on the roof",        "at the harbour",   "near the chapel",
                                                    "across the meadow",  "in the cellar",    "by the wide lake",
                                                    "beside the railway", "in the old town",  "on the stairs"};
inline constexpr std::array<const char*, 10> did{"found",   "painted", "repaired", "lost",    "watched",
                                                 "carried", "sold",    "hid",      "counted", "remembered"};
inline constexpr std::array<const char*, 10> like{"broken",    "beautiful",        "too heavy",  "quite new",
                                                  "forgotten", "strange",          "very small", "worthless",
                                                  "enchanted", "covered with snow"};
inline constexpr std::array<const char*, 6> when{"one morning",     "after supper", "at midnight",
                                                 "before the rain", "on thursday",  "when the bells rang"};

/// Chooses by counter-based random numbers.
class Draw {
 public:
  explicit Draw(odot::Seed seed) : random_(seed, 2) {}
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_.bits(next_++) % count); }
  template <class T, std::size_t N>
  const T& of(const std::array<T, N>& all) {
    return all[below(N)];
  }

 private:
  odot::Random random_;
  std::uint64_t next_ = 0;
};

/// A sentence about the hero, without its end.
inline std::string sentence(Draw& draw, const Hero& hero) {
  // One after the other: in one expression, compilers differ in the order of the draws.
  const Noun& noun = draw.of(nouns);
  const bool many = draw.below(2) == 1;
  const std::string act = draw.of(did), place = draw.of(places), state = draw.of(like), time = draw.of(when);
  const std::size_t kind = draw.below(5);
  const std::string thing = many ? noun.many : noun.one, are = many ? "were " : "was ", it = many ? " them" : " it";
  const std::string name = hero.name, pronoun = hero.pronoun, possessive = hero.possessive;
  switch (kind) {
    case 0:
      return time + ", " + name + ' ' + act + " the " + thing + ' ' + place;
    case 1:
      return "the " + thing + ' ' + place + ' ' + are + state + ", and " + pronoun + ' ' + act + it;
    case 2:
      return pronoun + " said that " + possessive + ' ' + thing + ' ' + are + state;
    case 3:
      return name + " asked: \"where " + (many ? "are" : "is") + " the " + thing + "?\" but nobody " + act + it;
    default:
      return pronoun + ' ' + act + ' ' + possessive + ' ' + thing + ", because " + (many ? "they " : "it ") + are +
             state;
  }
}

/// The first `bytes` bytes of the stories of a seed, one a line.
inline std::string stories(odot::Seed seed, std::size_t bytes) {
  Draw draw(seed);
  std::string text;
  while (text.size() < bytes) {
    const Hero& hero = draw.of(heroes);
    text += std::string("this is the story of ") + hero.name + '.';
    for (std::size_t rest = 2 + draw.below(4); rest > 0; --rest) text += ' ' + sentence(draw, hero) + '.';
    text += '\n';
  }
  text.resize(bytes);
  return text;
}

}  // namespace made_text
