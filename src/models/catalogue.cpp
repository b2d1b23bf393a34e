#include "models/catalogue.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {
namespace {

using Json = nlohmann::json;

/// Names become files: nothing absolute, nothing hidden, no way up.
void requireHarmless(const std::string& relative, const std::filesystem::path& file) {
  const std::filesystem::path path(relative);
  bool good = path.is_relative() && path.has_filename() && relative.find('\\') == relative.npos;
  for (const std::filesystem::path& step : path)
    good &= !step.empty() && step.string().front() != '.';
  for (const char c : relative) good &= static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  if (!good)
    throwDamaged(file, fmt::format("names {}, which no file may be called", shownText(relative)));
}

void requireHex(const std::string& text, std::size_t length, const std::filesystem::path& file) {
  const bool good = (text.empty() || text.size() == length) &&
                    text.find_first_not_of("0123456789abcdef") == text.npos;
  if (!good) throwDamaged(file, fmt::format("has {} for a checksum", shownText(text)));
}

std::string textOr(const Json& json, const char* key, const std::string& otherwise = {}) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? otherwise : found->get<std::string>();
}

std::optional<std::uint64_t> numberOr(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->get<std::uint64_t>();
}

void replaceAll(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

ModelFile fileOf(const Json& json, const Json& group, const Json& whole,
                 const std::filesystem::path& file) {
  ModelFile made;
  made.repository = group.at("repository").get<std::string>();
  made.path = json.at("path").get<std::string>();
  requireHarmless(made.repository, file);
  requireHarmless(made.path, file);
  made.address = textOr(group, "at", whole.at("at").get<std::string>());
  replaceAll(made.address, "{repository}", made.repository);
  replaceAll(made.address, "{revision}",
             textOr(group, "revision", whole.at("revision").get<std::string>()));
  replaceAll(made.address, "{path}", made.path);
  made.bytes = numberOr(json, "bytes");
  made.aboutBytes = made.bytes.value_or(numberOr(json, "about_bytes").value_or(0));
  made.sha256 = textOr(json, "sha256");
  made.md5 = textOr(json, "md5");
  made.tensors = numberOr(json, "tensors").value_or(0);
  made.namesSha256 = textOr(json, "names_sha256");
  requireHex(made.sha256, 64, file);
  requireHex(made.md5, 32, file);
  requireHex(made.namesSha256, 64, file);
  return made;
}

ModelGroup groupOf(const Json& json, const Json& whole, const std::filesystem::path& file) {
  ModelGroup made;
  made.id = json.at("id").get<std::string>();
  made.job = json.at("job").get<std::string>();
  made.title = json.at("title").get<std::string>();
  made.purpose = json.at("purpose").get<std::string>();
  made.licences = json.at("licences").get<std::vector<std::string>>();
  made.gpuBytes = numberOr(json, "gpu_bytes");
  made.gpuNote = textOr(json, "gpu_note");
  made.runs = json.value("runs", false);
  for (const Json& one : json.at("files")) made.files.push_back(fileOf(one, json, whole, file));
  if (made.files.empty())
    throwDamaged(file, fmt::format("has no files for {}", shownText(made.id)));
  return made;
}

Licence licenceOf(const Json& json) {
  return {json.at("id").get<std::string>(),
          json.at("name").get<std::string>(),
          json.at("address").get<std::string>(),
          json.at("summary").get<std::string>(),
          json.at("excluded").get<std::vector<std::string>>(),
          json.at("non_commercial").get<bool>()};
}

}  // namespace

std::uint64_t ModelGroup::aboutBytes() const {
  std::uint64_t sum = 0;
  for (const ModelFile& file : files) sum += file.aboutBytes;
  return sum;
}

const ModelGroup* Catalogue::find(std::string_view id) const {
  const auto found = std::ranges::find(groups, id, &ModelGroup::id);
  return found == groups.end() ? nullptr : &*found;
}

const ModelGroup& Catalogue::at(std::string_view id) const {
  if (const ModelGroup* group = find(id)) return *group;
  std::string known;
  for (const ModelGroup& group : groups) known += (known.empty() ? "" : ", ") + group.id;
  throw InvalidInput(fmt::format("There is no model {}. There are: {}.", shownText(id), known));
}

const Licence& Catalogue::licence(std::string_view id) const {
  const auto found = std::ranges::find(licences, id, &Licence::id);
  if (found != licences.end()) return *found;
  std::string known;
  for (const Licence& licence : licences) known += (known.empty() ? "" : ", ") + licence.id;
  throw InvalidInput(fmt::format("There is no licence {}. There are: {}.", shownText(id), known));
}

std::vector<const Licence*> Catalogue::licencesOf(const ModelGroup& group) const {
  std::vector<const Licence*> found;
  for (const std::string& id : group.licences) found.push_back(&licence(id));
  return found;
}

Catalogue readCatalogue(std::string_view json, const std::filesystem::path& file) {
  Catalogue catalogue;
  try {
    const Json whole = Json::parse(json);
    for (const Json& one : whole.at("licences")) catalogue.licences.push_back(licenceOf(one));
    for (const Json& one : whole.at("models"))
      catalogue.groups.push_back(groupOf(one, whole, file));
    for (const ModelGroup& group : catalogue.groups) (void)catalogue.licencesOf(group);
  } catch (const Json::exception& error) {
    throw FileError(shownName(file) + " is no list of models, or a damaged one.", error.what());
  }
  return catalogue;
}

std::string addressOf(const ModelFile& file, std::string_view mirror) {
  if (mirror.empty()) return file.address;
  while (mirror.ends_with('/')) mirror.remove_suffix(1);
  const std::size_t host = file.address.find("://");
  const std::size_t path = host == file.address.npos ? 0 : file.address.find('/', host + 3);
  return std::string(mirror) + (path == file.address.npos ? "/" : file.address.substr(path));
}

std::string_view titleOfJob(std::string_view job) {
  if (job == "shape") return "Shape";
  if (job == "parts") return "Parts";
  if (job == "cut-out") return "Cut-out";
  return "Other";
}

std::string spokenBytes(std::uint64_t bytes) {
  const double value = static_cast<double>(bytes);
  if (value >= 99.95e9) return fmt::format("{:.0f} GB", value / 1e9);
  if (value >= 0.9995e9) return fmt::format("{:.{}f} GB", value / 1e9, value >= 9.95e9 ? 0 : 1);
  if (value >= 0.9995e6) return fmt::format("{:.0f} MB", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.0f} kB", value / 1e3);
  return fmt::format("{} bytes", bytes);
}

}  // namespace maquette
