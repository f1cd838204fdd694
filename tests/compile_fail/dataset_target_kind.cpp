// expect: odot::data::Dataset: targets must be std::int32_t (a label for each sample), data::TokenLabels
// SPDX-License-Identifier: MIT
#include <odot/data/dataset.hpp>

int main() { odot::data::Dataset<odot::Shape<6>, float, double> numbers; }
