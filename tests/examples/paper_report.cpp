// SPDX-License-Identifier: MIT
#include "../../examples/marked_text.hpp"
#include "../../examples/paper_claims.hpp"
#include "../../examples/paper_tables.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "odot/io/write_file.hpp"

using namespace odot;
using namespace reproduce;

namespace {

/// A folder of made-up results.
class MadeUp {
 public:
  MadeUp() : folder_(std::filesystem::temp_directory_path() / "odot_paper_report") {
    std::filesystem::remove_all(folder_);
    io::create_folder(folder_);
    std::string rows = "# name | group\n\n";
    for (const char* name :
         {"a-1 | table1", "b-1 | table1", "b-2 | table1", "c-1 | table1", "control-1 | control", "vowels-ea-2 | vowels",
          "vowels-ea-6 | vowels", "long-cifar10-ours-full | claims", "long-cifar10-ours-no-mlp | claims"})
      rows += std::string(name) + " | 1 | program | --options | --epochs 1 | -\n";
    io::write_file(folder_ / "rows.txt", rows);
  }
  ~MadeUp() { std::filesystem::remove_all(folder_); }

  void add(const std::string& row, const std::string& result, const std::string& log = "",
           const std::string& version = "1.2.3") const {
    io::create_folder(folder_ / row);
    io::write_file(folder_ / row / "result.txt", "result " + result + "\n");
    io::write_file(folder_ / row / "version.txt", version + "\n");
    io::write_file(folder_ / row / "log.txt", log);
  }
  void add_epochs(const std::string& row, const std::string& table) const {
    io::create_folder(folder_ / row / "run");
    io::write_file(folder_ / row / "run" / "epochs.csv", table);
  }
  Runs runs() const { return {folder_ / "rows.txt", folder_, "1.2.3"}; }

 private:
  std::filesystem::path folder_;
};

Claim claim_about(const std::vector<Claim>& claims, const std::string& words) {
  for (const Claim& c : claims)
    if (c.claim.find(words) != std::string::npos) return c;
  FAIL("no claim about " << words);
  return claims.front();
}

}  // namespace

TEST_CASE("what is outside the marks stays byte for byte, and writing twice changes nothing") {
  const std::string before = "# Page\r\n\ttext |é\n", after = "\n\nthe rest <!-- not a mark -->\n\n\n",
                    marks = begin_mark("one") + end_mark("one");
  const std::string once = with_marked(before + marks + after, "one", "| a |\n");
  CHECK(once == before + begin_mark("one") + "\n| a |\n\n" + end_mark("one") + after);
  CHECK(with_marked(once, "one", "| a |\n") == once);
  CHECK(with_marked(once, "one", "| b |\n").starts_with(before));
  CHECK(with_marked(once, "one", "| b |\n").ends_with(after));
  CHECK(marked(before + marks + after, "one").empty());
  CHECK(marked(once, "one") == "| a |");
  CHECK_THROWS_AS(with_marked(before + after, "one", ""), ArgumentError);
  CHECK_THROWS_AS(with_marked(marks + marks, "one", ""), ArgumentError);
  CHECK_THROWS_AS(with_marked(end_mark("one") + begin_mark("one"), "one", ""), ArgumentError);
}

TEST_CASE("tables hold what runs of this version printed, and say what has not been run") {
  const MadeUp made;
  made.add("a-1", "model=a parameters=33088 epochs=10 loss=9.0460 accuracy=79.80 gradient_average=6.9e-06 seconds=3.0");
  made.add("b-1", "model=b parameters=33084 epochs=10 loss=8.1264 accuracy=80.80 gradient_average=1.2e-06 seconds=3.0");
  made.add("b-2", "model=b parameters=33084 epochs=10 loss=8.0826 accuracy=80.74 gradient_average=1e-06 seconds=3.0");
  made.add("c-1", "model=c accuracy=99.99", "", "1.2.2");  // another version
  made.add_epochs("control-1",
                  "epoch,loss,mean_loss,train_accuracy,test_loss,test_accuracy,gradient_average,seconds,rate\n"
                  "1,25.5,1.7,40,1.06,63.77,0.0059,409.9,146\n");
  made.add("vowels-ea-2", "accuracy=98.1081 loss=0.1",
           "seed 1: accuracy=98.1081 loss=0.1\nseed 2: accuracy=97.5 loss=1\n");
  const Runs runs = made.runs();
  CHECK(runs.rows().size() == 9);
  CHECK(runs.done() == 4);
  const std::string text = table1(runs).markdown();
  CHECK(text.find("| A | 34.539 | 9.99, collapsed | 0.0 | 9.0460 | 79.80 | 6.9e-06 | |\n") != std::string::npos);
  CHECK(text.find("| 80.80 | 1.2e-06 | 80.74 (8.0826), not run |\n") != std::string::npos);
  CHECK(text.find("| C | 34.5388 | collapsed | 0.0 | not run | not run | not run | |\n") != std::string::npos);
  CHECK(epochs(runs, "control", "", "control-1").rows ==
        std::vector<std::vector<std::string>>{{"1", "25.5000", "63.77", "5.9e-03", "410"}});
  CHECK(vowels(runs).rows[0] == std::vector<std::string>{"EA-2", "95.7", "98.11", "98.11, 97.50"});
  CHECK(vowels(runs).has_results());
  CHECK_FALSE(etth2(runs, "6").has_results());
  CHECK(vowels(runs).rows[1] == std::vector<std::string>{"EA-6", "97.3", "not run", ""});
  CHECK(with_commas("33084") == "33,084");
  CHECK(with_commas("1234567") == "1,234,567");
  CHECK(with_commas("120") == "120");
}

TEST_CASE("verdicts follow their rules") {
  const MadeUp made;
  const auto attention = [](double accuracy) {
    return "parameters=33084 loss=8 accuracy=" + fixed(accuracy, 2) + " gradient_average=0";
  };
  made.add("a-1", attention(79.8));
  made.add("c-1", attention(9.99));
  made.add("b-1", attention(82));
  made.add("control-1", "parameters=929510 loss=4 accuracy=88.00 gradient_average=0");
  made.add("vowels-ea-2", "accuracy=98.1081");
  made.add("vowels-ea-6", "accuracy=98.3784");
  made.add("long-cifar10-ours-full", "parameters=1000 training_loss=1 validation_loss=2 best_validation_loss=1.5000");
  made.add("long-cifar10-ours-no-mlp", "parameters=340 training_loss=1 validation_loss=2 best_validation_loss=1.6000");
  const Runs runs = made.runs();
  const auto images = image_claims(runs);
  const Claim control = claim_about(images, "92 %");
  CHECK(control.verdict == Verdict::confirmed);
  CHECK(control.reason == "82.00 % against 88.00 %, which is 93.2 % of it, with 96.4 % fewer parameters");
  const Claim collapse = claim_about(images, "collapse");
  CHECK(collapse.verdict == Verdict::open);
  CHECK(collapse.reason == "in 1 of 2 cases: A reaches 79.80 %; C reaches 9.99 %");
  const Claim norm = claim_about(images, "Without a norm");
  CHECK(norm.verdict == Verdict::confirmed);
  CHECK(norm.reason == "82.00 against 79.80; 3 of 4 cases have not been run");
  CHECK(claim_about(images, "CIFAR-10, 60 %").reason == "its rows have not been run");
  CHECK(claim_about(series_claims(runs), "EA-2 is worse").verdict == Verdict::open);
  const Claim mlp = claim_about(transformer_claims(runs), "Without the MLP");
  CHECK(mlp.verdict == Verdict::refuted);
  CHECK(mlp.reason == "CIFAR-10, our recipe: 1.6000 against 1.5000; 3 of 4 cases have not been run");
}
