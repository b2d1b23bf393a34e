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
