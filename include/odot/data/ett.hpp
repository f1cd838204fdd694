#pragma once
// SPDX-License-Identifier: MIT
// ETTh2: two years of an electricity transformer, hour by hour: six loads and the oil temperature.

#include <cstddef>
#include <filesystem>

#include "odot/data/csv.hpp"
#include "odot/data/forecasting.hpp"

namespace odot::data {

/// The usual parts of the hourly sets: 12, 4 and 4 months of 30 days.
inline constexpr Parts ett_hours{.train = 12 * 30 * 24, .validation = 4 * 30 * 24, .test = 4 * 30 * 24};

/// ETTh2 as windows of `Input` hours and the `Horizon` hours after them: HUFL, HULL, MUFL, MULL, LUFL, LULL, OT.
/// `folder` holds ETTh2.csv.
/// Errors  those of read_csv; ArgumentError: fewer rows than the parts
/// Source  Zhou et al., "Informer: beyond efficient transformer for long sequence time-series forecasting", 2021
template <std::size_t Input, std::size_t Horizon>
Forecasting<Input, Horizon, 7> load_etth2(const std::filesystem::path& folder) {
  const CsvOptions options{.columns = {"HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"}};
  return forecasting<Input, Horizon, 7>(read_csv(folder / "ETTh2.csv", options), ett_hours, "etth2");
}

}  // namespace odot::data
