// SPDX-License-Identifier: MIT
#include "run_record.hpp"

#include "record_state.hpp"

#include <odot/core/error.hpp>
#include <odot/core/number_text.hpp>
#include <odot/io/write_file.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstring>
#include <ctime>
#include <system_error>

namespace trainer {

namespace {

using Json = nlohmann::ordered_json;

/// "2026-11-30T22:47:13Z"
std::string now() {
  const std::time_t seconds = std::time(nullptr);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds))};
}

Json json_of(const Value& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v)>, double>)
          return std::isfinite(v) ? Json(v) : Json(nullptr);
        else return v;
      },
      value);
}

Json json_of(const Facts& facts) {
  Json object = Json::object();
  for (const auto& [name, value] : facts) object[name] = json_of(value);
  return object;
}

std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

/// "result model=b accuracy=81.46" as data.
Facts facts_of(const std::string& line) {
  Facts facts;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = (std::min)(line.find(' ', at), line.size()), equals = line.find('=', at);
    if (equals < end) {
      const std::string text = line.substr(equals + 1, end - equals - 1);
      const auto number = odot::number_text::read(text);
      const bool whole =
          number && text.find_first_not_of("-0123456789") == std::string::npos && std::abs(*number) < 1e15;
      facts.emplace_back(line.substr(at, equals - at), whole    ? Value(static_cast<long long>(*number))
                                                       : number ? Value(*number)
                                                                : Value(text));
    }
    at = end + 1;
  }
  return facts;
}

std::string formatted(const char* format, std::va_list arguments) {
  std::va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  std::string text(static_cast<std::size_t>((std::max)(length, 0)) + 1, '\0');
  std::vsnprintf(text.data(), text.size(), format, again);
  va_end(again);
  text.pop_back();
  return text;
}

void set_aside(const std::filesystem::path& file) {
  std::error_code ignored;
  auto earlier = file;
  earlier += ".earlier";
  if (std::filesystem::exists(file, ignored)) std::filesystem::rename(file, earlier, ignored);
}

}  // namespace

std::string formatted(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::string text = formatted(format, arguments);
  va_end(arguments);
  return text;
}

std::shared_ptr<RunRecord> new_record() { return std::make_shared<RunRecord>(); }

RunRecord::RunRecord() : state_(std::make_unique<State>()) {}
RunRecord::~RunRecord() = default;

void RunRecord::set_command(CommandLine command, bool quiet) {
  state_->command = std::move(command);
  state_->quiet = quiet;
}

void RunRecord::set_folder(const std::string& folder, bool resume) {
  state_->folder = folder;
  state_->resume = resume;
  state_->started = now();
}

std::shared_ptr<RunRecord> RunRecord::part(const std::string& folder, bool resume) {
  auto made = new_record();
  made->set_command(state_->command, state_->quiet);
  if (active()) made->set_folder(folder, resume);
  made->state_->whole = this;
  return made;
}

bool RunRecord::active() const { return !state_->folder.empty(); }

void RunRecord::describe(RunSubject subject) { state_->subject = std::move(subject); }

void RunRecord::print(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const std::string text = formatted(format, arguments);
  va_end(arguments);
  if (!state_->quiet) std::fwrite(text.data(), 1, text.size(), stdout);
  log(text);
}

void RunRecord::log(const std::string& text) {
  if (state_->whole) state_->whole->log(text);
  if (!active() || text.empty()) return;
  state_->log += text;
  write_log();
}

void RunRecord::write_log() {
  if (!state_->log_file) return;
  attempt([this](const std::filesystem::path& folder) {
    const std::string waiting = std::exchange(state_->log, {});
    errno = 0;
    const bool written = std::fwrite(waiting.data(), 1, waiting.size(), state_->log_file) == waiting.size();
    if (written && std::fflush(state_->log_file) == 0) return;
    const int error = errno;
    std::fclose(std::exchange(state_->log_file, nullptr));
    throw odot::FileError((folder / "log.txt").string(), std::string("writing broke off: ") + std::strerror(error));
  });
}

void RunRecord::begin(const odot::TrainingPlan& plan) {
  state_->plan = plan;
  begin();
}

void RunRecord::begin() {
  if (!active() || std::exchange(state_->begun, true)) return;
  const bool continues = state_->resume;
  attempt([&](const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!continues) {
      set_aside(folder / "weights.safetensors");
      set_aside(folder / "best.safetensors");
      for (const char* table : {"metrics.csv", "classes.csv", "confusion.csv", "calibration.csv"})
        std::filesystem::remove(folder / table, ignored);
    }
    std::filesystem::remove(folder / "result.json", ignored);
    errno = 0;
    state_->log_file = std::fopen((folder / "log.txt").string().c_str(), continues ? "ab" : "wb");
    if (!state_->log_file)
      throw odot::FileError((folder / "log.txt").string(), std::string("can't be written: ") + std::strerror(errno));
  });
  state_->log.insert(0, state_->started + "  " + state_->command.command + "\n");
  write_log();
  attempt([&](const std::filesystem::path& folder) {
    const State& s = *state_;
    Json config{{"program", s.command.program},
                {"command", s.command.command},
                {"working_directory", std::filesystem::current_path().string()},
                {"started", s.started},
                {"resumed", s.resume}};
    config["settings"] = Json::object();
    config["given"] = Json::array();
    for (const Setting& setting : s.command.settings) {
      const auto* const text = std::get_if<std::string>(&setting.value);
      config["settings"][setting.name] = text && text->empty() && !setting.given ? Json() : json_of(setting.value);
      if (setting.given) config["given"].push_back(setting.name);
    }
    config["training"] = json_of(s.subject.training);
    config["model"] = json_of(s.subject.model);
    config["data"] = json_of(s.subject.data);
    config["device"] = json_of(s.subject.device);
    config["build"] = json_of(build_facts());
    odot::io::write_file(folder / "config.json", text_of(config));
  });
  if (state_->plan.steps_before == 0) write_page();
}

void RunRecord::on_epoch(const odot::EpochEvent& e, std::vector<odot::io::LineChart> charts) {
  if (!active()) return;
  state_->last = e;
  state_->epochs_done = e.epoch;
  state_->charts = std::move(charts);
  if (e.epoch < state_->plan.epochs) write_page();
}

void RunRecord::on_end(const odot::TrainingReport& report, std::vector<odot::io::LineChart> charts) {
  State& s = *state_;
  s.report = report;
  s.epochs_done = report.epochs.size();
  s.charts = std::move(charts);
  s.status = report.interrupted     ? RunStatus::interrupted
             : report.stopped_early ? RunStatus::stopped_early
                                    : RunStatus::complete;
}

void RunRecord::fail(const char* what) {
  if (!state_->begun) return;
  log(std::string("error: ") + what + "\n");
  fail_with_part(what);
}

void RunRecord::fail_with_part(const char* what) {
  state_->status = RunStatus::failed;
  state_->failure = what;
  write_page();
}

void RunRecord::write_page() {
  attempt([this](const auto& folder) { page_of(*state_).write(folder / "report.html"); });
}

bool RunRecord::attempt(const std::function<void(const std::filesystem::path&)>& body) {
  return active() && attempt_always([&] { body(state_->folder); });
}

bool RunRecord::attempt_always(const std::function<void()>& body) {
  try {
    body();
    return true;
  } catch (const odot::Error&) {
    if (!state_->error) state_->error = std::current_exception();
    return false;
  }
}

void RunRecord::add_figure(const std::string& name, const std::string& value) {
  state_->figures.emplace_back(name, value);
}

void RunRecord::add_section(const std::string& heading, std::function<void(odot::io::Report&)> content) {
  if (active()) state_->sections.emplace_back(heading, std::move(content));
}

void RunRecord::finish(const std::string& line, bool interrupted) {
  if (interrupted) state_->status = RunStatus::interrupted;
  else if (state_->status == RunStatus::running) state_->status = RunStatus::complete;
  if (!state_->whole) std::printf("%s\n", line.c_str());
  log(line + "\n");
  state_->result = facts_of(line);
  if (interrupted) state_->result.emplace_back("interrupted", true);
  attempt([&](const std::filesystem::path& folder) {
    odot::io::write_file(folder / "result.json", text_of(json_of(state_->result)));
  });
  write_page();
  if (!state_->error) return;
  if (!state_->whole) std::rethrow_exception(std::exchange(state_->error, nullptr));
  if (!state_->whole->state_->error) state_->whole->state_->error = state_->error;
}

}  // namespace trainer
