#include "support/p3_sam_files.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include "neural/weights/manifest.h"
#include "neural/weights/safetensors.h"
#include "neural/weights/weight_file.h"

namespace maquette::test {
namespace {

void writeFloats(std::ofstream& out, const std::vector<float>& values) {
  out.write(reinterpret_cast<const char*>(values.data()), std::streamsize(4 * values.size()));
}

void finish(std::ofstream& out, const std::filesystem::path& file) {
  out.close();
  if (!out) throw std::runtime_error("could not write " + file.string());
}

template <class T>
std::vector<T> valuesOf(const TensorView& view) {
  std::vector<T> values(view.elements());
  copyContiguous(view, std::as_writable_bytes(std::span(values)));
  return values;
}

}  // namespace

void writeSmallP3Sam(const std::filesystem::path& file, const std::filesystem::path& fixture,
                     const Change& change) {
  const WeightFile from = openWeights(fixture);
  const std::string prefix = "weights/";
  std::vector<TensorRow> rows;
  std::vector<std::vector<float>> all;
  for (const TensorView& view : from.tensors()) {
    if (!view.name.starts_with(prefix)) continue;
    std::string name = view.name.substr(prefix.size());
    std::vector<float> values = floatsOf(view);
    if (change) change(name, values);
    if (name.empty()) continue;
    rows.push_back({name, Dtype::F32, view.shape});
    all.push_back(std::move(values));
  }
  std::ofstream out(file, std::ios::binary);
  out << safetensorsHeader({{"p3_sam_window", "24"}, {"p3_sam_points", "4001"}}, rows);
  for (const std::vector<float>& values : all) writeFloats(out, values);
  finish(out, file);
}

void writeRandomP3Sam(const std::filesystem::path& file, const std::filesystem::path& manifest,
                      std::int64_t narrower) {
  std::vector<TensorRow> rows;
  for (const Manifest& one : readManifests(manifest))
    if (one.tensors.size() == 513)
      for (const NamedShape& tensor : one.tensors)
        rows.push_back({tensor.name, Dtype::F32, tensor.shape});
  // Widths are multiples of 16; what is beside them are places and normals.
  for (TensorRow& one : rows)
    for (std::int64_t& size : one.shape) size = size / 16 * 16 / narrower + size % 16;
  std::ranges::sort(rows, {}, &TensorRow::name);
  std::ofstream out(file, std::ios::binary);
  out << safetensorsHeader({}, rows);
  std::uint64_t random = 0x9e3779b97f4a7c15ull;
  for (const TensorRow& one : rows) {
    std::vector<float> values(elementCount(one.shape).value());
    // Uniform, with the variance of 1 / inputs; a convolution sees about five of its 27 places.
    const bool norm = one.shape.size() == 1 && one.name.ends_with("weight");
    const double inputs = one.shape.size() == 1   ? 25.
                          : one.shape.size() == 5 ? 5. * double(one.shape.back())
                                                  : double(one.shape.back());
    const auto scale = float(std::sqrt(3. / inputs));
    for (float& value : values) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      value = (norm ? 1.f : 0.f) + scale * (float(random >> 40) * 0x1p-23f - 1.f);
    }
    writeFloats(out, values);
  }
  finish(out, file);
}

Mesh fourBodies(const std::filesystem::path& fixture) {
  const WeightFile file = openWeights(fixture);
  const auto vertices = valuesOf<double>(file.at("in/vertices"));
  const auto faces = valuesOf<std::int32_t>(file.at("in/faces"));
  Mesh mesh;
  for (std::size_t i = 0; i < vertices.size(); i += 3)
    mesh.positions.push_back({float(vertices[i]), float(vertices[i + 1]), float(vertices[i + 2])});
  for (std::size_t i = 0; i < faces.size(); i += 3)
    mesh.triangles.push_back(
        {std::uint32_t(faces[i]), std::uint32_t(faces[i + 1]), std::uint32_t(faces[i + 2])});
  return mesh;
}

std::vector<std::int32_t> partsOfFourBodies(const std::filesystem::path& fixture) {
  return valuesOf<std::int32_t>(openWeights(fixture).at("out/labels"));
}

}  // namespace maquette::test
