#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/jobs/context.h"
#include "models/store.h"

namespace maquette {

struct ImportOptions {
  std::string id;     ///< only this model; "" for whatever is found
  bool copy = false;  ///< copy instead of linking to where the files are
};

struct Imported {
  enum class How { linked, copied, alreadyThere };
  std::string id;    ///< of the model
  std::string file;  ///< ModelFile::key()
  std::filesystem::path from;
  How how = How::linked;
};

/// Takes over weight files that are on this machine already, checking each whole.
///
/// A folder may be a repository's own, one that holds repositories (org/name), a Hugging Face
/// cache, or one that holds the files themselves. A single file is told by its size, names and
/// checksum.
///
/// @return  at least one
/// @throws InvalidInput  nothing in there is a known file, or one could be several
/// @throws FileError     a file is damaged, or cannot be read, linked or copied
std::vector<Imported> importModels(const ModelStore& store, const std::filesystem::path& from,
                                   const ImportOptions& options, const Context& ctx);

}  // namespace maquette
