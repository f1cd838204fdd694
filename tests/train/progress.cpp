// SPDX-License-Identifier: MIT
#include "odot/train/progress.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "data/temporary_folder.hpp"

#if __has_include(<sys/ioctl.h>) && __has_include(<unistd.h>)
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#endif

using namespace odot;
using odot::test::says;

namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A stream that is no terminal, and what was written to it.
struct Capture {
  std::unique_ptr<std::FILE, Closer> file{std::tmpfile()};

  std::string text() const {
    std::string result;
    std::rewind(file.get());
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) result += static_cast<char>(c);
    return result;
  }
};

const TrainingPlan plan{.epochs = 2, .batches = 3, .samples = 300, .test_samples = 50, .batch_size = 128};

EpochEvent epoch(std::size_t number) {
  return {.epoch = number,
          .mean_loss = 2.4,
          .train_accuracy = 12.5,
          .test_loss = 2.2,
          .test_accuracy = 34.567,
          .seconds = 1.25,
          .samples_per_second = 240};
}

}  // namespace

TEST_CASE("a stream that is no terminal gets one line per epoch") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  for (std::size_t e = 1; e <= 2; ++e) {
    for (std::size_t b = 1; b <= 3; ++b) bar.on_batch({.epoch = e, .batch = b, .step = 3 * e + b - 3, .samples = 100});
    bar.on_epoch(epoch(e));
  }
  bar.on_end({.epochs = {epoch(1), epoch(2)}});
  CHECK(capture.text() ==
        "epoch 1/2  loss 2.4000  train 12.50 %  test 34.57 %  240 samples/s  1.2 s\n"
        "epoch 2/2  loss 2.4000  train 12.50 %  test 34.57 %  240 samples/s  1.2 s\n");
}

TEST_CASE("an interrupted training is said so") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  bar.on_epoch(epoch(1));
  bar.on_batch({.epoch = 2, .batch = 1, .step = 4, .samples = 128});
  bar.on_end({.epochs = {epoch(1)}, .interrupted = true});
  CHECK(says(capture.text(), "epoch 1/2", "\nstopped after 1 of 2 epochs\n"));
}

TEST_CASE("0 epochs print nothing") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin({.epochs = 0, .batches = 3, .samples = 300, .test_samples = 50, .batch_size = 128});
  bar.on_end({});
  CHECK(capture.text().empty());
}

TEST_CASE("a regression shows the second set's loss by its name, and no accuracy") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  TrainingPlan validated = plan;
  validated.test_name = "validation";
  bar.on_begin(validated);
  EpochEvent event = epoch(1);
  event.train_accuracy = event.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  bar.on_epoch(event);
  CHECK(capture.text() == "epoch 1/2  loss 2.4000  validation mean 2.2000  240 samples/s  1.2 s\n");
}

TEST_CASE("without a test set nothing is said of it") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  EpochEvent event = epoch(1);
  event.test_loss = event.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  bar.on_epoch(event);
  CHECK(capture.text() == "epoch 1/2  loss 2.4000  train 12.50 %  240 samples/s  1.2 s\n");
}

TEST_CASE("what is no number has no sign") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  EpochEvent event = epoch(1);
  event.mean_loss = -std::numeric_limits<double>::quiet_NaN();
  bar.on_epoch(event);
  event.mean_loss = -std::numeric_limits<double>::infinity();
  bar.on_epoch(event);
  CHECK(says(capture.text(), "loss nan  ", "loss -inf  "));
}

TEST_CASE("numbers are the same under a locale with decimal commas") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  if (!std::setlocale(LC_ALL, "de_DE.UTF-8")) {
    MESSAGE("de_DE.UTF-8 is not installed");
    return;
  }
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  bar.on_epoch(epoch(1));
  std::setlocale(LC_ALL, before.c_str());
  CHECK(says(capture.text(), "loss 2.4000", "34.57 %", " 1.2 s\n"));
}

TEST_CASE("numbers of any size are written") {
  const Capture capture;
  REQUIRE(capture.file);
  ProgressBar bar(capture.file.get());
  bar.on_begin(plan);
  EpochEvent event = epoch(1);
  event.mean_loss = -1e308;
  bar.on_epoch(event);
  CHECK(says(capture.text(), "loss -1.0000e+308  "));
}

TEST_CASE("an epoch's line says something else where parts are overridden") {
  struct Short : ProgressBar {
    using ProgressBar::ProgressBar;
    std::vector<std::string> parts(const EpochEvent& e) const override {
      auto all = ProgressBar::parts(e);
      all.resize(2);
      all.push_back("mine " + fixed(1.5, 1));
      all.emplace_back();
      return all;
    }
  };
  const Capture capture;
  REQUIRE(capture.file);
  Short bar(capture.file.get());
  bar.on_begin(plan);
  bar.on_epoch(epoch(1));
  CHECK(capture.text() == "epoch 1/2  loss 2.4000  mine 1.5\n");
}

#ifdef TIOCSWINSZ

namespace {

/// Sets an environment variable for as long as it lives; none: removes it.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* now = std::getenv(name)) before_ = now, had_ = true;
    if (value) setenv(name, value, 1);
    else unsetenv(name);
  }
  Variable(const Variable&) = delete;
  ~Variable() {
    if (had_) setenv(name_, before_.c_str(), 1);
    else unsetenv(name_);
  }

 private:
  const char* name_;
  std::string before_;
  bool had_ = false;
};

/// A terminal's window: a stream to write to, and the lines that it shows, wrapped at its width.
class Window {
 public:
  explicit Window(unsigned short columns) {
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) return;
    stream_.reset(std::fopen(ptsname(master_), "w"));
    if (stream_) resize(columns);
  }
  Window(const Window&) = delete;
  ~Window() {
    stream_.reset();
    if (master_ >= 0) close(master_);
  }

  explicit operator bool() const { return stream_ != nullptr; }
  std::FILE* stream() { return stream_.get(); }
  void resize(unsigned short columns) {
    read();
    columns_ = columns;
    const winsize size{24, columns, 0, 0};
    ioctl(fileno(stream_.get()), TIOCSWINSZ, &size);
  }
  const std::vector<std::string>& lines() {
    read();
    return lines_;
  }
  /// Everything that was written.
  const std::string& bytes() {
    read();
    return bytes_;
  }

 private:
  void read() {
    char some[4096];
    for (pollfd ready{master_, POLLIN, 0}; poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN);)
      if (const auto n = ::read(master_, some, sizeof some); n > 0) show({some, static_cast<std::size_t>(n)});
  }
  void show(const std::string& text) {
    bytes_ += text;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\r') {
        x_ = 0;
      } else if (text[i] == '\n') {
        lines_.emplace_back();
        x_ = 0;
      } else if (text.compare(i, 3, "\033[K") == 0) {
        lines_.back().resize(std::min(lines_.back().size(), x_));
        i += 2;
      } else {
        if (x_ == columns_) {
          lines_.emplace_back();
          x_ = 0;
        }
        lines_.back().resize(std::max(lines_.back().size(), x_ + 1), ' ');
        lines_.back()[x_++] = text[i];
      }
  }

  int master_ = -1;
  std::unique_ptr<std::FILE, Closer> stream_;
  std::size_t columns_ = 80, x_ = 0;
  std::string bytes_;
  std::vector<std::string> lines_{1};
};

BatchEvent batch(std::size_t number) {
  return {.epoch = 1, .batch = number, .step = number, .samples = 1, .loss = 2.25};
}

/// An event that is drawn whatever the time: an epoch's last.
BatchEvent last_batch(std::size_t epochs, std::size_t number, double loss) {
  return {.epoch = number, .batch = epochs, .step = number * epochs, .samples = 1, .loss = loss};
}

}  // namespace

TEST_CASE("on a terminal of any width the bar is one line") {
  const Variable type("TERM", "xterm");
  for (unsigned short columns = 1; columns <= 300;
       columns = static_cast<unsigned short>(columns + (columns < 120 ? 1 : 30))) {
    Window window(columns);
    if (!window) {
      MESSAGE("there are no pseudo-terminals here");
      return;
    }
    CAPTURE(columns);
    ProgressBar bar(window.stream());
    // 100,000 epochs of which one is done: hours are left, with many digits.
    bar.on_begin({.epochs = 100'000, .batches = 7, .samples = 60'000, .batch_size = 512});
    for (const double loss : {2.25, 1e-9, -1e30, 123456.789}) {
      bar.on_batch(last_batch(7, 1, loss));
      CHECK(window.lines().size() == 1);
      CHECK(window.lines()[0].size() < std::max<std::size_t>(columns, 2));
      if (columns >= 10) CHECK(says(window.lines()[0], "1/100000"));
      if (columns >= 100)
        CHECK(says(window.lines()[0], "epoch 1/100000 [########################] loss ", " samples/s  ", " left"));
    }
    bar.on_end({});
    CHECK(window.lines().back().empty());
  }
}

TEST_CASE("the bar is as full as the epoch, and 24 marks long where there is room") {
  const Variable type("TERM", "xterm");
  Window window(100);
  if (!window) return;
  ProgressBar bar(window.stream());
  bar.on_begin({.epochs = 1, .batches = 1, .samples = 1, .batch_size = 1});
  bar.on_batch(batch(1));
  CHECK(says(window.lines()[0], "epoch 1/1 [########################] loss 2.2500  ", " samples/s  0:00 left"));
}

TEST_CASE("the bar follows the window's width") {
  const Variable type("TERM", "xterm");
  Window window(100);
  if (!window) return;
  ProgressBar bar(window.stream());
  bar.on_begin({.epochs = 1, .batches = 1, .samples = 1, .batch_size = 1});
  for (const unsigned short columns : std::initializer_list<unsigned short>{100, 30, 200, 12}) {
    window.resize(columns);
    bar.on_batch(batch(1));
    CHECK(window.lines().size() == 1);
    CHECK(window.lines()[0].size() < columns);
  }
}

TEST_CASE("on a terminal an epoch's line is broken between its parts") {
  const Variable type("TERM", "xterm");
  Window window(40);
  if (!window) return;
  ProgressBar bar(window.stream());
  bar.on_begin(plan);
  bar.on_batch(last_batch(3, 1, 2.25));
  bar.on_epoch(epoch(1));
  CHECK(window.lines() ==
        std::vector<std::string>{"epoch 1/2  loss 2.4000  train 12.50 %", "  test 34.57 %  240 samples/s  1.2 s", ""});
}

TEST_CASE("a training that ends by an exception leaves no bar") {
  const Variable type("TERM", "xterm");
  Window window(100);
  if (!window) return;
  {
    ProgressBar bar(window.stream());
    bar.on_begin(plan);
    bar.on_batch(last_batch(3, 1, 2.25));
    CHECK(says(window.lines()[0], "epoch 1/2"));
  }
  CHECK(window.lines() == std::vector<std::string>{""});
}

TEST_CASE("a terminal that knows no escapes gets whole lines") {
  for (const char* name : {"dumb", "unknown", "", static_cast<const char*>(nullptr)}) {
    const Variable type("TERM", name);
    Window window(40);
    if (!window) return;
    ProgressBar bar(window.stream());
    bar.on_begin(plan);
    for (std::size_t e = 1; e <= 2; ++e) {
      bar.on_batch(last_batch(3, e, 2.25));
      bar.on_epoch(epoch(e));
    }
    bar.on_end({.epochs = {epoch(1)}, .interrupted = true});
    const std::string rest = "loss 2.4000  train 12.50 %  test 34.57 %  240 samples/s  1.2 s\r\n";
    CHECK(window.bytes() == "epoch 1/2  " + rest + "epoch 2/2  " + rest + "stopped after 1 of 2 epochs\r\n");
  }
}

TEST_CASE("a window without a width is as wide as COLUMNS, or 80") {
  const Variable type("TERM", "xterm");
  for (const char* columns : {"50", "0", "wide", "", static_cast<const char*>(nullptr)}) {
    const Variable variable("COLUMNS", columns);
    Window window(0);
    if (!window) return;
    const detail::Terminal terminal(window.stream());
    CHECK(terminal.overwrites());
    CHECK(terminal.columns() == (columns && std::string(columns) == "50" ? 50 : 80));
  }
}

#endif
