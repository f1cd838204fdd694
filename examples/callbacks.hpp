#pragma once
// SPDX-License-Identifier: MIT
// What watches a trainer's run: a progress bar and logs, as its options say.

#include <odot/train/csv_log.hpp>
#include <odot/train/curves.hpp>
#include <odot/train/progress.hpp>

#include <initializer_list>
#include <string>

namespace trainer {

/// What with_callbacks writes in its folder.
inline constexpr std::initializer_list<const char*> log_files{"batches.csv", "epochs.csv", "curves.svg"};

/// The report of body(callbacks…): a progress bar unless `quiet`, logs and curves if there is a folder `out` for them.
template <class Body>
odot::TrainingReport with_callbacks(bool quiet, const std::string& out, const Body& body) {
  odot::ProgressBar bar;
  odot::Callback none;
  odot::Callback& watcher = quiet ? none : bar;
  if (out.empty()) return body(watcher);
  odot::CsvLog log(out);
  odot::Curves curves(out);
  return body(watcher, log, curves);
}

}  // namespace trainer
