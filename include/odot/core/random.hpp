#pragma once
// SPDX-License-Identifier: MIT
// Seed and counter-based random numbers: the i-th number of a stream is a pure function of (seed, stream, i), so it is
// the same on any platform, in any order, on any number of threads.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "odot/core/config.hpp"

namespace odot {

/// The one source of randomness of a run.
struct Seed {
  explicit constexpr Seed(std::uint64_t v) : value(v) {}
  std::uint64_t value;
};

/// Philox4x32-10 as a stream of numbers addressed by index. It has no state: the same seed, stream and index are the same
/// number, so what is to be independent takes another stream, or other indices. Of a seed, the library itself takes stream 1
/// (a Network's initial weights) and streams from 2³² on (orders of samples, folds, training steps, synthetic sets); stream
/// 0 and 2 to 2³² − 1 are yours.
/// Source  Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
class Random {
 public:
  /// Stream 0 of a seed.
  explicit constexpr Random(Seed seed) : Random(seed, 0) {}
  /// `stream` separates independent uses of one seed.
  constexpr Random(Seed seed, std::uint64_t stream) : key_(seed.value), stream_(stream) {}

  /// 64 uniform bits.
  constexpr std::uint64_t bits(std::uint64_t index) const {
    const auto block = philox(index >> 1);
    const unsigned at = (index & 1) ? 2 : 0;
    return (std::uint64_t{block[at]} << 32) | block[at + 1];
  }

  /// The 32-bit halves of bits(index), bits(index + 1), …, the high half first, for an even index: 4 · Blocks words at once.
  /// The loops are over blocks, so that compilers make SIMD of them.
  template <std::size_t Blocks>
  constexpr void words(std::uint64_t index, std::uint32_t (&result)[4 * Blocks]) const {
    std::uint32_t c0[Blocks]{}, c1[Blocks]{}, c2[Blocks]{}, c3[Blocks]{};
    for (std::size_t b = 0; b < Blocks; ++b) {
      c0[b] = static_cast<std::uint32_t>((index >> 1) + b);
      c1[b] = static_cast<std::uint32_t>(((index >> 1) + b) >> 32);
      c2[b] = static_cast<std::uint32_t>(stream_);
      c3[b] = static_cast<std::uint32_t>(stream_ >> 32);
    }
    std::uint32_t k0 = static_cast<std::uint32_t>(key_), k1 = static_cast<std::uint32_t>(key_ >> 32);
    for (int round = 0; round < 10; ++round) {
      for (std::size_t b = 0; b < Blocks; ++b) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0[b], p1 = std::uint64_t{0xCD9E8D57u} * c2[b];
        c0[b] = static_cast<std::uint32_t>(p1 >> 32) ^ c1[b] ^ k0;
        c1[b] = static_cast<std::uint32_t>(p1);
        c2[b] = static_cast<std::uint32_t>(p0 >> 32) ^ c3[b] ^ k1;
        c3[b] = static_cast<std::uint32_t>(p0);
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (std::size_t b = 0; b < Blocks; ++b) {
      result[4 * b] = c0[b];
      result[4 * b + 1] = c1[b];
      result[4 * b + 2] = c2[b];
      result[4 * b + 3] = c3[b];
    }
  }

  /// Uniform in the open interval (0, 1): never 0, never 1.
  constexpr double uniform(std::uint64_t index) const {
    return (static_cast<double>(bits(index) >> 12) + 0.5) * 0x1p-52;
  }

  /// Uniform integer in [0, count), count ≥ 1; bias below count / 2⁶⁴.
  constexpr std::uint64_t below(std::uint64_t count, std::uint64_t index) const {
    const std::uint64_t word = bits(index);  // high half of the 128-bit product word · count
    const std::uint64_t low = word & 0xffffffffu, high = word >> 32, c_low = count & 0xffffffffu, c_high = count >> 32;
    const std::uint64_t middle = high * c_low + ((low * c_low) >> 32);
    return high * c_high + (middle >> 32) + ((low * c_high + (middle & 0xffffffffu)) >> 32);
  }

  /// Standard normal, by inversion: one uniform number each.
  double normal(std::uint64_t index) const;

 private:
  constexpr std::array<std::uint32_t, 4> philox(std::uint64_t counter) const {
    std::array<std::uint32_t, 4> c{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                                   static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)};
    std::uint32_t k0 = static_cast<std::uint32_t>(key_), k1 = static_cast<std::uint32_t>(key_ >> 32);
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t p0 = 0xD2511F53ull * c[0], p1 = 0xCD9E8D57ull * c[2];
      c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0)};
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    return c;
  }

  std::uint64_t key_, stream_;
};

namespace detail {

// Every multiply-add below is std::fma, which rounds once on every machine. A compiler that contracts a·b + c of its own
// accord can therefore not change a bit, and the library's log is not called.

template <std::size_t N>
inline double polynomial(const std::array<double, N>& coefficients, double x) {
  double sum = coefficients[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

/// Natural logarithm of a normal positive number: m·2ᵉ, log m = 2 artanh((m−1)/(m+1)).
inline double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), s2 = s * s;
  constexpr std::array<double, 12> odd{2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                       2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
  return std::fma(static_cast<double>(exponent), 0.69314718055994531, s * polynomial(odd, s2));
}

/// Quantile of the standard normal distribution, 0 < p < 1; relative error about 1e-16.
/// Source  Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Appl. Stat. 37 (1988), PPND16.
inline double normal_quantile(double p) {
  constexpr std::array<double, 8> a{3.3871328727963666080,   1.3314166789178437745e2, 1.9715909503065514427e3,
                                    1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                    3.3430575583588128105e4, 2.5090809287301226727e3};
  constexpr std::array<double, 8> b{1.0,
                                    4.2313330701600911252e1,
                                    6.8718700749205790830e2,
                                    5.3941960214247511077e3,
                                    2.1213794301586595867e4,
                                    3.9307895800092710610e4,
                                    2.8729085735721942674e4,
                                    5.2264952788528545610e3};
  constexpr std::array<double, 8> c{1.42343711074968357734,    4.63033784615654529590,   5.76949722146069140550,
                                    3.64784832476320460504,    1.27045825245236838258,   2.41780725177450611770e-1,
                                    2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr std::array<double, 8> d{1.0,
                                    2.05319162663775882187,
                                    1.67638483018380384940,
                                    6.89767334985100004550e-1,
                                    1.48103976427480074590e-1,
                                    1.51986665636164571966e-2,
                                    5.47593808499534494600e-4,
                                    1.05075007164441684324e-9};
  constexpr std::array<double, 8> e{6.65790464350110377720,    5.46378491116411436990,    1.78482653991729133580,
                                    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                    2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr std::array<double, 8> f{1.0,
                                    5.99832206555887937690e-1,
                                    1.36929880922735805310e-1,
                                    1.48753612908506148525e-2,
                                    7.86869131145613259100e-4,
                                    1.84631831751005468180e-5,
                                    1.42151175831644588870e-7,
                                    2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = std::fma(-q, q, 0.180625);
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
  const double tail =
      r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5);
  return q < 0 ? -tail : tail;
}

}  // namespace detail

inline double Random::normal(std::uint64_t index) const { return detail::normal_quantile(uniform(index)); }

}  // namespace odot
