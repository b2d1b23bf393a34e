#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "neural/weights/name_report.h"

namespace maquette {

/// What an official checkpoint holds.
struct Manifest {
  std::string name;  ///< "tencent/Hunyuan3D-2.1/hunyuan3d-dit-v2-1", or the manifest's file name
  std::vector<NamedShape> tensors;         ///< in the order of the manifest
  std::optional<std::uint64_t> fileBytes;  ///< of the published file, where it is known
};

/// Reads what the manifests of this project say: a list of tensors with their shapes, several such
/// lists, or a list of checkpoints put together from manifests that lie beside it.
///
/// @return  at least one
/// @throws FileError  not readable, damaged, or no manifest
std::vector<Manifest> readManifests(const std::filesystem::path& file);

/// A comparison, and with what.
struct ManifestReport {
  std::vector<std::string> names;  ///< all manifests that fit equally well
  NameReport report;
};

/// Compares a file with the manifest, of several, that it fits best.
///
/// @param manifests  at least one
ManifestReport compareWithBest(const WeightFile& file, const std::vector<Manifest>& manifests);

}  // namespace maquette
