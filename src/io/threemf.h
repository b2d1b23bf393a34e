#pragma once

#include <filesystem>
#include <span>

#include "core/jobs/context.h"
#include "io/mesh_file.h"

namespace maquette {

/// A base material: a name and the colour it is shown in.
struct Material {
  std::string name;
  Rgb colour;
};

/// Reads 3MF: units, build items, components (in other model files too), materials as colours.
///
/// Own code over libzip and expat because Assimp 5.2 ignores the unit and aborts on damaged
/// packages. Vertices at one place are joined within an object. Triangles come in the order of the
/// build's items.
ReadResult readThreeMf(const std::filesystem::path& file, const ReadOptions& options,
                       const Context& ctx);

/// Writes plain 3MF (core specification 1.3): millimetres, one named object of type "model" per
/// part, each with its colour as base material.
///
/// @param paint          whether parts get a base material at all
/// @throws InvalidInput  a part is not a closed, consistently oriented solid
void writeThreeMf(const std::filesystem::path& file, std::span<const NamedPart> parts, bool paint,
                  const Context& ctx);

/// Writes one object whose triangles carry materials of their own.
///
/// @param ofTriangle     F indices into `materials`
/// @throws InvalidInput  as writeThreeMf
void writePaintedThreeMf(const std::filesystem::path& file, const NamedPart& whole,
                         std::span<const Material> materials,
                         std::span<const std::uint32_t> ofTriangle, const Context& ctx);

}  // namespace maquette
