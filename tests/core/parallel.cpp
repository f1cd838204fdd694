// SPDX-License-Identifier: MIT
#include "odot/core/parallel.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace odot;

namespace {

void check_cover(const Chunks& chunks, std::size_t items) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < chunks.count(); ++i) {
    CHECK(chunks.begin(i) == at);
    CHECK(chunks.end(i) == at + chunks.size(i));
    CHECK(chunks.size(i) >= 1);
    CHECK(chunks.size(i) <= chunks.chunk_size());
    at = chunks.end(i);
  }
  CHECK(at == items);
}

}  // namespace

TEST_CASE("chunks cover every item once, in order") {
  for (const std::size_t items : {0u, 1u, 2u, 7u, 8u, 9u, 100u})
    for (const std::size_t size : {0u, 1u, 2u, 7u, 8u, 200u}) check_cover(Chunks(items, size), items);
}

TEST_CASE("a chunk size beyond all items makes one chunk") {
  const Chunks chunks(10, std::numeric_limits<std::size_t>::max());
  CHECK(chunks.count() == 1);
  CHECK(chunks.size(0) == 10);
}

TEST_CASE("at_most makes no more chunks than that, in whole units") {
  for (const std::size_t most : {1u, 2u, 3u, 16u})
    for (const std::size_t items : {0u, 1u, 15u, 16u, 17u, 1000u})
      for (const std::size_t unit : {1u, 4u, 16u}) {
        const Chunks chunks = Chunks::at_most(most, items, unit);
        CHECK(chunks.count() <= most);
        if (items > 0) CHECK(chunks.chunk_size() % unit == 0);
        check_cover(chunks, items);
      }
}

TEST_CASE("chunks of nothing, and more items than can be rounded up, are cut too") {
  for (const std::size_t most : {0u, 1u, 3u})
    for (const std::size_t unit : {0u, 1u, 4u}) check_cover(Chunks::at_most(most, 9, unit), 9);
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  CHECK(Chunks::at_most(2, all).count() == 2);
  CHECK(Chunks::at_most(2, all).end(1) == all);
  CHECK(Chunks::at_most(1, all - 3, 2).size(0) == all - 3);
}

TEST_CASE("parallel_for calls every chunk once, with a worker below the number of threads") {
  for (const int threads : {1, 2, 3, 8})
    for (const std::size_t chunks : {0u, 1u, 2u, 5u, 100u}) {
      std::vector<std::atomic<int>> calls(chunks);
      std::atomic<bool> workers_in_range{true};
      parallel_for(threads, chunks, [&](std::size_t chunk, std::size_t worker) {
        ++calls[chunk];
        if (worker >= static_cast<std::size_t>(threads)) workers_in_range = false;
      });
      for (const std::atomic<int>& count : calls) CHECK(count == 1);
      CHECK(workers_in_range);
    }
}

TEST_CASE("parallel_for asked for 0 threads does all the work on the default number") {
  CHECK(default_threads() >= 1);
  std::atomic<int> calls{0};
  std::atomic<bool> workers_in_range{true};
  parallel_for(0, 50, [&](std::size_t, std::size_t worker) {
    ++calls;
    if (worker >= static_cast<std::size_t>(default_threads())) workers_in_range = false;
  });
  CHECK(calls == 50);
  CHECK(workers_in_range);
}

TEST_CASE("partial sums added in the order of the chunks have the same bits on any number of threads") {
  const Chunks chunks(10'000, 128);
  const auto sum = [&](int threads) {
    std::vector<float> partial(chunks.count());
    parallel_for(threads, chunks.count(), [&](std::size_t chunk, std::size_t) {
      for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i)
        partial[chunk] += 1.0f / static_cast<float>(i + 1);
    });
    float total = 0;
    for (const float part : partial) total += part;
    return total;
  };
  const float one = sum(1);
  CHECK(std::abs(one - 9.787606f) <= 1e-5f);  // the sum of 1/i up to 10,000
  for (const int threads : {2, 3, 7}) CHECK(sum(threads) == one);
}

TEST_CASE("parallel_for rethrows what a body throws") {
  for (const int threads : {1, 2, 4}) {
    const auto failing = [](std::size_t chunk, std::size_t) {
      if (chunk == 3) throw std::out_of_range("chunk 3");
    };
    CHECK_THROWS_WITH_AS(parallel_for(threads, 10, failing), "chunk 3", std::out_of_range);
    CHECK_THROWS_AS(parallel_for(threads, 10, [](std::size_t, std::size_t) { throw 1; }), int);
  }
}

TEST_CASE("parallel_for works inside of parallel_for") {
  std::atomic<int> calls{0};
  parallel_for(2, 4, [&](std::size_t, std::size_t) { parallel_for(2, 8, [&](std::size_t, std::size_t) { ++calls; }); });
  CHECK(calls == 32);
}

#ifdef _OPENMP
TEST_CASE("one thread means one thread for what the body calls, and only for that long") {
  const int before = omp_get_max_threads();
  int inside = 0;
  parallel_for(1, 1, [&](std::size_t, std::size_t) { inside = omp_get_max_threads(); });
  CHECK(inside == 1);
  CHECK(omp_get_max_threads() == before);
  CHECK_THROWS_AS(parallel_for(1, 1, [](std::size_t, std::size_t) { throw 1; }), int);
  CHECK(omp_get_max_threads() == before);
}
#endif

#if __has_include(<sys/wait.h>)
TEST_CASE("a child forked after threads were used does its work on one thread") {
  const auto sum_of_chunks = [] {
    std::vector<int> done(16);
    parallel_for(2, done.size(), [&](std::size_t chunk, std::size_t) { done[chunk] = static_cast<int>(chunk); });
    int sum = 0;
    for (const int number : done) sum += number;
    return sum;
  };
  REQUIRE(sum_of_chunks() == 120);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(30);  // ends a child that waits for threads it does not have
    _exit(sum_of_chunks() == 120 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(sum_of_chunks() == 120);  // and the parent still has its own
}
#endif
