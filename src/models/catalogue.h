#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maquette {

/// What somebody agrees to before a model is downloaded for the first time.
struct Licence {
  std::string id;
  std::string name;
  std::string address;                ///< of the licence itself
  std::string summary;                ///< for people; ours, and no licence
  std::vector<std::string> excluded;  ///< territories where it grants nothing: "South Korea"
  bool nonCommercial = false;
};

/// One file as it is published. What is not known for certain is empty, and not checked.
struct ModelFile {
  std::string repository;  ///< "tencent/Hunyuan3D-2.1"
  std::string path;        ///< in the repository: "hunyuan3d-dit-v2-1/model.fp16.ckpt"
  std::string address;     ///< on the official host
  std::optional<std::uint64_t> bytes;
  std::uint64_t aboutBytes = 0;  ///< `bytes`, or an estimate
  std::string sha256, md5;       ///< lower-case hex
  std::size_t tensors = 0;       ///< 0 for what is no weight file, or not known
  std::string namesSha256;       ///< see namesDigest()

  std::string key() const { return repository + "/" + path; }  ///< also where it lies in a store
  std::string name() const { return std::filesystem::path(path).filename().string(); }
};

/// The files of one model, as a user thinks of it.
struct ModelGroup {
  std::string id;       ///< "p3-sam"
  std::string job;      ///< "shape", "parts" or "cut-out"
  std::string title;    ///< "P3-SAM"
  std::string purpose;  ///< one sentence
  std::vector<std::string> licences;
  std::optional<std::uint64_t> gpuBytes;  ///< graphics memory with which it is said to run
  std::string gpuNote;                    ///< where that figure is from, for people
  bool runs = false;                      ///< whether this version of Maquette has the network
  std::vector<ModelFile> files;           ///< at least one; the first is the main one

  std::uint64_t aboutBytes() const;  ///< of all files
};

/// Everything that can be downloaded.
struct Catalogue {
  std::vector<Licence> licences;
  std::vector<ModelGroup> groups;

  const ModelGroup* find(std::string_view id) const;  ///< null when there is none
  const ModelGroup& at(std::string_view id) const;  ///< @throws InvalidInput names those there are
  const Licence& licence(std::string_view id) const;  ///< @throws InvalidInput
  std::vector<const Licence*> licencesOf(const ModelGroup& group) const;
};

/// Reads a list of models, in the form of resources/models.json.
///
/// @param file  for messages
/// @throws FileError  it is none, or names something that could lead outside a folder
Catalogue readCatalogue(std::string_view json, const std::filesystem::path& file = "models.json");

/// resources/models.json, which is part of the program.
const Catalogue& officialCatalogue();

/// Where a file is downloaded from.
///
/// @param mirror  takes the place of the official scheme and host:
/// "http://mirror.local:8080/models";
///                "" for the official host
std::string addressOf(const ModelFile& file, std::string_view mirror);

/// "Shape", "Parts", "Cut-out": the headings of a list of models.
std::string_view titleOfJob(std::string_view job);

/// Bytes for people: "7.4 GB", "451 MB" (decimal).
std::string spokenBytes(std::uint64_t bytes);

}  // namespace maquette
