// SPDX-License-Identifier: MIT
#include "odot/data/table_dataset.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "data/text_file.hpp"
#include "odot/data/csv.hpp"
#include "odot/data/hold_out.hpp"
#include "odot/data/standardise.hpp"

using namespace odot;
using namespace odot::test;

namespace {

const std::string flowers =
    "id,sepal,petal,species,price\n1,5.5,1.25,setosa,3\n2,7,4.5,versicolor,5.5\n3,5,1.5,setosa,2\n"
    "4,6.25,6,\"virginica, large\",9\n";

data::Table read(const std::string& text, const data::CsvOptions& options = {.categories = {"species"}}) {
  const TemporaryFolder folder;
  return data::read_csv(write_text(folder, "flowers.csv", text), options);
}

}  // namespace

TEST_CASE("a table with a column of names becomes a labelled set") {
  const auto set =
      data::dataset<Shape<2>>(read(flowers), {.targets = {"species"}, .features = {"petal", "sepal"}}, "flowers");
  CHECK(set.name == "flowers");
  CHECK(set.size() == 4);
  CHECK(set.classes == std::vector<std::string>{"setosa", "versicolor", "virginica, large"});
  CHECK(set.targets == std::vector<std::int32_t>{0, 1, 0, 2});
  CHECK(set.values == std::vector<float>{1.25f, 5.5f, 4.5f, 7, 1.5f, 5, 6, 6.25f});
  CHECK_FALSE(set.synthetic);
}

TEST_CASE("without features all columns but the targets are taken, in the table's order") {
  const auto set = data::dataset<Shape<4>>(read(flowers), {.targets = {"species"}});
  CHECK(set.sample(1)[0] == 2);
  CHECK(set.sample(1)[1] == 7);
  CHECK(set.sample(1)[3] == 5.5f);
}

TEST_CASE("numbers as targets, of one column or more") {
  const auto one =
      data::dataset<Shape<2>, Shape<1>>(read(flowers), {.targets = {"price"}, .features = {"sepal", "petal"}});
  CHECK(one.targets == std::vector<float>{3, 5.5f, 2, 9});
  CHECK(one.classes.empty());
  const auto two =
      data::dataset<Shape<1, 2>, Shape<2>>(read(flowers), {.targets = {"price", "id"}, .features = {"sepal", "petal"}});
  CHECK(two.size() == 4);
  CHECK(two.target(3)[0] == 9);
  CHECK(two.target(3)[1] == 4);
}

TEST_CASE("labels that are numbers are the classes that occur, in ascending order") {
  const auto set = data::dataset<Shape<1>>(data::Table{{"x", "quality"}, {1, 8, 2, -0.0, 3, 5, 4, 0, 5, 10}},
                                           {.targets = {"quality"}});
  CHECK(set.classes == std::vector<std::string>{"0", "5", "8", "10"});
  CHECK(set.targets == std::vector<std::int32_t>{2, 0, 1, 0, 3});
}

TEST_CASE("a second table takes the classes of the first, and a label that is none of them is rejected") {
  const auto train = data::dataset<Shape<4>>(read(flowers), {.targets = {"species"}});
  const data::Table table = read("id,sepal,petal,species,price\n1,1,1,versicolor,1\n");
  const data::TableColumns columns{.targets = {"species"}, .classes = train.classes};
  CHECK(data::dataset<Shape<4>>(table, columns).targets == std::vector<std::int32_t>{1});
  CHECK(data::dataset<Shape<4>>(table, columns).classes == train.classes);
  const data::Table other = read("id,sepal,petal,species,price\n1,1,1,setosa,1\n1,1,1,rose,1\n");
  CHECK_THROWS_WITH_AS(data::dataset<Shape<4>>(other, columns),
                       "odot::data::dataset: row 1 of column \"species\": the label \"rose\" is none of the classes",
                       ArgumentError);
}

TEST_CASE("as many labels as rows take no longer than sorting them; of equal classes the first is the label") {
  data::Table table{{"x", "id"}, {}};
  for (int row = 0; row < 100'000; ++row) table.values.insert(table.values.end(), {0.5, 99'999.0 - row});
  const auto set = data::dataset<Shape<1>>(table, {.targets = {"id"}});
  REQUIRE(set.classes.size() == 100'000);
  CHECK(set.targets.front() == 99'999);
  CHECK(set.targets[1] == 99'998);
  CHECK(set.targets.back() == 0);
  const auto twice = data::dataset<Shape<1>>(data::Table{{"x", "id"}, {1, 7, 2, 8}},
                                             {.targets = {"id"}, .classes = {"8", "7", "8", "7"}});
  CHECK(twice.targets == std::vector<std::int32_t>{1, 0});
}

TEST_CASE("from a file to standardised parts in a few lines") {
  std::string text = "a,b,kind\n";
  for (int i = 0; i < 30; ++i)
    text += std::to_string(i) + "," + std::to_string(100 - 3 * i) + (i % 3 == 0 ? ",up\n" : ",down\n");
  const data::Table table = read(text, {.categories = {"kind"}});
  auto split = data::hold_out(data::dataset<Shape<2>>(table, {.targets = {"kind"}}), 5, 0, Seed{1});
  data::standardise(split);
  CHECK(split.train.size() == 24);
  CHECK(split.test.size() == 6);
  for (std::size_t c = 0; c < 2; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 24; ++i) {
      const auto value = static_cast<double>(split.train.sample(i)[c]);
      sum += value / 24;
      squares += value * value / 24;
    }
    CHECK(std::abs(sum) <= 1e-6);
    CHECK(std::abs(squares - 1) <= 1e-6);
  }
}

TEST_CASE("columns that do not fit are rejected") {
  const data::Table table = read(flowers);
  CHECK_THROWS_WITH_AS(data::dataset<Shape<4>>(table, {.targets = {"kind"}}),
                       "odot::data::Table: no column is called \"kind\"; there are: id, sepal, petal, species, price",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(data::dataset<Shape<3>>(table, {.targets = {"species"}}),
                       "odot::data::dataset: expected 3 columns of features, as [3] has, found 4", ArgumentError);
  CHECK_THROWS_WITH_AS(data::dataset<Shape<4>>(table, {}),
                       "odot::data::dataset: expected 1 columns of targets, as a label has, found 0", ArgumentError);
  CHECK_THROWS_AS((data::dataset<Shape<4>, Shape<2>>(table, {.targets = {"species"}})), ArgumentError);
}

TEST_CASE("numbers that are missing or too large, and numbers of no category, are rejected with their row") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(data::dataset<Shape<1>>(data::Table{{"x", "y"}, {1, 0, nan, 0}}, {.targets = {"y"}}),
                       "odot::data::dataset: row 1 of column \"x\": expected a finite number that a float can hold, "
                       "found nan",
                       ArgumentError);
  CHECK_THROWS_AS(data::dataset<Shape<1>>(data::Table{{"x", "y"}, {1, nan}}, {.targets = {"y"}}), ArgumentError);
  CHECK_THROWS_AS((data::dataset<Shape<1>, Shape<1>>(data::Table{{"x", "y"}, {1, 1e300}}, {.targets = {"y"}})),
                  ArgumentError);
  const data::Table table{{"x", "y"}, {1, 0, 1, 2}, {{}, {"a", "b"}}};
  CHECK_THROWS_WITH_AS(data::dataset<Shape<1>>(table, {.targets = {"y"}}),
                       "odot::data::dataset: row 1 of column \"y\": there is no category 2; there are 2",
                       ArgumentError);
}

TEST_CASE("a table whose last row is not whole is refused") {
  const data::Table table{.columns = {"a", "b", "label"}, .values = {1, 2, 0, 3}};
  CHECK(says(message_of<ArgumentError>([&] { data::dataset<Shape<2>>(table, {.targets = {"label"}}); }), "3 columns",
             "4 values"));
}
