#pragma once
// SPDX-License-Identifier: MIT
// What a RunRecord knows, and its page.

#include "run_record.hpp"

#include <odot/events/events.hpp>
#include <odot/io/line_chart.hpp>
#include <odot/io/report.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trainer {

enum class RunStatus { running, complete, stopped_early, interrupted, failed };

struct RunRecord::State {
  std::filesystem::path folder = {};  // empty: none
  bool resume = false, quiet = false, begun = false;
  CommandLine command = {};
  RunSubject subject = {};
  std::string started = {};

  RunRecord* whole = nullptr;  // of which this is a part
  std::string log = {};        // not yet written
  std::FILE* log_file = nullptr;

  RunStatus status = RunStatus::running;
  std::string failure = {};
  odot::TrainingPlan plan = {};
  std::size_t epochs_done = 0;
  std::optional<odot::EpochEvent> last = {};
  std::optional<odot::TrainingReport> report = {};
  std::vector<odot::io::LineChart> charts = {};
  std::vector<std::pair<std::string, std::string>> figures = {};
  std::vector<std::pair<std::string, std::function<void(odot::io::Report&)>>> sections = {};
  Facts result = {};

  std::exception_ptr error = {};  // the first that the run's own files met

  ~State() {
    if (log_file) std::fclose(log_file);
  }
};

/// The page as things stand: record_page.cpp.
odot::io::Report page_of(const RunRecord::State& run);

/// What compiled this program, and for which instructions.
Facts build_facts();

}  // namespace trainer
