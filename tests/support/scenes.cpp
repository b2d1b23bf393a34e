#include "support/scenes.h"

#include <memory>
#include <vector>

#include "support/shapes.h"

namespace maquette::test {
namespace {

/// Body, head and base, in that order.
std::vector<MeshPtr> pieces() {
  const Mesh body = moved(makeTorus(9.f, 5.f, 64, 32), {0.f, 0.f, 15.f});
  const Mesh head = moved(makeSphere(8.f, 4), {0.f, 0.f, 32.f});
  const Mesh base = moved(makeBox({36.f, 24.f, 10.f}, 4), {0.f, 0.f, 5.f});
  return {std::make_shared<Mesh>(body), std::make_shared<Mesh>(head), std::make_shared<Mesh>(base)};
}

}  // namespace

Document threeParts() {
  Document document;
  const std::vector<MeshPtr> meshes = pieces();
  document.shape = std::make_shared<Mesh>(concatenate(meshes));
  Labels labels;
  for (std::uint16_t i = 0; i < meshes.size(); ++i)
    labels.insert(labels.end(), meshes[i]->triangles.size(), PartId{std::uint16_t(i + 1)});
  document.segmentation = segmentationFrom(std::move(labels));
  return document;
}

Document threeSolids() {
  Document document = threeParts();
  const std::vector<MeshPtr> meshes = pieces();
  for (std::size_t i = 0; i < meshes.size(); ++i) document.segmentation.parts[i].solid = meshes[i];
  return document;
}

}  // namespace maquette::test
