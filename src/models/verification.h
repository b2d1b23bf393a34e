#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/jobs/context.h"
#include "models/catalogue.h"

namespace maquette {

/// What was found right about a file.
struct Verified {
  std::uint64_t bytes = 0;
  std::string sha256;  ///< of what is there; also where none is published, to notice changes later
  std::vector<std::string> checked;  ///< for people: "its size", "its SHA-256", "513 tensors"
};

/// Looks at the size, and at the header where it is a weight file: takes milliseconds.
///
/// @throws FileError  it cannot be read, or is not the published file; says in what it differs
void checkStructure(const ModelFile& file, const std::filesystem::path& where);

/// checkStructure(), then reads the whole file and compares every checksum that is known.
///
/// @throws FileError  as above
Verified verifyFile(const ModelFile& file, const std::filesystem::path& where, const Context& ctx);

/// SHA-256 of the lines "name [d0,d1]" of all tensors, ordered by name.
std::string namesDigest(std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors);

}  // namespace maquette
