#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/catalogue.h"
#include "models/places.h"
#include "models/verification.h"

namespace maquette {

/// Where one file of a model is, as far as a look at names and sizes tells.
struct FileState {
  enum class Kind { absent, partial, present, misfit };
  enum class Origin { store, link, elsewhere };  ///< ours; a link of ours; another program's cache

  Kind kind = Kind::absent;
  Origin origin = Origin::store;
  std::filesystem::path where;  ///< of what is there; a link's own place
  std::uint64_t bytes = 0;      ///< of what is there
  std::string why;              ///< for people, unless present
  std::string verifiedOn;       ///< "2026-11-21", when this very file was last checked whole; or ""
};

/// A file to open, or why there is none.
struct Found {
  std::filesystem::path path;
  std::string unavailable;  ///< for people: what is missing, and what to do about it
  explicit operator bool() const { return unavailable.empty(); }
};

/// The weight files on this machine: those of the store, and those that other programs keep.
///
/// Holds constants only; what it says is read from the disk each time. Any thread.
class ModelStore {
 public:
  ModelStore(Catalogue catalogue, ModelPlaces places)
      : catalogue_(std::move(catalogue)), places_(std::move(places)) {}

  const Catalogue& catalogue() const { return catalogue_; }
  const ModelPlaces& places() const { return places_; }

  /// A few calls to the system; nothing is read.
  FileState state(const ModelFile& file) const;
  bool complete(const ModelGroup& group) const;  ///< every file is present

  /// Where the network of model `id` reads from.
  ///
  /// @param path  which of its files: "conditioner/conditioner.safetensors"; "" for the main one
  Found find(std::string_view id, std::string_view path = {}) const;

  /// Where a file of the store lies, or will lie.
  std::filesystem::path target(const ModelFile& file) const { return places_.store / file.key(); }

  /// Reads the whole file, and remembers the result where the store can be written.
  ///
  /// @throws FileError  not present, not the published file, or changed since it was last verified
  Verified verify(const ModelFile& file, const Context& ctx) const;

  /// Remembers that `where` was found right. Failing is no harm, and logged.
  void remember(const ModelFile& file, const std::filesystem::path& where,
                const Verified& verified) const;

  /// What remove() would free: files and parts of ours; links and other programs' files are 0.
  std::uint64_t removableBytes(const ModelGroup& group) const;

  struct Removal {
    std::uint64_t freedBytes = 0;
    std::size_t files = 0;          ///< files, parts and links that are gone
    std::vector<std::string> kept;  ///< for people: what is not ours and stays
  };

  /// Removes files, parts and links of the store. What a link leads to stays.
  ///
  /// @throws FileError  one is being downloaded, or cannot be removed
  Removal remove(const ModelGroup& group) const;

  /// Bytes that can be written where the store is; nothing where the system does not say.
  std::optional<std::uint64_t> freeBytes() const;

 private:
  std::filesystem::path elsewhere(const ModelFile& file) const;
  std::filesystem::path recordOf(const ModelFile& file) const;

  Catalogue catalogue_;
  ModelPlaces places_;
};

/// What of `target` is there so far, and what is known about it.
/// @{
std::filesystem::path partOf(const std::filesystem::path& target);
std::filesystem::path partStateOf(const std::filesystem::path& target);
/// @}

/// Bytes that can be written in `folder`, which need not exist yet.
std::optional<std::uint64_t> freeBytesIn(const std::filesystem::path& folder);

/// @throws FileError  says how much is needed, how much there is, and what to try
void requireFreeBytes(const std::filesystem::path& folder, std::uint64_t bytes);

}  // namespace maquette
