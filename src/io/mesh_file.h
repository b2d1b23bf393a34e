#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// How to understand a mesh file.
struct ReadOptions {
  /// Millimetres in one unit of the file. Absent: as the file says, else assumed and said in notes.
  std::optional<float> mmPerUnit;
};

/// What a mesh file held.
struct ReadResult {
  Mesh mesh;                       ///< triangles in the order of the file, polygons as fans
  std::vector<std::string> notes;  ///< for people: what was assumed, what was left out
};

/// Reads STL, OBJ, PLY, GLB/glTF, 3MF, FBX or DAE by extension, turned to millimetres and +Z up.
///
/// Transforms of the scene are applied. Vertices at the same place are joined (within an object,
/// where the file has objects); no triangle is dropped, not even a degenerate one.
///
/// @throws FileError     cannot be read, empty, truncated, or not what its name says
/// @throws InvalidInput  no triangles, none with an area, or a coordinate that is not a number
/// @throws Unsupported   an extension that is none of the above
ReadResult readMesh(const std::filesystem::path& file, const ReadOptions& options,
                    const Context& ctx);

/// As readMesh, whatever the format, in this process: what maquette-reader does.
///
/// readMesh leaves the formats that Assimp reads to a process of their own: a damaged file may make
/// it crash, hang or use all memory.
ReadResult readMeshHere(const std::filesystem::path& file, const ReadOptions& options,
                        const Context& ctx);

/// Whether readMesh would try, judged by the extension alone.
bool looksLikeMesh(const std::filesystem::path& file);

/// Adds ".stl" where the extension is missing or not one that writeMesh knows.
std::filesystem::path withMeshExtension(std::filesystem::path file);

/// Writes by extension: stl, obj, glb, ply, 3mf. The file appears whole or not at all.
///
/// Colours go where the format has them (not STL and 3MF). GLB is in metres and Y-up, as its
/// specification says, by way of a transform; all others are in millimetres, Z-up.
///
/// @throws FileError     names the cause ("the disk is full"); an existing file is as it was
/// @throws InvalidInput  requireUsable fails, or 3MF was asked for a mesh that is not closed
/// @throws Unsupported   another extension
void writeMesh(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx);

/// One piece of a file with several.
struct NamedPart {
  std::string name;
  MeshPtr mesh;
  Rgb colour;  ///< shown where the mesh has no colours of its own; the material in 3MF
};

/// @throws InvalidInput  there are none, or one has no solid that can be used
void requireSolids(std::span<const NamedPart> parts);

/// Writes one 3mf, glb or obj with one named object per part. Throws as writeMesh does.
void writeParts(const std::filesystem::path& file, std::span<const NamedPart> parts,
                const Context& ctx);

/// Writes one STL per part into `folder` (made if missing), all of them or none.
///
/// @return  the files, one per part, in order; equal names are numbered: "arm.stl", "arm (2).stl"
std::vector<std::filesystem::path> writePartFiles(const std::filesystem::path& folder,
                                                  std::span<const NamedPart> parts,
                                                  const Context& ctx);

/// A name that every usual file system takes, as close to `name` as possible: no separators,
/// control characters or names that Windows reserves; at most 120 bytes of UTF-8; never empty.
std::string safeFileName(std::string_view name);

}  // namespace maquette
