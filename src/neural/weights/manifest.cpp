#include "neural/weights/manifest.h"

#include <spdlog/fmt/fmt.h>

#include <map>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/json_reader.h"
#include "neural/weights/mapped_file.h"

namespace maquette {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxRank = 32;

/// A checkpoint of several parts, each described elsewhere.
struct Composition {
  std::string name;
  std::map<std::string, std::string> parts;  // prefix without dot -> manifest
  std::optional<std::uint64_t> fileBytes;
};

class ManifestReader {
 public:
  ManifestReader(const std::filesystem::path& file, JsonReader& json) : file_(file), json_(json) {}

  void read(const std::string& name);

  std::vector<Manifest> manifests;
  std::vector<Composition> compositions;

 private:
  void readMember(const std::string& key, const std::string& owner, Manifest& manifest);
  void readTensors(std::vector<NamedShape>& tensors);
  void readTensor(NamedShape& tensor);
  void readComposition();

  const std::filesystem::path& file_;
  JsonReader& json_;
};

/// {"shape": [...], "dtype": "F16", "name": ...}, and more that is of no use here.
void ManifestReader::readTensor(NamedShape& tensor) {
  bool hasShape = false;
  json_.object([&](const std::string& key) {
    if (key == "shape") {
      hasShape = true;
      json_.array([&] {
        if (tensor.shape.size() == kMaxRank) json_.fail("a shape is too long");
        tensor.shape.push_back(json_.integer());
      });
    } else if (key == "dtype") {
      tensor.dtype = dtypeNamed(json_.string());
    } else if (key == "name") {
      tensor.name = json_.string();
    } else {
      json_.skip();
    }
  });
  if (!hasShape || tensor.name.empty()) json_.fail("a tensor lacks its name or shape");
}

/// Named by the keys of an object, or in a list of objects that say their names.
void ManifestReader::readTensors(std::vector<NamedShape>& tensors) {
  if (json_.next() == '[')
    json_.array([&] { readTensor(tensors.emplace_back()); });
  else
    json_.object([&](const std::string& name) {
      tensors.push_back({.name = name, .shape = {}});
      readTensor(tensors.back());
    });
}

void ManifestReader::readComposition() {
  Composition composition;
  std::string repository, folder;
  json_.object([&](const std::string& key) {
    if (key == "repo")
      repository = json_.string();
    else if (key == "subfolder")
      folder = json_.string();
    else if (key == "published_bytes")
      composition.fileBytes = static_cast<std::uint64_t>(json_.integer());
    else if (key == "parts")
      json_.object([&](const std::string& part) { composition.parts[part] = json_.string(); });
    else
      json_.skip();
  });
  composition.name = repository + "/" + folder;
  compositions.push_back(std::move(composition));
}

void ManifestReader::readMember(const std::string& key, const std::string& owner,
                                Manifest& manifest) {
  const char next = json_.next();
  if ((key == "tensors" || key == "header") && (next == '{' || next == '['))
    readTensors(manifest.tensors);
  else if ((key == "bytes" || key == "file_bytes") && next == '0')
    manifest.fileBytes = static_cast<std::uint64_t>(json_.integer());
  else if (key == "checkpoints" && next == '[')
    json_.array([&] { readComposition(); });
  else if (next == '{' && owner.find('/') == owner.npos)  // several lists in one file
    read(owner + "/" + key);
  else
    json_.skip();
}

void ManifestReader::read(const std::string& name) {
  Manifest manifest{.name = name, .tensors = {}, .fileBytes = {}};
  json_.object([&](const std::string& key) { readMember(key, name, manifest); });
  if (!manifest.tensors.empty()) manifests.push_back(std::move(manifest));
}

/// Puts a checkpoint together from the manifests beside the one that lists it.
Manifest compose(const Composition& composition, const std::filesystem::path& file,
                 std::map<std::string, std::vector<Manifest>>& known) {
  Manifest whole{.name = composition.name, .tensors = {}, .fileBytes = composition.fileBytes};
  for (const auto& [prefix, part] : composition.parts) {
    if (part.empty() || part.find('/') != part.npos || part == "checkpoints")
      throwDamagedWeights(file, fmt::format("names {}, which is no manifest", shownText(part)));
    auto& manifests = known[part];
    if (manifests.empty())
      manifests = readManifests(file.parent_path() / fmt::format("manifest-{}.json", part));
    for (NamedShape tensor : manifests.front().tensors) {
      if (!prefix.empty()) tensor.name = prefix + "." + tensor.name;
      whole.tensors.push_back(std::move(tensor));
    }
  }
  return whole;
}

}  // namespace

std::vector<Manifest> readManifests(const std::filesystem::path& file) {
  const SharedBytes content = mapFile(file);
  const std::string_view text(reinterpret_cast<const char*>(content.bytes.data()),
                              content.bytes.size());
  if (text.size() > kMaxBytes) throwDamagedWeights(file, "is too large for a manifest");
  JsonReader json(text, file);
  ManifestReader reader(file, json);
  reader.read(file.stem().string());
  json.end();
  std::map<std::string, std::vector<Manifest>> known;
  for (const Composition& composition : reader.compositions)
    reader.manifests.push_back(compose(composition, file, known));
  if (reader.manifests.empty())
    throw FileError(shownName(file) + " is no manifest: it lists no tensors.", file.string());
  return std::move(reader.manifests);
}

ManifestReport compareWithBest(const WeightFile& file, const std::vector<Manifest>& manifests) {
  ManifestReport best;
  const auto problems = [](const NameReport& report) {
    return report.missing.size() + report.unexpected.size() + report.misshapen.size();
  };
  for (const Manifest& manifest : manifests) {
    NameReport report = compareNames(file, manifest.tensors);
    const bool first = best.names.empty();
    if (!first && problems(report) > problems(best.report)) continue;
    if (first || problems(report) < problems(best.report)) best = {{}, std::move(report)};
    best.names.push_back(manifest.name);
  }
  return best;
}

}  // namespace maquette
