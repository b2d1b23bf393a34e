#include "io/mesh_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "child/process.h"
#include "child/read_apart.h"
#include "core/base/error.h"
#include "core/base/file_error.h"
#include "io/assimp_reader.h"
#include "io/glb.h"
#include "io/input_file.h"
#include "io/obj.h"
#include "io/ply.h"
#include "io/shape_check.h"
#include "io/stl.h"
#include "io/threemf.h"

namespace maquette {
namespace {

constexpr std::array<std::string_view, 8> kReadable{"stl",  "obj", "ply", "glb",
                                                    "gltf", "3mf", "fbx", "dae"};
constexpr std::array<std::string_view, 5> kWritable{"stl", "obj", "glb", "ply", "3mf"};

bool contains(std::span<const std::string_view> list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

/// Read by code of ours, which the fuzzers know; Assimp reads the others.
bool isOurs(const std::string& extension) {
  return extension == "stl" || extension == "obj" || extension == "ply" || extension == "3mf";
}

constexpr double kShareOfMemory = 0.75;
constexpr std::uint64_t kBytesPerSecond = 1 << 20;  // a tenth of what Assimp manages

ReadResult readMeshApart(const std::filesystem::path& file, const ReadOptions& options,
                         const Context& ctx) {
  const InputFile input(file);  // what cannot even be opened needs no other process to say so
  ApartTask task{
      {"mesh", file.string()},
      shownName(file),
      "Export it again, or as STL, OBJ, PLY or 3MF.",
      static_cast<std::uint64_t>(kShareOfMemory * static_cast<double>(memoryOfMachine())),
      std::chrono::seconds(60 + input.size() / kBytesPerSecond)};
  if (options.mmPerUnit) task.arguments.push_back(fmt::format("{:.9g}", *options.mmPerUnit));
  Reply reply = readApart(task, ctx);
  if (!reply.mesh) throwDamaged(file, "cannot be read");
  return {std::move(*reply.mesh), std::move(reply.notes)};
}

ReadResult readByExtension(const std::filesystem::path& file, const ReadOptions& options,
                           const Context& ctx) {
  const std::string extension = extensionOf(file);
  const float mmPerUnit = options.mmPerUnit.value_or(1.f);
  ReadResult result;
  if (extension == "stl")
    result.mesh = readStl(file, mmPerUnit, ctx);
  else if (extension == "obj")
    result.mesh = readObj(file, mmPerUnit, ctx);
  else if (extension == "ply")
    result.mesh = readPly(file, mmPerUnit, ctx);
  else if (extension == "3mf")
    return readThreeMf(file, options, ctx);
  else
    return readWithAssimp(file, options, ctx);
  if (!options.mmPerUnit)
    result.notes.push_back(fmt::format("{} files carry no unit: millimetres were assumed.",
                                       extension == "stl"   ? "STL"
                                       : extension == "obj" ? "OBJ"
                                                            : "PLY"));
  return result;
}

void requireScale(const ReadOptions& options) {
  if (options.mmPerUnit && !(*options.mmPerUnit >= 1e-6f && *options.mmPerUnit <= 1e6f))
    throw InvalidInput("Millimetres per unit must lie between 0.000001 and 1000000.");
}

/// Not owned: the caller's mesh outlives the call.
NamedPart viewOf(const Mesh& mesh, const std::filesystem::path& file) {
  return {file.stem().string(), MeshPtr(std::shared_ptr<void>{}, &mesh), Rgb{}};
}

[[noreturn]] void throwUnwritable(const std::filesystem::path& file, const char* choices) {
  throw Unsupported(
      fmt::format("{} was not written: Maquette does not write files of that kind. "
                  "Choose {}.",
                  shownName(file), choices));
}

ReadResult readChecked(const std::filesystem::path& file, const ReadOptions& options,
                       const Context& ctx, bool apart) {
  requireScale(options);
  if (!looksLikeMesh(file))
    throw Unsupported(
        fmt::format("{} is not a mesh that Maquette reads. Choose an STL, OBJ, PLY, "
                    "GLB, glTF, 3MF, FBX or DAE file.",
                    shownName(file)));
  ctx.stage("Reading the mesh");
  try {
    ReadResult result =
        apart ? readMeshApart(file, options, ctx) : readByExtension(file, options, ctx);
    requireUsable(result.mesh, shownName(file));
    requireArea(result.mesh, shownName(file));
    if (!apart && isFlat(result.mesh))
      result.notes.insert(
          result.notes.begin(),
          "It is flat: all of it lies in one plane, so it has no inside and no solid can be made "
          "of it. Give it thickness in the program that made it.");
    return result;
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(shownName(file) + " needs more memory than there is. Close other programs.",
                      file.string());
  }
}

}  // namespace

bool looksLikeMesh(const std::filesystem::path& file) {
  return contains(kReadable, extensionOf(file));
}

std::filesystem::path withMeshExtension(std::filesystem::path file) {
  if (contains(kWritable, extensionOf(file))) return file;
  std::string name = file.filename().string();
  if (name.ends_with('.')) name.pop_back();
  return file.replace_filename(name + ".stl");
}

ReadResult readMesh(const std::filesystem::path& file, const ReadOptions& options,
                    const Context& ctx) {
  return readChecked(file, options, ctx, !isOurs(extensionOf(file)));
}

ReadResult readMeshHere(const std::filesystem::path& file, const ReadOptions& options,
                        const Context& ctx) {
  return readChecked(file, options, ctx, false);
}

void writeMesh(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx) {
  requireUsable(mesh);
  ctx.stage("Writing the mesh");
  const std::string extension = extensionOf(file);
  const NamedPart whole = viewOf(mesh, file);
  if (extension == "stl")
    writeStl(file, mesh, ctx);
  else if (extension == "obj")
    writeObj(file, {&whole, 1}, false, ctx);
  else if (extension == "glb")
    writeGlb(file, {&whole, 1}, false, ctx);
  else if (extension == "ply")
    writePly(file, mesh, ctx);
  else if (extension == "3mf")
    writeThreeMf(file, {&whole, 1}, false, ctx);
  else
    throwUnwritable(file, "a name that ends in .stl, .3mf, .obj, .glb or .ply");
}

void requireSolids(std::span<const NamedPart> parts) {
  if (parts.empty()) throw InvalidInput("There are no parts to write. Make solids first.");
  for (const NamedPart& part : parts) {
    if (!part.mesh) throw InvalidInput(shownText(part.name) + " has no solid. Make solids first.");
    requireUsable(*part.mesh, shownText(part.name));
  }
}

void writeParts(const std::filesystem::path& file, std::span<const NamedPart> parts,
                const Context& ctx) {
  requireSolids(parts);
  ctx.stage("Writing parts");
  const std::string extension = extensionOf(file);
  if (extension == "3mf")
    writeThreeMf(file, parts, true, ctx);
  else if (extension == "glb")
    writeGlb(file, parts, true, ctx);
  else if (extension == "obj")
    writeObj(file, parts, true, ctx);
  else
    throwUnwritable(file, "a name that ends in .3mf, .glb or .obj, which hold several parts");
}

}  // namespace maquette
