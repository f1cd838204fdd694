// SPDX-License-Identifier: MIT
#include "odot/io/tensorboard.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/temporary_folder.hpp"
#include "odot/io/crc32c.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/sgd.hpp"
#include "odot/train/fit.hpp"
#include "support/event_reader.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// The names in a folder that begin so, ascending.
std::vector<std::filesystem::path> files(const std::filesystem::path& folder,
                                         const std::string& begin = "events.out.tfevents.") {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(begin)) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// The values of all event files of a folder.
std::vector<ReadEvent> events(const std::filesystem::path& folder) {
  std::vector<ReadEvent> all;
  for (const auto& path : files(folder))
    for (ReadEvent& event : read_events(path)) all.push_back(std::move(event));
  return all;
}

using Points = std::vector<std::pair<std::int64_t, double>>;

Points points(const std::vector<ReadEvent>& all, const std::string& tag) {
  Points found;
  for (const ReadEvent& event : all)
    if (event.tag == tag && event.kind == "scalar") found.emplace_back(event.step, event.number);
  return found;
}

/// Values of one kind.
std::vector<ReadEvent> of_kind(const std::vector<ReadEvent>& all, const std::string& kind) {
  std::vector<ReadEvent> found;
  for (const ReadEvent& event : all)
    if (event.kind == kind) found.push_back(event);
  return found;
}

/// A PNG of one grey pixel.
constexpr char png_bytes[] =
    "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\1\0\0\0\2\x08\0\0\0\0\x54\x0B\x87\x6C\0\0\0\x0BIDAT\x78\x9C\x63\x60"
    "\x80\x01\0\0\x04\0\x01\0\0\0\0IEND\xAE\x42\x60\x82";
const std::string png(png_bytes, sizeof png_bytes - 1);

/// Keeps a position, as a checkpoint does.
class KeepAt : public Callback {
 public:
  explicit KeepAt(std::size_t step) : step_(step) {}
  bool wants_position(const StepEvent& at) override { return at.step == step_; }
  void on_position(const TrainingPosition& position) override {
    if (position.step == step_) kept = position.snapshot();
  }
  std::optional<Snapshot> kept;

 private:
  std::size_t step_;
};

/// Trains with a board: 3 batches in an epoch.
void train(io::TensorBoard& board, SmallNetwork& network, std::size_t epochs, std::optional<Snapshot> resume,
           Callback& watcher) {
  const auto [training, test] = small_data();
  optim::SGD sgd{{.learning_rate = 0.1}};
  fit(network, sgd, training, test,
      {.epochs = epochs, .batch_size = 128, .test_name = "validation", .resume = std::move(resume)}, watcher, board);
}
void train(io::TensorBoard& board, SmallNetwork& network, std::size_t epochs, std::optional<Snapshot> resume) {
  Callback none;
  train(board, network, epochs, std::move(resume), none);
}

}  // namespace

TEST_CASE("CRC-32C is that of the standard") {
  static_assert(io::crc32c("123456789") == 0xE3069283u);
  CHECK(io::crc32c("") == 0);
  CHECK(io::crc32c(std::string(32, '\0')) == 0x8A9136AAu);  // RFC 3720, B.4
  CHECK(io::crc32c(std::string(32, '\xFF')) == 0x62A8AB43u);
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 37);
  CHECK(io::crc32c(bytes) == slow_crc32c(bytes));
  CHECK(io::masked_crc32c("123456789") == ((0xE3069283u >> 15 | 0xE3069283u << 17) + 0xA282EAD8u));
}

TEST_CASE("a histogram has TensorFlow's buckets, and counts every finite number once") {
  const auto& limits = io::event_histogram_limits();
  CHECK(limits.size() == 1551);
  CHECK(limits.front() == -(std::numeric_limits<double>::max)());
  CHECK(limits[limits.size() / 2] == 0);
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<float> values{1, 1.05f, -2, 0, 3e38f, std::nanf(""), -static_cast<float>(infinity), 1e-30f};
  const io::EventHistogram histogram{std::span<const float>(values)};
  CHECK(histogram.num == 6);
  CHECK(histogram.min == -2);
  CHECK(histogram.max == double(3e38f));
  CHECK(histogram.sum == 1 + double(1.05f) - 2 + double(3e38f) + double(1e-30f));
  CHECK(std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0) == 6);
  REQUIRE(histogram.limits.size() == histogram.counts.size());
  CHECK(std::is_sorted(histogram.limits.begin(), histogram.limits.end()));
  for (std::size_t i = 0; i < histogram.limits.size(); ++i) {
    const double low = i == 0 ? -infinity : histogram.limits[i - 1], high = histogram.limits[i];
    const auto in = std::count_if(values.begin(), values.end(),
                                  [&](float v) { return std::isfinite(v) && double(v) >= low && double(v) < high; });
    CHECK(histogram.counts[i] == static_cast<double>(in));
  }
  const io::EventHistogram none{std::span<const float>()};
  CHECK(none.num == 0);
  CHECK(none.limits.size() == 1);
}

TEST_CASE("a training's events are the numbers that callbacks get, flushed as they come") {
  const TemporaryFolder folder;
  SmallNetwork network{Seed{1}};
  io::TensorBoard board(folder.path() / "run", network,
                        {.histograms_every_epochs = 2,
                         .batch_scalars = {{"twice", [](const BatchEvent& e) { return 2 * e.loss; }}},
                         .epoch_scalars = {{"never", [](const EpochEvent&) { return std::nan(""); }}},
                         .pictures = [] { return std::vector<io::EventPicture>{{"maps/one", png}}; },
                         .hyperparameters = {{"learning_rate", 0.1}, {"model", "small | grün"}, {"epochs", 2}}});

  struct Watch : Callback {
    explicit Watch(std::filesystem::path p) : path(std::move(p)) {}
    void on_batch(const BatchEvent& e) override {
      loss.emplace_back(e.step, double(static_cast<float>(e.loss)));
      // What came before is in the file already, whole.
      if (e.step > 1) CHECK(points(events(path), "loss/batch").size() == e.step - 1);
    }
    void on_epoch(const EpochEvent& e) override {
      test.emplace_back(e.epoch * 3, double(static_cast<float>(e.test_loss)));
    }
    std::filesystem::path path;
    Points loss, test;
  } watch(folder.path() / "run");
  train(board, network, 2, std::nullopt, watch);

  const auto all = events(folder.path() / "run");
  REQUIRE(files(folder.path() / "run").size() == 1);
  CHECK(all.front().kind == "version");
  CHECK(all.front().text == "brain.Event:2");
  CHECK(points(all, "loss/batch") == watch.loss);
  CHECK(points(all, "loss/validation") == watch.test);
  CHECK(points(all, "twice").size() == 6);
  CHECK(points(all, "never").empty());
  for (const char* tag : {"accuracy/batch", "loss/train", "accuracy/train", "accuracy/validation", "speed/seconds",
                          "speed/samples_per_second"})
    CHECK_MESSAGE(!points(all, tag).empty(), tag);
  CHECK(of_kind(all, "start").empty());

  // Weights before the first step and after the second epoch; gradients after the second epoch.
  const auto histograms = of_kind(all, "histogram");
  REQUIRE(histograms.size() == 6);
  CHECK(histograms[0].tag == "weights/1.weight");
  CHECK(histograms[0].step == 0);
  CHECK(histograms[5].tag == "gradients/1.bias");
  for (const auto& [tag, values] : {std::pair{"weights/1.weight", network.parameter("1.weight")},
                                    {"gradients/1.weight", network.gradient("1.weight")}}) {
    const auto last = std::find_if(histograms.rbegin(), histograms.rend(), [&](const auto& h) { return h.tag == tag; });
    REQUIRE(last != histograms.rend());
    CHECK(last->step == 6);
    CHECK(last->figures[0] == double(*std::min_element(values.begin(), values.end())));
    CHECK(last->figures[1] == double(*std::max_element(values.begin(), values.end())));
    CHECK(last->figures[2] == 7840);
    CHECK(last->figures[3] == std::accumulate(values.begin(), values.end(), 0.0));
  }
  REQUIRE(of_kind(all, "text").size() == 1);
  CHECK(says(of_kind(all, "text")[0].text, "| learning_rate | 0.1 |", "| model | small \\| grün |"));
  std::vector<std::int64_t> pictures;
  for (const ReadEvent& event : of_kind(all, "image"))
    if (event.tag == "maps/one") pictures.push_back(event.step);
  CHECK(pictures == std::vector<std::int64_t>{0, 3, 6});
  REQUIRE(of_kind(all, "hparams").size() == 1);
  CHECK(says(of_kind(all, "hparams")[0].text, "learning_rate", "model", "grün"));
}

TEST_CASE("histograms of a batch are of the network after that batch") {
  const TemporaryFolder folder;
  SmallNetwork network{Seed{1}};
  io::TensorBoard board(folder.path(), network, {.histograms_every_epochs = 1, .histograms_every_batches = 2});
  struct Watch : Callback {
    explicit Watch(SmallNetwork& n) : network(n) {}
    void on_batch(const BatchEvent& e) override {
      sums[e.step] = std::accumulate(network.parameters().begin(), network.parameters().end() - 10, 0.0);
    }
    SmallNetwork& network;
    std::map<std::size_t, double> sums;
  } watch(network);
  train(board, network, 2, std::nullopt, watch);
  std::vector<std::int64_t> steps;
  for (const ReadEvent& event : events(folder.path()))
    if (event.tag == "weights/1.weight") {
      steps.push_back(event.step);
      if (event.step > 0) CHECK(event.figures[3] == watch.sums[static_cast<std::size_t>(event.step)]);
    }
  CHECK(steps == std::vector<std::int64_t>{0, 2, 3, 4, 6});  // 3 and 6: an epoch's end, once
}

TEST_CASE("a resumed training has each point once, whatever the killed one wrote after the checkpoint") {
  const TemporaryFolder folder;
  const auto whole = folder.path() / "whole", cut = folder.path() / "cut";
  const io::TensorBoardOptions options{.histograms_every_batches = 2, .hyperparameters = {{"learning_rate", 0.1}}};
  {
    SmallNetwork network{Seed{1}};
    io::TensorBoard board(whole, network, options);
    train(board, network, 3, std::nullopt);
  }
  KeepAt first(4), second(5);
  {
    SmallNetwork network{Seed{1}};
    io::TensorBoard board(cut, network, options);
    train(board, network, 3, std::nullopt, first);
  }
  {  // goes on from step 4, and is killed after its own checkpoint
    SmallNetwork network{Seed{2}};
    io::TensorBoard board(cut, network, options);
    train(board, network, 3, first.kept, second);
  }
  {
    SmallNetwork network{Seed{3}};
    io::TensorBoard board(cut, network, options);
    train(board, network, 3, second.kept);
  }
  CHECK(files(cut).size() == 3);
  const auto expected = events(whole), found = events(cut);
  for (const char* tag : {"loss/batch", "accuracy/batch", "loss/train", "loss/validation"})
    CHECK_MESSAGE(points(found, tag) == points(expected, tag), tag);
  const auto a = of_kind(expected, "histogram"), b = of_kind(found, "histogram");
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].tag == b[i].tag);
    CHECK(a[i].step == b[i].step);
    CHECK(a[i].figures == b[i].figures);
  }
  CHECK(of_kind(found, "text").size() == 1);
  const auto starts = of_kind(found, "start");  // TensorBoard forgets these steps and later ones
  REQUIRE(starts.size() == 2);
  CHECK(starts[0].step == 5);
  CHECK(starts[1].step == 6);

  // From the older position again: the later files are not of this training any more.
  {
    SmallNetwork network{Seed{3}};
    io::TensorBoard board(cut, network, options);
    train(board, network, 3, first.kept);
  }
  CHECK(points(events(cut), "loss/batch") == points(expected, "loss/batch"));
  CHECK(files(cut).size() == 2);
  CHECK(files(cut, "events.out.earlier.").size() == 2);

  // In another folder there is nothing to continue: the settings are written there too.
  SmallNetwork network{Seed{3}};
  io::TensorBoard board(folder.path() / "other", network, options);
  train(board, network, 3, first.kept);
  CHECK(points(events(folder.path() / "other"), "loss/batch").front().first == 5);
  CHECK(of_kind(events(folder.path() / "other"), "text").size() == 1);
}

TEST_CASE("a training from the beginning sets an earlier one's files aside, and no others") {
  const TemporaryFolder folder;
  folder.write("events.out.tfevents.1.other.2.3", {1, 2, 3});
  for (int run = 0; run < 3; ++run) {
    SmallNetwork network{Seed{1}};
    io::TensorBoard board(folder.path());
    CHECK(files(folder.path()).size() == (run == 0 ? 1 : 2));  // fit may still refuse to train
    board.add_text("note", "before the training", 0);
    train(board, network, 1, std::nullopt);
    CHECK(files(folder.path()).size() == 2);
    CHECK(files(folder.path(), "events.out.earlier.").size() == (run == 0 ? 0 : 1));
  }
  CHECK(std::filesystem::file_size(folder.path() / "events.out.tfevents.1.other.2.3") == 3);
  const auto all = read_events(files(folder.path()).back());
  CHECK(of_kind(all, "text").size() == 1);
  CHECK(points(all, "loss/batch").size() == 3);

  // The same object for a second training.
  SmallNetwork network{Seed{1}};
  io::TensorBoard board(folder.path() / "twice");
  for (int run = 0; run < 2; ++run) train(board, network, 1, std::nullopt);
  CHECK(points(events(folder.path() / "twice"), "loss/batch").size() == 3);
}

TEST_CASE("files that another training set aside return when their training is resumed") {
  const TemporaryFolder folder;
  Snapshot kept;
  std::uint64_t size = 0;
  {
    io::EventFolder first(folder.path());
    first.open().append("a record");
    size = first.file()->size();
    first.keep(kept);
    first.file()->append("after the checkpoint");
  }
  {
    io::EventFolder other(folder.path());  // or a note before a resumed fit
    other.open();
  }
  CHECK(files(folder.path(), "events.out.earlier.").size() == 1);
  io::EventFolder resumed(folder.path());
  resumed.restore(kept);
  CHECK(resumed.continued());
  resumed.open();
  REQUIRE(files(folder.path()).size() == 2);
  CHECK(std::filesystem::file_size(files(folder.path()).front()) == size);

  io::EventFolder second(folder.path());
  CHECK_THROWS_AS(second.open(), FileError);  // while the resumed one has the folder
}

TEST_CASE("pictures, texts and numbers of your own are there, at their steps") {
  const TemporaryFolder folder;
  io::TensorBoard board(folder.path());
  board.add_png("pictures/one", png, 4);
  board.add_text("note", "**bold**", 5);
  board.add_scalar("mine", 0.5, 6);
  const std::vector<double> numbers{1, 2, 3};
  board.add_histogram("three", std::span<const double>(numbers));
  const auto all = events(folder.path());
  REQUIRE(all.size() == 5);
  CHECK(all[1].kind == "image");
  CHECK(all[1].text == png);
  CHECK(all[1].step == 4);
  CHECK(all[1].figures == std::vector<double>{2, 1, 1});  // height, width, grey
  CHECK(all[2].text == "**bold**");
  CHECK(points(all, "mine") == Points{{6, 0.5}});
  CHECK(all[4].figures == std::vector<double>{1, 3, 3, 6, 14});

  CHECK(says(message_of<ArgumentError>([&] { board.add_png("p", "GIF89a"); }), "the picture \"p\"", "a PNG file"));
  CHECK(says(message_of<ArgumentError>([&] { board.add_scalar("", 1); }), "expected a tag, found an empty one"));
  CHECK(says(message_of<ArgumentError>([&] { board.add_text("t", "\xFF"); }), "text: expected UTF-8", "\\xFF"));
  CHECK(says(message_of<ArgumentError>([&] { board.add_scalar("\x80", 1); }), "tag: expected UTF-8"));
  CHECK(events(folder.path()).size() == 5);
}

TEST_CASE("a folder that can't be written is rejected at once, with its path") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {1});
  CHECK(says(message_of<FileError>([&] { io::TensorBoard board(file); }), file.string(), "expected a folder"));
  io::TensorBoard board(folder.path() / "gone");
  std::filesystem::remove_all(folder.path() / "gone");
  CHECK(says(message_of<FileError>([&] { board.add_scalar("x", 1); }), "gone"));
  Snapshot hostile;
  hostile.set_fact("files", 1);
  hostile.set_fact("file.0", "../events.out.tfevents.odot");
  hostile.set_fact("size.0", 0);
  CHECK(says(message_of<ArgumentError>([&] { board.restore_state(hostile); }), "expected the name of an event file"));
}
