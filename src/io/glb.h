#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "core/jobs/context.h"
#include "io/mesh_file.h"

namespace maquette {

/// sRGB to the linear 16-bit values of glTF's COLOR_0, and back without loss.
std::uint16_t linearFromSrgb(std::uint8_t value);
std::uint8_t srgbFromLinear(float linear);

/// Writes binary glTF 2.0: one named node and mesh per part with positions, normals and COLOR_0.
///
/// Buffers hold millimetres, Z-up; the root node's matrix makes them metres, Y-up (glTF 2.0, 3.4).
///
/// @param paint  whether parts without colours of their own get a material of their part's colour
void writeGlb(const std::filesystem::path& file, std::span<const NamedPart> parts, bool paint,
              const Context& ctx);

}  // namespace maquette
