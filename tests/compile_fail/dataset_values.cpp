// expect: odot::data::Dataset: values must be std::uint8_t, std::int32_t, float or double
// SPDX-License-Identifier: MIT
#include <odot/data/dataset.hpp>

#include <string>

int main() { odot::data::Dataset<odot::Shape<6>, std::string> texts; }
