#include <algorithm>
#include <array>

#include "probe/teller.h"
#include "viewport/offscreen.h"

namespace maquette {
namespace {

MeshPtr tetrahedron() {
  Mesh mesh;
  mesh.positions = {{0, 0, 0}, {40, 0, 0}, {20, 35, 0}, {20, 12, 33}};
  mesh.triangles = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}};
  return std::make_shared<Mesh>(std::move(mesh));
}

}  // namespace

void tellRendering() {
  tellDoing("looking for a display");
  if (!canRenderOffscreen()) return tell("no-display", "yes");
  tellDoing("starting OpenGL");
  const OffscreenFacts facts = offscreenFacts();
  tell("renderer", facts.renderer);
  tell("opengl", facts.version);
  if (facts.software) tell("software", "yes");
  tellDoing("drawing");
  Document document;
  document.shape = tetrahedron();
  constexpr int kSide = 64;
  const Image with = renderOffscreen(document, {}, kSide, kSide);
  const Image without = renderOffscreen({}, {}, kSide, kSide);
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < with.pixels.size(); ++i)
    drawn += !(with.pixels[i] == without.pixels[i]);
  tell("drawn", double(drawn) / double(with.pixels.size()));
}

}  // namespace maquette
