#include "classical/dirty_shapes.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <random>
#include <stdexcept>
#include <utility>

#include "core/geometry/measures.h"
#include "core/geometry/weld.h"
#include "support/shapes.h"

namespace maquette::test {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr Vec3 kSize{30, 20, 16};  // of the box
constexpr int kSplit = 10;         // of its sides
constexpr float kRadius = 10.f, kHeight = 30.f;
constexpr int kAround = 360;

/// A shape on its way to ruin.
struct Subject {
  Clean base = Clean::box;
  Mesh mesh;
  std::vector<Mesh> beside;  // surfaces that the skin may follow though the mesh lacks them
  double volume = 0.;
  std::vector<std::string> words;

  void add(const Mesh& other) { mesh = joined(mesh, other); }
  void say(const char* word) { words.emplace_back(word); }
};

Mesh withoutFaces(Mesh mesh, const std::function<bool(std::size_t, Vec3)>& drop) {
  std::size_t f = 0;
  std::erase_if(mesh.triangles, [&](const Triangle& t) { return drop(f++, faceCentre(mesh, t)); });
  return mesh;
}

/// The end of the box, or of the cylinder, with the highest z.
float topOf(const Subject& s) { return s.base == Clean::box ? kSize.z / 2 : kHeight / 2; }

/// The same surface with other triangles.
Mesh otherTriangles(Clean base) {
  return base == Clean::box ? makeBox(kSize, 7) : makeCylinder(kRadius, kHeight, kAround, 3);
}

Mesh sheetAcross(const Subject& s) {
  // Its corners are those of the box's own sides, so it is welded to them.
  Mesh box = makeBox(s.base == Clean::box ? kSize : Vec3{8, 8, 8}, kSplit);
  const float end = s.base == Clean::box ? kSize.x / 2 : 4.f;
  Mesh sheet = withoutFaces(box, [&](std::size_t, Vec3 p) { return p.x < 0.999f * end; });
  for (Vec3& p : sheet.positions) p.x = 0.f;
  return compacted(sheet);
}

void drop(Subject& s, const std::function<bool(std::size_t, Vec3)>& which) {
  s.beside.push_back(s.mesh);
  s.mesh = withoutFaces(s.mesh, which);
}

void turnSome(Subject& s) {
  for (std::size_t f = 0; f < s.mesh.triangles.size(); ++f)
    if (f * 2654435761u % 7 < 2) std::swap(s.mesh.triangles[f][0], s.mesh.triangles[f][1]);
}

void unweld(Subject& s, float apart) {
  std::mt19937 random(5);
  Mesh soup;
  for (const Triangle& t : s.mesh.triangles) {
    const auto at = static_cast<std::uint32_t>(soup.positions.size());
    for (const std::uint32_t v : t) {
      Vec3 p = s.mesh.positions[v];
      for (int a = 0; a < 3; ++a) p[a] += apart * (float(random() % 2001) / 1000.f - 1.f);
      soup.positions.push_back(p);
    }
    soup.triangles.push_back({at, at + 1, at + 2});
  }
  s.mesh = soup;
}

/// Opposite sides alike, neighbours not: no edge is shared along the box's edges.
Mesh boxOfThreeSplits() {
  Mesh all;
  for (int axis = 0; axis < 3; ++axis) {
    const Mesh box = makeBox(kSize, 4 + 3 * axis);
    const Mesh sides = compacted(withoutFaces(
        box, [&](std::size_t, Vec3 p) { return std::abs(p[axis]) < 0.4999f * kSize[axis]; }));
    all = all.triangles.empty() ? sides : joined(all, sides);
  }
  return all;
}

/// Two triangles without area on every tenth triangle, and points on its side.
void addSlivers(Subject& s) {
  const std::size_t faces = s.mesh.triangles.size();
  for (std::size_t f = 0; f < faces; f += 10) {
    const Triangle t = s.mesh.triangles[f];
    const auto middle = static_cast<std::uint32_t>(s.mesh.positions.size());
    s.mesh.positions.push_back((s.mesh.positions[t[0]] + s.mesh.positions[t[1]]) * 0.5f);
    s.mesh.triangles[f] = {middle, t[1], t[2]};
    s.mesh.triangles.push_back({t[0], middle, t[2]});
    s.mesh.triangles.push_back({t[0], t[1], middle});  // closes what was divided on one side only
    s.mesh.triangles.push_back({t[0], t[0], t[1]});
  }
}

struct Dirt {
  const char* name;
  void (*apply)(Subject&);
};

const Dirt kDirt[] = {
    {"hole",
     [](Subject& s) {
       drop(s, [&](std::size_t, Vec3 p) {
         return p.z > 0.999f * topOf(s) && (s.base != Clean::box || std::hypot(p.x - 5, p.y) < 4);
       });
       s.say("hole");
     }},
    {"side missing",
     [](Subject& s) {
       drop(s, [&](std::size_t, Vec3 p) { return p.z < -0.999f * topOf(s); });
       s.say("hole");
     }},
    {"many holes",
     [](Subject& s) {
       drop(s, [](std::size_t f, Vec3) { return f % 37 == 5; });
       s.say("hole");
     }},
    {"triangles at odds",
     [](Subject& s) {
       turnSome(s);
       s.say("turned");
     }},
    {"inside out",
     [](Subject& s) {
       s.mesh = flipped(s.mesh);
       s.say("turned");
     }},
    {"doubled",
     [](Subject& s) {
       s.add(s.mesh);
       s.say("left out");
     }},
    {"doubled inside out",
     [](Subject& s) {
       s.add(flipped(s.mesh));
       s.say("left out");
     }},
    {"doubled otherwise",
     [](Subject& s) {
       s.add(otherTriangles(s.base));
       s.say("left out");
     }},
    {"doubled otherwise inside out",
     [](Subject& s) {
       s.add(flipped(otherTriangles(s.base)));
       s.say("left out");
     }},
    {"wall",
     [](Subject& s) {
       s.mesh = weld(joined(s.mesh, sheetAcross(s)), true).mesh;
       s.say("inside the mesh");
     }},
    {"half a wall",
     [](Subject& s) {
       const Mesh half =
           withoutFaces(sheetAcross(s), [](std::size_t, Vec3 p) { return p.z > 0.f; });
       s.mesh = weld(joined(s.mesh, half), true).mesh;
       s.say("inside the mesh");
     }},
    {"sheet inside",
     [](Subject& s) {
       Mesh sheet = sheetAcross(s);
       for (Vec3& p : sheet.positions) p = p * 0.6f + Vec3{2, 0, 0};
       s.add(sheet);
       s.say("inside the mesh");
     }},
    {"fin",
     [](Subject& s) {
       Mesh sheet = sheetAcross(s);
       for (Vec3& p : sheet.positions) p = p * 0.4f + Vec3{2, 0, topOf(s)};
       s.add(sheet);
     }},
    {"piece through",
     [](Subject& s) {
       // Through the ends, whatever the base.
       const Mesh bar = moved(makeBox({6, 6, 40}, 9), {1, 0.5f, 2});
       s.add(bar);
       s.volume += 36. * (40. - 2. * double(topOf(s)));
       s.say("united");
     }},
    {"piece through inside out",
     [](Subject& s) {
       const Mesh bar = moved(makeBox({6, 6, 40}, 9), {1, 0.5f, 2});
       s.add(flipped(bar));
       s.volume += 36. * (40. - 2. * double(topOf(s)));
       s.say("united");
       s.say("turned");
     }},
    {"shares an edge",
     [](Subject& s) {
       s.mesh = weld(joined(s.mesh, moved(makeBox({8, 8, 8}, 4),
                                          {-19, s.base == Clean::box ? 14.f : 16, topOf(s) - 4})),
                     true)
                    .mesh;
       s.volume += 512.;
     }},
    {"shares a side",
     [](Subject& s) {
       // Of the box only; beside the cylinder it stands alone.
       s.mesh = weld(joined(s.mesh, moved(makeBox({12, 20, 16}, kSplit), {21, 0, 0})), true).mesh;
       s.volume += 12. * 20 * 16;
     }},
    {"apart", [](Subject& s) { unweld(s, 0.f); }},
    {"cracks", [](Subject& s) { unweld(s, 5e-4f); }},
    {"other triangles on every side",
     [](Subject& s) {
       if (s.base == Clean::box) s.mesh = boxOfThreeSplits();
     }},
    {"slivers", addSlivers},
    {"cavity inside out",
     [](Subject& s) {
       s.add(moved(makeBox({6, 6, 6}, 3), {-5, 0, 0}));
       s.say("united");
     }},
    {"cavity",
     [](Subject& s) {
       s.add(flipped(moved(makeBox({6, 6, 6}, 3), {-5, 0, 0})));
       s.volume -= 216.;
     }},
};

/// A cap of a flat-sided cylinder has less than a circle's area.
double cylinderVolume() {
  return 0.5 * kAround * std::sin(2. * kPi / kAround) * double(kRadius) * double(kRadius) *
         double(kHeight);
}

}  // namespace

std::vector<std::string> kindsOfDirt() {
  std::vector<std::string> names;
  for (const Dirt& dirt : kDirt) names.emplace_back(dirt.name);
  return names;
}

DirtyShape dirtyShape(Clean base, const std::vector<std::string>& dirt) {
  Subject s;
  s.base = base;
  if (base == Clean::box) {
    s.mesh = makeBox(kSize, kSplit);
    s.volume = double(kSize.x) * double(kSize.y) * double(kSize.z);
  } else {
    s.mesh = makeCylinder(kRadius, kHeight, kAround, 1);
    s.volume = cylinderVolume();
  }
  std::string name = base == Clean::box ? "box" : "cylinder of needles";
  bool facing = false, cavity = false;
  for (const std::string& kind : dirt) {
    const auto* found = std::ranges::find(kDirt, kind, &Dirt::name);
    if (found == std::end(kDirt)) throw std::invalid_argument(kind);
    found->apply(s);
    facing |= kind.find("odds") != kind.npos || kind == "inside out";
    cavity |= kind.starts_with("cavity");
    name += ", " + kind;
  }
  DirtyShape made;
  made.shape = labelled(name, s.mesh, 1.f, [](Vec3 p) { return p.x > 0.5f ? 1 : 0; });
  // Which way round a cavity was meant cannot be told where the rest is not as it was made.
  made.shape.volume = facing && cavity ? 0. : s.volume;
  made.reference = s.mesh;
  for (const Mesh& mesh : s.beside) made.reference = joined(made.reference, mesh);
  made.words = std::move(s.words);
  return made;
}

namespace {

void place(Mesh& mesh, const Stand& stand) {
  if (stand.seed != 0) mesh = turnedBySeed(std::move(mesh), stand.seed);
  for (Vec3& p : mesh.positions) p = p * float(stand.scale) + stand.moveMm;
}

}  // namespace

DirtyShape standing(DirtyShape shape, const Stand& stand) {
  Mesh mesh = *shape.shape.mesh;
  place(mesh, stand);
  shape.shape.mesh = std::make_shared<Mesh>(std::move(mesh));
  place(shape.reference, stand);
  shape.shape.volume *= std::pow(stand.scale, 3);
  shape.shape.voxelMm *= float(stand.scale);
  return shape;
}

}  // namespace maquette::test
