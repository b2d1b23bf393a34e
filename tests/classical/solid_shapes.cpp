#include "classical/solid_shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>
#include <random>
#include <utility>

#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/weld.h"
#include "support/assemblies.h"
#include "support/shapes.h"

namespace maquette::test {
namespace {

constexpr double kPi = std::numbers::pi;

Mesh without(Mesh mesh, const std::function<bool(Vec3)>& drop) {
  std::erase_if(mesh.triangles, [&](const Triangle& t) { return drop(faceCentre(mesh, t)); });
  return compacted(mesh);
}

Mesh unwelded(const Mesh& mesh) {
  Mesh soup;
  for (const Triangle& t : mesh.triangles) {
    const auto at = static_cast<std::uint32_t>(soup.positions.size());
    for (const std::uint32_t v : t) soup.positions.push_back(mesh.positions[v]);
    soup.triangles.push_back({at, at + 1, at + 2});
  }
  return soup;
}

Mesh alongX(Mesh mesh) {  // +Z becomes +X, still right-handed
  for (Vec3& p : mesh.positions) p = {p.z, p.x, p.y};
  return mesh;
}

/// A closed solid from its outline (counter-clockwise in the XY plane, seen whole from `eye`).
Mesh extruded(const std::vector<Vec3>& outline, Vec3 eye, float height, int layers) {
  Mesh mesh;
  const auto n = static_cast<std::uint32_t>(outline.size());
  const auto rows = static_cast<std::uint32_t>(layers);
  for (std::uint32_t k = 0; k <= rows; ++k)
    for (const Vec3& p : outline)
      mesh.positions.push_back({p.x, p.y, height * (float(k) / float(rows) - 0.5f)});
  for (std::uint32_t k = 0; k < rows; ++k)
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t a = k * n + i, b = k * n + (i + 1) % n;
      mesh.triangles.push_back({a, b, b + n});
      mesh.triangles.push_back({a, b + n, a + n});
    }
  mesh.positions.push_back({eye.x, eye.y, -height / 2});
  mesh.positions.push_back({eye.x, eye.y, height / 2});
  const std::uint32_t low = (rows + 1) * n;
  for (std::uint32_t i = 0; i < n; ++i) {
    mesh.triangles.push_back({low, (i + 1) % n, i});
    mesh.triangles.push_back({low + 1, rows * n + i, rows * n + (i + 1) % n});
  }
  return mesh;
}

/// Around +Z, from a profile of (radius, z) that runs upwards and begins and ends on the axis.
Mesh revolved(const std::vector<std::array<float, 2>>& profile, int around) {
  Mesh mesh;
  const auto n = static_cast<std::uint32_t>(around);
  for (const auto& [r, z] : profile)
    for (int i = 0; i < around; ++i) {
      const double t = 2. * kPi * i / around;
      mesh.positions.push_back({float(r * std::cos(t)), float(r * std::sin(t)), z});
    }
  for (std::uint32_t k = 0; k + 1 < profile.size(); ++k)
    for (std::uint32_t i = 0; i < n; ++i) {
      const std::uint32_t a = k * n + i, b = k * n + (i + 1) % n;
      mesh.triangles.push_back({a, b, b + n});
      mesh.triangles.push_back({a, b + n, a + n});
    }
  return weld(mesh, true).mesh;
}

/// Corners at alternating radii.
std::vector<Vec3> wheel(int corners, float outer, float inner, int run) {
  std::vector<Vec3> outline;
  for (int i = 0; i < corners; ++i) {
    const double t = 2. * kPi * i / corners;
    const double r = double(i / run % 2 == 0 ? outer : inner);
    outline.push_back({float(r * std::cos(t)), float(r * std::sin(t)), 0.f});
  }
  return outline;
}

double areaInside(const std::vector<Vec3>& outline) {
  double sum = 0.;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const Vec3 a = outline[i], b = outline[(i + 1) % outline.size()];
    sum += double(a.x) * double(b.y) - double(b.x) * double(a.y);
  }
  return sum / 2.;
}

Mesh turned(Mesh mesh) {  // by angles that no grid knows
  const float c1 = std::cos(0.7f), s1 = std::sin(0.7f), c2 = std::cos(0.4f), s2 = std::sin(0.4f);
  for (Vec3& p : mesh.positions) {
    p = {c1 * p.x - s1 * p.y, s1 * p.x + c1 * p.y, p.z};
    p = {p.x, c2 * p.y - s2 * p.z, s2 * p.y + c2 * p.z};
  }
  return mesh;
}

Mesh scaled(Mesh mesh, Vec3 by) {
  for (Vec3& p : mesh.positions) p = {p.x * by.x, p.y * by.y, p.z * by.z};
  return mesh;
}

LabelledShape with(LabelledShape shape, double volume) {
  shape.volume = volume;
  return shape;
}
LabelledShape saying(LabelledShape shape, std::string note) {
  shape.note = std::move(note);
  return shape;
}
LabelledShape walled(LabelledShape shape) {
  shape.walls = true;
  return shape;
}
LabelledShape capped(LabelledShape shape) {
  shape.capped = true;
  return shape;
}
LabelledShape crisp(LabelledShape shape) {
  shape.crisp = true;
  return shape;
}
LabelledShape inPieces(LabelledShape shape) {
  shape.pieces = true;
  return shape;
}

LabelledShape figure() {
  Mesh all;
  Labels labels;
  const auto add = [&](const Mesh& piece, int part) {
    all = all.triangles.empty() ? piece : joined(all, piece);
    labels.resize(all.triangles.size(), static_cast<PartId>(part));
  };
  add(makeCapsule(10.f, 24.f, 5), 1);
  add(moved(makeSphere(8.f, 5), {0, 0, 28}), 2);
  add(moved(alongX(makeCapsule(4.f, 40.f, 5)), {0, 0, 8}), 3);
  add(moved(makeCapsule(4.5f, 24.f, 5), {-5, 0, -24}), 4);
  add(moved(makeCapsule(4.5f, 24.f, 5), {5, 0, -24}), 5);
  LabelledShape shape;
  shape.name = "capsule figure";
  shape.mesh = std::make_shared<Mesh>(all);
  shape.segmentation = segmentationFrom(labels);
  shape.voxelMm = 0.9f;
  return saying(walled(inPieces(shape)), "united");
}

LabelledShape assembly(std::uint32_t seed, int cells) {
  const Assembly made = makeAssembly(seed, {0, cells});
  Labels labels;
  for (const std::uint32_t label : made.labels) labels.push_back(static_cast<PartId>(1 + label));
  LabelledShape shape;
  shape.name = "blended assembly " + std::to_string(seed);
  shape.mesh = std::make_shared<Mesh>(made.mesh);
  shape.segmentation = segmentationFrom(std::move(labels));
  shape.voxelMm = boundsOf(made.mesh).longest() / 70.f;
  shape.volume = volumeOf(made.mesh);
  return inPieces(shape);
}

/// Six faces of a cube blown up to a sphere, apart from each other by a hair.
Mesh loosePatches(float radius) {
  Mesh all;
  Mesh box = makeBox({2, 2, 2}, 12);
  for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{-1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, -1, 0},
                          Vec3{0, 0, 1}, Vec3{0, 0, -1}}) {
    Mesh face = without(box, [&](Vec3 p) { return dot(p, axis) < 0.999f; });
    for (Vec3& p : face.positions) p = normalized(p) * radius + axis * (0.02f * radius);
    all = all.triangles.empty() ? face : joined(all, face);
  }
  return all;
}

}  // namespace

Mesh makeBoxWithWall(Vec3 size, int n) {
  Mesh box = makeBox(size, n);
  Mesh wall =
      without(makeBox({size.x, size.y, size.z}, n), [&](Vec3 p) { return p.x < size.x * 0.499f; });
  for (Vec3& p : wall.positions) p.x = 0.f;
  return weld(joined(box, wall), true).mesh;
}

Mesh makeCapsule(float radius, float height, int levels) {
  Mesh mesh = makeSphere(radius, levels);
  // The equator's ring is cut: upper triangles use raised copies, and quads join the two rings.
  Mesh made;
  std::map<std::pair<std::uint32_t, bool>, std::uint32_t> number;
  const auto at = [&](std::uint32_t v, bool up) {
    const auto [entry, fresh] =
        number.try_emplace({v, up}, static_cast<std::uint32_t>(made.positions.size()));
    if (fresh)
      made.positions.push_back(mesh.positions[v] + Vec3{0, 0, up ? height / 2 : -height / 2});
    return entry->second;
  };
  constexpr int kSteps = 12;
  for (const Triangle& t : mesh.triangles) {
    const bool up = faceCentre(mesh, t).z > 0.f;
    made.triangles.push_back({at(t[0], up), at(t[1], up), at(t[2], up)});
    for (std::size_t k = 0; k < 3 && up; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      if (std::abs(mesh.positions[a].z) > 1e-4f || std::abs(mesh.positions[b].z) > 1e-4f) continue;
      for (int s = 0; s < kSteps; ++s) {
        const auto corner = [&](std::uint32_t v, int step) {
          if (step == 0) return at(v, false);
          if (step == kSteps) return at(v, true);
          Vec3 p = mesh.positions[v];
          p.z += height * (float(step) / kSteps - 0.5f);
          made.positions.push_back(p);
          return static_cast<std::uint32_t>(made.positions.size() - 1);
        };
        const auto a0 = corner(a, s), b0 = corner(b, s), a1 = corner(a, s + 1),
                   b1 = corner(b, s + 1);
        made.triangles.push_back({a0, b0, b1});
        made.triangles.push_back({a0, b1, a1});
      }
    }
  }
  return weld(made, true).mesh;
}

LabelledShape labelled(std::string name, Mesh mesh, float voxelMm,
                       const std::function<int(Vec3)>& partAt) {
  Labels labels;
  for (const Triangle& t : mesh.triangles)
    labels.push_back(static_cast<PartId>(1 + partAt(faceCentre(mesh, t))));
  LabelledShape shape;
  shape.name = std::move(name);
  shape.mesh = std::make_shared<Mesh>(std::move(mesh));
  shape.segmentation = segmentationFrom(std::move(labels));
  shape.voxelMm = voxelMm;
  return shape;
}

namespace {

int side(float value) { return value > 0.f ? 1 : 0; }

void addClean(std::vector<LabelledShape>& shapes) {
  const auto add = [&](LabelledShape shape) { shapes.push_back(std::move(shape)); };
  const auto tilted = [](Vec3 p) { return side(p.x + 0.3f * p.y + 0.1f); };
  const double sphere = 4. / 3. * kPi * 8000.;
  add(with(labelled("sphere halves", makeSphere(20.f, 6), 0.5f, tilted), sphere));
  add(with(labelled("sphere octants", makeSphere(20.f, 5), 0.6f,
                    [](Vec3 p) { return side(p.x) + 2 * side(p.y) + 4 * side(p.z); }),
           volumeOf(makeSphere(20.f, 5))));
  add(crisp(with(labelled("box in three", makeBox({40, 20, 16}, 40), 0.5f,
                          [](Vec3 p) { return p.x < -7.f  ? 0
                                              : p.x < 8.f ? 1
                                                          : 2; }),
                 40. * 20 * 16)));
  add(crisp(
      with(labelled("cube turned", turned(makeBox({24, 24, 24}, 24)), 0.5f, tilted), 13824.)));
  add(crisp(with(labelled("slab turned", turned(makeBox({40, 30, 3}, 30)), 0.6f, tilted), 3600.)));
  const std::vector<Vec3> ell{{0, 0, 0},   {30, 0, 0},  {30, 10, 0},
                              {10, 10, 0}, {10, 30, 0}, {0, 30, 0}};
  add(crisp(with(labelled("L", extruded(ell, {5, 5, 0}, 12.f, 24), 0.45f,
                          [](Vec3 p) { return side(p.z - 1.f); }),
                 500. * 12)));
  add(inPieces(crisp(with(
      labelled("L turned", turned(extruded(ell, {5, 5, 0}, 12.f, 24)), 0.45f, tilted), 6000.))));
  for (const auto& [name, outline] :
       {std::pair{"hexagonal prism", wheel(6, 14.f, 14.f, 1)},
        std::pair{"triangular prism", wheel(3, 16.f, 16.f, 1)},
        std::pair{"star", wheel(10, 18.f, 8.f, 1)}, std::pair{"gear", wheel(48, 18.f, 14.f, 2)}})
    add(crisp(with(labelled(name, extruded(outline, {}, 10.f, 20), 0.4f,
                            [](Vec3 p) { return side(p.z - 0.7f); }),
                   10. * areaInside(outline))));
  add(with(labelled("cone", revolved({{0, -15}, {6, -15}, {12, -15}, {6, 0}, {0, 15}}, 96), 0.4f,
                    [](Vec3 p) { return side(p.z); }),
           kPi * 144 * 30 / 3. * std::sin(2. * kPi / 96) / (2. * kPi / 96)));
  add(inPieces(
      with(labelled("vase", revolved({{0, -18}, {8, -18}, {12, -8}, {5, 6}, {9, 18}, {0, 18}}, 64),
                    0.5f, [](Vec3 p) { return side(p.z - 2.f + 0.2f * p.x); }),
           volumeOf(revolved({{0, -18}, {8, -18}, {12, -8}, {5, 6}, {9, 18}, {0, 18}}, 64)))));
  add(with(labelled("torus in three arcs", makeTorus(20.f, 7.f, 160, 64), 0.7f,
                    [](Vec3 p) { return int((std::atan2(p.y, p.x) / kPi + 1.) * 1.4999); }),
           volumeOf(makeTorus(20.f, 7.f, 160, 64))));
  add(with(labelled("capsule", makeCapsule(8.f, 24.f, 5), 0.5f, tilted),
           volumeOf(makeCapsule(8.f, 24.f, 5))));
  add(with(
      labelled("ellipsoid", turned(scaled(makeSphere(10.f, 6), {2.f, 1.f, 0.6f})), 0.5f, tilted),
      4. / 3. * kPi * 1000. * 1.2));
  add(with(labelled("a part of two pieces",
                    joined(makeSphere(12.f, 6), moved(makeSphere(10.f, 6), {30, 0, 0})), 0.6f,
                    [](Vec3 p) { return p.x > 15.f ? 1 : side(p.z); }),
           4. / 3. * kPi * (1728. + 1000.)));
  add(with(labelled("a patch on a sphere", makeSphere(20.f, 6), 0.5f,
                    [](Vec3 p) {
                      return length(p - Vec3{0, 0, 20}) < 9.f ? 1 : 0;
                    }),
           sphere));
  add(with(labelled("a part of one triangle", makeSphere(20.f, 2), 0.5f,
                    [n = 0](Vec3) mutable { return n++ == 40 ? 1 : 0; }),
           volumeOf(makeSphere(20.f, 2))));
  add(crisp(
      with(labelled("curved seam on a cylinder", makeCylinder(12.f, 40.f, 192, 120), 0.5f,
                    [](Vec3 p) { return side(p.z - 4.f * std::sin(2.f * std::atan2(p.y, p.x))); }),
           volumeOf(makeCylinder(12.f, 40.f, 192, 120)))));
  add(crisp(with(labelled("thin plate", makeBox({50, 40, 2}, 50), 0.7f,
                          [](Vec3 p) { return side(p.x - 0.2f * p.y); }),
                 50. * 40 * 2)));
  add(with(labelled("thin shell", joined(makeSphere(20.f, 6), flipped(makeSphere(19.f, 6))), 0.6f,
                    tilted),
           4. / 3. * kPi * (8000. - 6859.)));
  add(crisp(
      with(labelled("wedge", extruded({{0, 0, 0}, {30, 0, 0}, {0, 14, 0}}, {9, 4, 0}, 20.f, 20),
                    0.45f, [](Vec3 p) { return side(p.z); }),
           210. * 20)));
  for (const std::uint32_t seed : {0u, 1u, 2u}) add(assembly(seed, 64));
}

void addDirty(std::vector<LabelledShape>& shapes) {
  const auto add = [&](LabelledShape shape) { shapes.push_back(std::move(shape)); };
  const auto upper = [](Vec3 p) { return side(p.z - 0.5f); };
  const double sphere = volumeOf(makeSphere(20.f, 5));
  add(figure());
  add(walled(inPieces(
      with(labelled("a part inside another",
                    joined(makeSphere(20.f, 5), moved(makeSphere(9.f, 5), {2, 1, 0})), 0.6f,
                    [](Vec3 p) {
                      return length(p - Vec3{2, 1, 0}) < 10.f ? 1 : 0;
                    }),
           sphere))));
  add(saying(capped(with(labelled("cylinder without a cap",
                                  without(makeCylinder(12.f, 40.f, 96, 40),
                                          [](Vec3 p) { return p.z > 19.99f; }),
                                  0.6f, upper),
                         volumeOf(makeCylinder(12.f, 40.f, 96, 40)))),
             "1 hole"));
  add(saying(capped(with(labelled("half a sphere",
                                  without(makeSphere(20.f, 5), [](Vec3 p) { return p.x < 0.f; }),
                                  0.6f, upper),
                         sphere / 2.)),
             "1 hole"));
  add(saying(capped(with(labelled("sphere of loose patches", loosePatches(20.f), 0.6f, upper), 0.)),
             "estimated"));
  add(saying(walled(with(labelled("two boxes through each other",
                                  joined(makeBox({30, 14, 14}, 20),
                                         moved(makeBox({12, 12, 40}, 20), {4, 1, 3})),
                                  0.55f, [](Vec3 p) { return std::abs(p.z) > 7.001f ? 1 : 0; }),
                         30. * 14 * 14 + 12. * 12 * 40 - 12. * 12 * 14)),
             "united"));
  add(saying(
      walled(labelled(
          "three cylinders through each other",
          joined(joined(makeCylinder(6.f, 40.f, 64, 20), alongX(makeCylinder(6.f, 40.f, 64, 20))),
                 alongX(alongX(makeCylinder(6.f, 40.f, 64, 20)))),
          0.55f, [](Vec3 p) { return side(std::abs(p.x) - 7.f) + 2 * side(std::abs(p.y) - 7.f); })),
      "united"));
  add(walled(labelled("a torus through itself", makeTorus(6.f, 10.f, 96, 96), 0.5f, upper)));
  add(saying(with(labelled("inside out", flipped(makeSphere(20.f, 5)), 0.6f, upper), sphere),
             "inside out"));
  Mesh random = makeSphere(20.f, 5);
  for (std::size_t f = 0; f < random.triangles.size(); ++f)
    if (f * 2654435761u % 7 < 2) std::swap(random.triangles[f][0], random.triangles[f][1]);
  add(with(labelled("triangles at odds", random, 0.6f, upper), sphere));
  add(saying(
      with(labelled("doubled", joined(makeSphere(20.f, 5), makeSphere(20.f, 5)), 0.6f, upper),
           sphere),
      "left out"));
  add(crisp(saying(
      walled(with(labelled("a wall inside a box", makeBoxWithWall({30, 20, 20}, 12), 0.5f, upper),
                  12000.)),
      "walls inside")));
  add(with(labelled("boxes that share an edge",
                    weld(joined(makeBox({14, 14, 20}, 10),
                                moved(makeBox({14, 14, 20}, 10), {14, 14, 0})),
                         true)
                        .mesh,
                    0.5f, upper),
           2. * 14 * 14 * 20));
  add(with(labelled("unwelded soup", unwelded(makeTorus(20.f, 7.f, 120, 48)), 0.7f,
                    [](Vec3 p) { return side(p.x); }),
           volumeOf(makeTorus(20.f, 7.f, 120, 48))));
}

}  // namespace

std::vector<LabelledShape> completerShapes() {
  std::vector<LabelledShape> shapes;
  addClean(shapes);
  addDirty(shapes);
  return shapes;
}

// After Shoemake 1992.
Mesh turnedBySeed(Mesh mesh, unsigned seed) {
  std::mt19937 random(seed * 7919u + 13u);
  const auto next = [&] { return double(random()) / 4294967296.; };
  const double u = next(), s = 2. * std::numbers::pi * next(), t = 2. * std::numbers::pi * next();
  const double x = std::sqrt(1. - u) * std::sin(s), y = std::sqrt(1. - u) * std::cos(s),
               z = std::sqrt(u) * std::sin(t), w = std::sqrt(u) * std::cos(t);
  const double m[3][3] = {{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
                          {2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
                          {2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
  for (Vec3& p : mesh.positions) {
    Vec3 q;
    for (int a = 0; a < 3; ++a)
      q[a] = float(m[a][0] * double(p.x) + m[a][1] * double(p.y) + m[a][2] * double(p.z));
    p = q;
  }
  return mesh;
}

LabelledShape turnedShape(const std::string& name, unsigned seed) {
  static const auto shapes = completerShapes();
  LabelledShape shape = *std::ranges::find(shapes, name, &LabelledShape::name);
  shape.mesh = std::make_shared<Mesh>(turnedBySeed(*shape.mesh, seed));
  return shape;
}

}  // namespace maquette::test
