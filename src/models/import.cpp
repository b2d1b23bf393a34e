#include "models/import.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/atomic_file.h"

namespace maquette {
namespace {

using Path = std::filesystem::path;

/// A published file, and the one that may be it.
struct Candidate {
  const ModelGroup* group;
  const ModelFile* file;
  Path from;
};

bool isFile(const Path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool fits(const Candidate& candidate) {
  try {
    checkStructure(*candidate.file, candidate.from);
    return true;
  } catch (const FileError&) {
    return false;
  }
}

std::vector<Candidate> wanted(const ModelStore& store, const std::string& id) {
  std::vector<Candidate> all;
  for (const ModelGroup& group : store.catalogue().groups)
    if (id.empty() || group.id == id)
      for (const ModelFile& file : group.files) all.push_back({&group, &file, {}});
  return all;
}

/// Where a folder keeps a file, by its name; a file of the right name that does not fit is returned
/// too, so that it is refused with the reason.
Path inFolder(const Path& folder, const Candidate& candidate) {
  const ModelFile& file = *candidate.file;
  ModelPlaces places;
  places.store = folder;
  places.hubs = {folder, folder / "hub"};
  if (const FileState there = ModelStore({}, places).state(file);
      there.kind == FileState::Kind::present || there.kind == FileState::Kind::misfit)
    return there.where;
  if (folder.filename().string().starts_with("models--")) {
    ModelPlaces above;
    above.hubs = {folder.parent_path()};
    if (const FileState there = ModelStore({}, above).state(file);
        there.origin == FileState::Origin::elsewhere)
      return there.where;
  }
  const Path repository = Path(file.repository).filename();
  for (const Path& path : {folder / repository / file.path, folder / file.path})
    if (isFile(path)) return path;
  // A name alone says little ("model.fp16.safetensors"): what is inside decides.
  const Path beside = folder / file.name();
  return isFile(beside) && fits({candidate.group, &file, beside}) ? beside : Path();
}

/// Of several files of one structure the one whose checksum it has.
std::vector<Candidate> narrowed(std::vector<Candidate> candidates, const Path& from,
                                const Context& ctx) {
  ModelFile any;
  any.path = from.filename().string();
  const std::string sha256 = verifyFile(any, from, ctx).sha256;
  std::vector<Candidate> same, unknown;
  for (const Candidate& candidate : candidates) {
    if (candidate.file->sha256 == sha256) same.push_back(candidate);
    if (candidate.file->sha256.empty()) unknown.push_back(candidate);
  }
  return same.empty() ? unknown : same;
}

Candidate ofSingleFile(const ModelStore& store, const Path& from, const ImportOptions& options,
                       const Context& ctx) {
  std::vector<Candidate> fitting;
  for (Candidate candidate : wanted(store, options.id)) {
    candidate.from = from;
    // What can only be told by its name must have it.
    const bool telling = candidate.file->bytes || !candidate.file->namesSha256.empty();
    if ((telling || candidate.file->name() == from.filename()) && fits(candidate))
      fitting.push_back(candidate);
  }
  if (fitting.size() > 1) fitting = narrowed(std::move(fitting), from, ctx);
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty())
    throw InvalidInput(fmt::format(
        "{} is not {}. Choose a file or a folder as it was downloaded.", shownName(from),
        options.id.empty() ? "one of the weight files that Maquette knows"
                           : "a file of " + store.catalogue().at(options.id).title));
  std::string names;
  for (const Candidate& candidate : fitting)
    names += (names.empty() ? "" : " or ") + candidate.group->id;
  throw InvalidInput(fmt::format("{} could be {}. Say which.", shownName(from), names));
}

void copyFile(const Path& from, const Path& target, const Context& ctx) {
  ctx.stage("Copying " + from.filename().string());
  const std::uint64_t bytes = std::filesystem::file_size(from);
  requireFreeBytes(target.parent_path(), bytes);
  std::ifstream in(from, std::ios::binary);
  AtomicFile out(target);
  std::vector<char> piece(std::size_t{4} << 20);
  while (in.read(piece.data(), std::streamsize(piece.size())) || in.gcount() > 0) {
    out.write(piece.data(), static_cast<std::size_t>(in.gcount()));
    ctx.report(static_cast<float>(double(out.size()) / double(std::max<std::uint64_t>(1, bytes))));
  }
  if (in.bad() || out.size() != bytes) throwCannotRead(from, EIO);
  out.commit();
}

void linkFile(const Path& from, const Path& target) {
  std::error_code error;
  std::filesystem::create_symlink(from, target, error);
  if (error)
    throw FileError(fmt::format("{} cannot be linked from the folder of the models: {}. Copy it "
                                "instead (--copy).",
                                shownName(from), error.message()),
                    target.string());
}

Imported take(const ModelStore& store, const Candidate& candidate, bool copy, const Context& ctx) {
  const ModelFile& file = *candidate.file;
  const Path target = store.target(file);
  Imported imported{candidate.group->id, file.key(), candidate.from, Imported::How::linked};
  std::error_code error;
  const FileState there = store.state(file);
  const bool ours = there.origin != FileState::Origin::elsewhere;
  if (there.kind == FileState::Kind::present && ours &&
      !(copy && there.origin == FileState::Origin::link)) {
    imported.how = Imported::How::alreadyThere;
    return imported;
  }
  if (there.kind == FileState::Kind::misfit && ours) throw FileError(there.why, target.string());
  const Path from = std::filesystem::canonical(candidate.from);
  const Verified verified = verifyFile(file, from, ctx.part(0.f, copy ? 0.5f : 1.f));
  std::filesystem::create_directories(target.parent_path(), error);
  if (error) throwCannotWrite(target, error.value());
  if (std::filesystem::is_symlink(target, error)) std::filesystem::remove(target, error);
  if (copy) {
    copyFile(from, target, ctx.part(0.5f, 1.f));
    imported.how = Imported::How::copied;
  } else {
    linkFile(from, target);
  }
  store.remember(file, target, verified);
  return imported;
}

}  // namespace

std::vector<Imported> importModels(const ModelStore& store, const Path& from,
                                   const ImportOptions& options, const Context& ctx) {
  if (!options.id.empty()) (void)store.catalogue().at(options.id);
  std::error_code error;
  const Path whole = std::filesystem::absolute(from, error);
  std::vector<Candidate> found;
  if (std::filesystem::is_directory(whole, error)) {
    const Path folder = whole.has_filename() ? whole : whole.parent_path();
    for (Candidate candidate : wanted(store, options.id)) {
      candidate.from = inFolder(folder, candidate);
      if (!candidate.from.empty()) found.push_back(candidate);
    }
    if (found.empty())
      throw InvalidInput(
          fmt::format("There is no weight file that Maquette knows in {}. Choose the "
                      "folder of a model as it was downloaded, or a single file.",
                      shownName(folder)));
  } else {
    if (!isFile(whole)) throwCannotRead(from, ENOENT);
    found.push_back(ofSingleFile(store, whole, options, ctx.part(0.f, 0.1f)));
  }
  std::vector<Imported> imported;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto share = [&](std::size_t n) { return 0.1f + 0.9f * float(n) / float(found.size()); };
    imported.push_back(take(store, found[i], options.copy, ctx.part(share(i), share(i + 1))));
  }
  return imported;
}

}  // namespace maquette
