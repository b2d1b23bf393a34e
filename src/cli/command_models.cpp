#include <spdlog/fmt/fmt.h>

#include <QCoreApplication>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>

#include "cli/commands.h"
#include "core/base/error.h"
#include "core/base/file_error.h"
#include "download/fetch_model.h"
#include "models/import.h"
#include "models/licences.h"

namespace maquette {
namespace {

struct Options {
  std::string folder, catalogue;      // of every subcommand
  std::vector<std::string> ids;       // download, verify, remove
  std::vector<std::string> licences;  // download
  std::string mirror, source, id;     // download; import
  bool copy = false;
  bool json = false;  // the report is for a program, and says everything
};

Catalogue catalogueOf(const Options& options) {
  if (options.catalogue.empty()) return officialCatalogue();
  std::ifstream in(options.catalogue, std::ios::binary);
  if (!in) throwCannotRead(options.catalogue, errno);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return readCatalogue(text, options.catalogue);
}

ModelStore storeOf(const Options& options) {
  return {catalogueOf(options), modelPlaces(options.folder)};
}

std::string_view nameOf(FileState::Kind kind) {
  switch (kind) {
    case FileState::Kind::absent:
      return "absent";
    case FileState::Kind::partial:
      return "partial";
    case FileState::Kind::present:
      return "present";
    case FileState::Kind::misfit:
      return "misfit";
  }
  return {};
}

std::string_view nameOf(FileState::Origin origin) {
  switch (origin) {
    case FileState::Origin::store:
      return "own";
    case FileState::Origin::link:
      return "linked";
    case FileState::Origin::elsewhere:
      return "of another program";
  }
  return {};
}

Report fileReport(const ModelStore& store, const ModelFile& file) {
  const FileState state = store.state(file);
  Report report{{"file", file.key()},
                {"state", nameOf(state.kind)},
                {"bytes", file.bytes ? Report(*file.bytes) : Report(nullptr)},
                {"about_bytes", file.aboutBytes},
                {"sha256", file.sha256.empty() ? Report(nullptr) : Report(file.sha256)}};
  if (state.kind != FileState::Kind::absent) {
    report["path"] = state.where.string();
    report["there_bytes"] = state.bytes;
    report["origin"] = nameOf(state.origin);
  }
  if (!state.verifiedOn.empty()) report["verified"] = state.verifiedOn;
  return report;
}

Report licenceReport(const Licence& licence, const LicenceRecord& record) {
  const std::string accepted = record.acceptedOn(licence.id);
  return {{"id", licence.id},
          {"name", licence.name},
          {"address", licence.address},
          {"summary", licence.summary},
          {"excluded", licence.excluded},
          {"non_commercial", licence.nonCommercial},
          {"accepted", accepted.empty() ? Report(nullptr) : Report(accepted)}};
}

Report groupReport(const ModelStore& store, const ModelGroup& group) {
  const LicenceRecord record(store.places().licences);
  Report files = Report::array(), licences = Report::array();
  for (const ModelFile& file : group.files) files.push_back(fileReport(store, file));
  for (const Licence* one : store.catalogue().licencesOf(group))
    licences.push_back(licenceReport(*one, record));
  return {{"id", group.id},
          {"title", fmt::format("{}: {}", titleOfJob(group.job), group.title)},
          {"purpose", group.purpose},
          {"complete", store.complete(group)},
          {"runs_in_this_version", group.runs},
          {"disk_bytes", group.aboutBytes()},
          {"gpu_bytes", group.gpuBytes ? Report(*group.gpuBytes) : Report(nullptr)},
          {"gpu_note", group.gpuNote},
          {"licences", licences},
          {"files", files}};
}

/// A line a model for people, everything for programs.
Report list(const Options& options, const Session& session) {
  const ModelStore store = storeOf(options);
  Report report{{"folder", store.places().store.string()}};
  Report models = Report::array();
  for (const ModelGroup& group : store.catalogue().groups) {
    session.ctx.check();
    if (options.json) {
      models.push_back(groupReport(store, group));
      continue;
    }
    std::uint64_t there = 0;
    for (const ModelFile& file : group.files) there += store.state(file).bytes;
    models.push_back({group.id, fmt::format("{}: {}", titleOfJob(group.job), group.title),
                      spokenBytes(group.aboutBytes()),
                      store.complete(group) ? "is here"
                      : there > 0           ? spokenBytes(there) + " are here"
                                            : "not here"});
  }
  report["models"] = models;
  return report;
}

/// What stands between the user and a first download: shown in full, with the way past it.
void requireLicences(const ModelStore& store, const ModelGroup& group, const Options& options) {
  const LicenceRecord record(store.places().licences);
  std::string text, command = "maquette-cli models download " + group.id;
  for (const Licence* licence : store.catalogue().licencesOf(group)) {
    if (!record.acceptedOn(licence->id).empty()) continue;
    const std::string limits = limitsOf(*licence);
    text += fmt::format("\n\n{}\n{}\n{}{}", licence->name, licence->address,
                        limits.empty() ? "" : "Limits: " + limits + ".\n", licence->summary);
    command += " --accept-licence " + licence->id;
  }
  if (text.empty()) return;
  if (!options.mirror.empty()) command += " --mirror " + options.mirror;
  throw Unsupported(
      fmt::format("{} comes under a licence that you have not accepted yet.{}\n\nRead "
                  "it at its address. To accept it and download:\n  {}",
                  group.title, text, command));
}

Report download(const Options& options, const Session& session) {
  const ModelStore store = storeOf(options);
  for (const std::string& id : options.licences)
    LicenceRecord(store.places().licences).accept(store.catalogue().licence(id));
  Report models = Report::array();
  std::vector<const ModelGroup*> groups;
  for (const std::string& id : options.ids) groups.push_back(&store.catalogue().at(id));
  for (const ModelGroup* group : groups) requireLicences(store, *group, options);
  int count = 0;
  char name[] = "maquette-cli";
  char* arguments[] = {name, nullptr};
  const QCoreApplication application(count, arguments);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const float share = 1.f / static_cast<float>(groups.size());
    fetchModel(store, *groups[i], {options.mirror, {}},
               session.ctx.part(float(i) * share, float(i + 1) * share));
    Report files = Report::array();
    for (const ModelFile& file : groups[i]->files) files.push_back(fileReport(store, file));
    models.push_back({{"id", groups[i]->id}, {"files", files}});
  }
  return {{"folder", store.places().store.string()}, {"models", models}};
}

Report import(const Options& options, const Session& session) {
  const ModelStore store = storeOf(options);
  Report files = Report::array();
  for (const Imported& one :
       importModels(store, options.source, {options.id, options.copy}, session.ctx))
    files.push_back({{"model", one.id},
                     {"file", one.file},
                     {"from", one.from.string()},
                     {"how", one.how == Imported::How::linked   ? "linked"
                             : one.how == Imported::How::copied ? "copied"
                                                                : "already there"}});
  return {{"folder", store.places().store.string()}, {"files", files}};
}

Report verify(const Options& options, const Session& session) {
  const ModelStore store = storeOf(options);
  std::vector<const ModelFile*> wanted;
  for (const ModelGroup& group : store.catalogue().groups) {
    const bool named = std::ranges::find(options.ids, group.id) != options.ids.end();
    for (const ModelFile& file : group.files)
      if (named || (options.ids.empty() && store.state(file).kind != FileState::Kind::absent))
        wanted.push_back(&file);
  }
  for (const std::string& id : options.ids) (void)store.catalogue().at(id);
  Report files = Report::array();
  std::string problems;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const float share = 1.f / static_cast<float>(wanted.size());
    Report row{{"file", wanted[i]->key()}};
    try {
      const Verified found =
          store.verify(*wanted[i], session.ctx.part(float(i) * share, float(i + 1) * share));
      row["good"] = true;
      row["checked"] = found.checked;
      row["sha256"] = found.sha256;
    } catch (const FileError& error) {
      row["good"] = false;
      row["problem"] = error.what();
      problems += (problems.empty() ? "" : "\n") + std::string(error.what());
    }
    files.push_back(std::move(row));
  }
  Report report{{"good", problems.empty()}, {"files", files}};
  if (!problems.empty()) throw NotGood(problems, report);
  return report;
}

Report remove(const Options& options, const Session&) {
  const ModelStore store = storeOf(options);
  Report models = Report::array();
  std::vector<const ModelGroup*> groups;
  for (const std::string& id : options.ids) groups.push_back(&store.catalogue().at(id));
  for (const ModelGroup* group : groups) {
    const ModelStore::Removal removal = store.remove(*group);
    models.push_back({{"id", group->id},
                      {"removed_files", removal.files},
                      {"freed_bytes", removal.freedBytes},
                      {"kept", removal.kept}});
  }
  return {{"models", models}};
}

using Work = Report (*)(const Options&, const Session&);

CLI::App* add(CLI::App& app, CLI::App& models, const char* name, const char* what,
              const std::shared_ptr<Options>& options, Action& action, Work work) {
  CLI::App* command = models.add_subcommand(name, what);
  command->callback([options, &action, work, &app] {
    options->json = app.count("--json") > 0;
    action = [options, work](Session& session) { return work(*options, session); };
  });
  return command;
}

}  // namespace

void addModels(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* models = app.add_subcommand(
      "models", "The weights of neural models: what there is, downloads, imports, checks");
  models->require_subcommand(1);
  models->fallthrough();
  models->add_option("--folder", options->folder,
                     "Where they are kept, instead of MAQUETTE_MODELS or the user's data folder");
  models
      ->add_option("--catalogue", options->catalogue,
                   "Another list of models (JSON, like resources/models.json)")
      ->envname("MAQUETTE_CATALOGUE");
  add(app, *models, "list", "All models: size, and whether they are here", options, action, list);

  CLI::App* get =
      add(app, *models, "download", "Download models; what a broken download left is continued",
          options, action, download);
  get->add_option("id", options->ids, "Models, as `models list` names them")->required();
  get->add_option("--accept-licence", options->licences,
                  "You have read this licence and accept it; remembered");
  get->add_option("--mirror", options->mirror,
                  "Take the place of the official host: https://…, or http://… for one of your own")
      ->envname("MAQUETTE_MIRROR");

  CLI::App* bring =
      add(app, *models, "import", "Use weight files that are on this machine, where they are",
          options, action, import);
  bring->add_option("source", options->source, "A folder, a Hugging Face cache, or one file")
      ->required();
  bring->add_option("--id", options->id, "Only this model");
  bring->add_flag("--copy", options->copy, "Copy them instead of linking to them");

  add(app, *models, "verify", "Read files whole and compare them with what is published", options,
      action, verify)
      ->add_option("id", options->ids, "Models (all that are here)");
  add(app, *models, "remove", "Remove what was downloaded or linked; other programs' files stay",
      options, action, remove)
      ->add_option("id", options->ids, "Models")
      ->required();
  addModelsCache(*models, action);
}

}  // namespace maquette
