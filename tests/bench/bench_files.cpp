// Mesh files of 589,819 triangles in and out, ours and others', and a large one in:
//   build/release/bin/bench_files
// and beside it, on the file that it leaves, trimesh:
//   python3 tests/bench/bench_files_trimesh.py /tmp/maquette-bench.stl
//
// Ours brings what it writes to the disk before it takes the old file's place (fsync); the others
// leave it in memory, which is what "page cache" does.
#include <assimp/postprocess.h>
#include <assimp/scene.h>
#include <benchmark/benchmark.h>
#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkSTLReader.h>
#include <vtkSTLWriter.h>

#include <algorithm>
#include <assimp/Exporter.hpp>
#include <assimp/Importer.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include "core/files/system_calls.h"
#include "io/mesh_file.h"
#include "support/shapes.h"

namespace maquette {
namespace {

constexpr std::size_t kTriangles = 589819;
constexpr const char* kExtensions[] = {"stl", "obj", "ply", "glb", "3mf"};

std::string fileOf(const std::string& extension) {
  return (std::filesystem::temp_directory_path() / ("maquette-bench." + extension)).string();
}

/// Closed but for five triangles, which 3MF would refuse: so 3MF gets them all.
const Mesh& meshFor(const std::string& extension) {
  static const Mesh whole = test::makeTorus(30.f, 10.f, 768, 384);
  static const Mesh cut = [] {
    Mesh mesh = whole;
    mesh.triangles.resize(kTriangles);
    return mesh;
  }();
  return extension == "3mf" ? whole : cut;
}

void count(benchmark::State& state, const std::string& file, std::size_t triangles) {
  state.counters["triangles"] = static_cast<double>(triangles);
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(file)) / 1e6;
}

/// A line of /proc/self/status, in MB.
double statusMb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) / 1e3;
  return 0.;
}

void write(benchmark::State& state, const std::string& extension) {
  const Mesh& mesh = meshFor(extension);
  for (auto _ : state) writeMesh(fileOf(extension), mesh, {});
  count(state, fileOf(extension), mesh.triangles.size());
}

/// Ours without waiting for the disk.
void writeToPageCache(benchmark::State& state) {
  const SystemCalls before = systemCalls();
  systemCalls().fsync = [](int) { return 0; };
  write(state, "stl");
  systemCalls() = before;
}

void read(benchmark::State& state, const std::string& extension) {
  writeMesh(fileOf(extension), meshFor(extension), {});
  std::size_t vertices = 0;
  for (auto _ : state) vertices = readMesh(fileOf(extension), {}, {}).mesh.positions.size();
  count(state, fileOf(extension), meshFor(extension).triangles.size());
  state.counters["vertices"] = static_cast<double>(vertices);
}

void writeWithAssimp(benchmark::State& state) {
  const Mesh& mesh = meshFor("stl");
  aiScene scene;
  scene.mRootNode = new aiNode;  // the scene owns all of it
  scene.mRootNode->mNumMeshes = 1;
  scene.mRootNode->mMeshes = new unsigned[1]{0};
  scene.mNumMaterials = 1;
  scene.mMaterials = new aiMaterial* [1] { new aiMaterial };
  scene.mNumMeshes = 1;
  scene.mMeshes = new aiMesh* [1] { new aiMesh };
  aiMesh& to = *scene.mMeshes[0];
  to.mPrimitiveTypes = aiPrimitiveType_TRIANGLE;
  to.mNumVertices = static_cast<unsigned>(mesh.positions.size());
  to.mVertices = new aiVector3D[to.mNumVertices];
  for (std::size_t v = 0; v < mesh.positions.size(); ++v)
    to.mVertices[v] = {mesh.positions[v].x, mesh.positions[v].y, mesh.positions[v].z};
  to.mNumFaces = static_cast<unsigned>(mesh.triangles.size());
  to.mFaces = new aiFace[to.mNumFaces];
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f) {
    to.mFaces[f].mNumIndices = 3;
    to.mFaces[f].mIndices = new unsigned[3];
    std::ranges::copy(mesh.triangles[f], to.mFaces[f].mIndices);
  }
  Assimp::Exporter exporter;
  const std::string file = fileOf("assimp.stl");
  for (auto _ : state)
    if (exporter.Export(&scene, "stlb", file) != aiReturn_SUCCESS)
      throw std::runtime_error("Assimp did not write");
  count(state, file, mesh.triangles.size());
}

void readWithAssimp(benchmark::State& state, unsigned steps) {
  writeMesh(fileOf("stl"), meshFor("stl"), {});
  unsigned vertices = 0;
  for (auto _ : state) {
    Assimp::Importer importer;
    const aiScene* scene = importer.ReadFile(fileOf("stl"), steps);
    if (!scene) throw std::runtime_error("Assimp did not read");
    vertices = scene->mMeshes[0]->mNumVertices;
  }
  count(state, fileOf("stl"), kTriangles);
  state.counters["vertices"] = vertices;
}

void writeWithVtk(benchmark::State& state) {
  const Mesh& mesh = meshFor("stl");
  const vtkNew<vtkPoints> points;
  points->SetNumberOfPoints(static_cast<vtkIdType>(mesh.positions.size()));
  for (std::size_t v = 0; v < mesh.positions.size(); ++v)
    points->SetPoint(static_cast<vtkIdType>(v), mesh.positions[v].x, mesh.positions[v].y,
                     mesh.positions[v].z);
  const vtkNew<vtkCellArray> cells;
  for (const Triangle& t : mesh.triangles) cells->InsertNextCell({t[0], t[1], t[2]});
  const vtkNew<vtkPolyData> data;
  data->SetPoints(points);
  data->SetPolys(cells);
  const std::string file = fileOf("vtk.stl");
  const vtkNew<vtkSTLWriter> writer;
  writer->SetFileTypeToBinary();
  writer->SetFileName(file.c_str());
  writer->SetInputData(data);
  for (auto _ : state) writer->Write();
  count(state, file, mesh.triangles.size());
}

void readWithVtk(benchmark::State& state, bool merging) {
  const std::string file = fileOf("stl");
  writeMesh(file, meshFor("stl"), {});
  vtkIdType vertices = 0;
  for (auto _ : state) {
    const vtkNew<vtkSTLReader> reader;
    reader->SetFileName(file.c_str());
    reader->SetMerging(merging);
    reader->Update();
    vertices = reader->GetOutput()->GetNumberOfPoints();
  }
  count(state, file, kTriangles);
  state.counters["vertices"] = static_cast<double>(vertices);
}

/// 200 MB of STL: how much memory its reading takes at most.
void readLarge(benchmark::State& state) {
  const std::string file = fileOf("large.stl");
  writeMesh(file, test::makeTorus(30.f, 10.f, 2000, 1000), {});
  std::size_t triangles = 0;
  double peak = 0.;
  for (auto _ : state) {
    const double before = statusMb("VmRSS");
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak is counted from here
    triangles = readMesh(file, {}, {}).mesh.triangles.size();
    peak = std::max(peak, statusMb("VmHWM") - before);
  }
  count(state, file, triangles);
  state.counters["peak_MB"] = peak;
  state.counters["peak_per_size"] = peak / state.counters["MB"].value;
  std::filesystem::remove(file);
}

void registerAll() {
  const auto add = [](const std::string& name, auto&& run) {
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  };
  add("read/stl/200 MB", readLarge);  // first: what others leave behind would hide its peak
  for (const std::string extension : kExtensions)
    add("write/" + extension, [=](benchmark::State& state) { write(state, extension); });
  add("write/stl/page cache", writeToPageCache);
  add("write/stl/Assimp", writeWithAssimp);
  add("write/stl/VTK", writeWithVtk);
  for (const std::string extension : kExtensions)
    add("read/" + extension, [=](benchmark::State& state) { read(state, extension); });
  add("read/stl/Assimp", [](benchmark::State& state) { readWithAssimp(state, 0); });
  add("read/stl/Assimp joining",
      [](benchmark::State& state) { readWithAssimp(state, aiProcess_JoinIdenticalVertices); });
  add("read/stl/VTK", [](benchmark::State& state) { readWithVtk(state, false); });
  add("read/stl/VTK joining", [](benchmark::State& state) { readWithVtk(state, true); });
}

}  // namespace
}  // namespace maquette

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  maquette::registerAll();
  benchmark::RunSpecifiedBenchmarks();
  for (const char* extension : {"obj", "ply", "glb", "3mf", "assimp.stl", "vtk.stl"})
    std::filesystem::remove(maquette::fileOf(extension));  // the STL stays, for trimesh
}
