#include "download/fetch_model.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/log.h"
#include "models/licences.h"
#include "models/verification.h"

namespace maquette {
namespace {

/// Of a file's share of the progress, what arriving takes; the rest is for checking it.
constexpr float kArriving = 0.95f;

struct Wanted {
  const ModelFile* file;
  std::uint64_t there = 0;  ///< of an earlier session
};

std::vector<Wanted> lacking(const ModelStore& store, const ModelGroup& group) {
  std::vector<Wanted> wanted;
  for (const ModelFile& file : group.files) {
    const FileState state = store.state(file);
    if (state.kind == FileState::Kind::present) continue;
    wanted.push_back({&file, state.kind == FileState::Kind::partial ? state.bytes : 0});
  }
  return wanted;
}

void fetchFile(const ModelStore& store, const ModelFile& file, const FetchOptions& options,
               const Context& ctx, const std::function<void(const TransferFigures&)>& told) {
  ctx.stage("Downloading " + file.name());
  std::optional<Verified> verified;
  TransferJob job;
  job.address = addressOf(file, options.mirror);
  job.target = store.target(file);
  job.bytes = file.bytes;
  job.checksummed = !file.sha256.empty() || !file.md5.empty();
  job.check = [&](const std::filesystem::path& part, const Context&) {
    ctx.timeLeft({});
    verified = verifyFile(file, part, ctx.part(kArriving, 1.f));
  };
  transfer(job, options.patience, ctx, told);
  if (verified) store.remember(file, job.target, *verified);
  log("download")->info("{} is complete and checked", file.key());
}

}  // namespace

FetchFigures::Snapshot FetchFigures::snapshot() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void FetchFigures::set(const Snapshot& now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

void fetchModel(const ModelStore& store, const ModelGroup& group, const FetchOptions& options,
                const Context& ctx, FetchFigures* figures) {
  LicenceRecord(store.places().licences).requireAccepted(store.catalogue(), group);
  const std::vector<Wanted> wanted = lacking(store, group);
  std::uint64_t needed = 0, total = 0;
  for (const Wanted& one : wanted) {
    needed += one.file->aboutBytes - std::min(one.there, one.file->aboutBytes);
    total += std::max<std::uint64_t>(1, one.file->aboutBytes);
  }
  requireFreeBytes(store.places().store, needed);
  std::uint64_t before = 0;
  for (const Wanted& one : wanted) {
    const std::uint64_t share = std::max<std::uint64_t>(1, one.file->aboutBytes);
    const Context part = ctx.part(float(double(before) / double(total)),
                                  float(double(before + share) / double(total)));
    const auto told = [&](const TransferFigures& now) {
      const std::uint64_t whole = std::max<std::uint64_t>(1, now.total.value_or(share));
      part.report(kArriving * float(std::min(1., double(now.done) / double(whole))));
      FetchFigures::Snapshot shown{
          before + now.done, total - share + whole, now.bytesPerSecond, now.waiting, {}};
      if (now.bytesPerSecond > 0. && shown.total >= shown.done)
        shown.secondsLeft = double(shown.total - shown.done) / now.bytesPerSecond;
      ctx.timeLeft(shown.secondsLeft);
      if (figures) figures->set(shown);
    };
    fetchFile(store, *one.file, options, part, told);
    before += share;
  }
}

}  // namespace maquette
