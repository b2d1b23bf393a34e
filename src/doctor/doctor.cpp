#include "doctor/doctor.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "child/process.h"
#include "core/base/error.h"
#include "core/base/outcome.h"
#include "doctor/judge.h"

namespace maquette {
namespace {

constexpr std::size_t kCount = std::size(kSubjects);
using Clock = std::chrono::steady_clock;

/// Words for what is waited for.
const char* stageOf(Subject subject) {
  switch (subject) {
    case Subject::machine:
      return "Looking at the machine and its driver";
    case Subject::neural:
      return "Letting small networks compute";
    case Subject::rendering:
      return "Drawing a picture";
    case Subject::classical:
      return "Making a small object";
    case Subject::folders:
      break;
  }
  return "Looking at the folders";
}

/// Probes side by side, and what each has said.
class Round {
 public:
  Round(const DoctorOptions& options, const Context& ctx) : options_(options), ctx_(ctx) {
    const auto deadline = Clock::now() + options.mostTime;
    const std::filesystem::path program =
        options.probe.empty() ? helperProgram("maquette-probe") : options.probe;
    for (const Subject subject : options.subjects)
      threads_.emplace_back([this, subject, program, deadline] {
        try {
          finish(subject, askProbe(program, nameOf(subject), deadline, ctx_));
        } catch (const Cancelled&) {
          finish(subject, {});  // the one that waits notices by itself
        } catch (...) {
          ProbeAnswer answer;
          answer.noise = currentFailure().message;
          finish(subject, std::move(answer));
        }
      });
  }

  /// @throws Cancelled
  const std::array<ProbeAnswer, kCount>& wait() {
    for (std::unique_lock lock(mutex_); done_.size() < options_.subjects.size();) {
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      for (const Subject subject : options_.subjects)
        if (std::ranges::find(done_, subject) == done_.end()) {
          ctx_.stage(stageOf(subject));
          break;
        }
      ctx_.report(float(done_.size()) / float(options_.subjects.size()));
    }
    ctx_.check();
    return answers_;
  }

 private:
  void finish(Subject subject, ProbeAnswer answer) {
    const std::lock_guard lock(mutex_);
    answers_[std::size_t(subject)] = std::move(answer);
    done_.push_back(subject);
    changed_.notify_all();
  }

  const DoctorOptions& options_;
  const Context& ctx_;
  std::mutex mutex_;  // guards the three below
  std::condition_variable changed_;
  std::array<ProbeAnswer, kCount> answers_;
  std::vector<Subject> done_;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace

std::string nameOf(Subject subject) {
  constexpr const char* kNames[] = {"machine", "neural", "rendering", "classical", "folders"};
  return kNames[static_cast<std::size_t>(subject)];
}

DoctorReport examine(const DoctorOptions& options, const Context& ctx) {
  const auto begin = Clock::now();
  Round round(options, ctx);
  const auto& answers = round.wait();
  DoctorReport report;
  for (const Subject subject : kSubjects) {
    if (std::ranges::find(options.subjects, subject) == options.subjects.end()) continue;
    const ProbeAnswer& answer = answers[std::size_t(subject)];
    const auto add = [&](auto... judges) { (report.findings.push_back(judges(answer)), ...); };
    switch (subject) {
      case Subject::machine:
        add(judgeMachine, judgeCard);
        break;
      case Subject::neural:
        add(judgePlugin, judgeProcessorTrials, judgeCardTrials);
        break;
      case Subject::rendering:
        add(judgeRendering);
        break;
      case Subject::classical:
        add(judgeClassical);
        break;
      case Subject::folders:
        add(judgeFolders);
        break;
    }
  }
  summarise(report);
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return report;
}

}  // namespace maquette
