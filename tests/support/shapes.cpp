#include "support/shapes.h"

#include <cmath>
#include <memory>
#include <numbers>
#include <stop_token>
#include <utility>

#include "core/geometry/weld.h"

namespace maquette::test {
namespace {

constexpr float kTwoPi = 2.f * std::numbers::pi_v<float>;

void addQuad(Mesh& mesh, Vec3 a, Vec3 b, Vec3 c, Vec3 d) {
  const auto at = static_cast<std::uint32_t>(mesh.positions.size());
  for (const Vec3 p : {a, b, c, d}) mesh.positions.push_back(p);
  mesh.triangles.push_back({at, at + 1, at + 2});
  mesh.triangles.push_back({at, at + 2, at + 3});
}

}  // namespace

Mesh makeBox(Vec3 size, int n) {
  Mesh mesh;
  for (int axis = 0; axis < 3; ++axis)
    for (const float sign : {-1.f, 1.f}) {
      const int u = (axis + 1) % 3, v = (axis + 2) % 3;
      const auto corner = [&](int i, int j) {
        Vec3 p;
        p[axis] = sign * size[axis] / 2.f;
        p[u] = size[u] * (float(i) / float(n) - 0.5f);
        p[v] = size[v] * (float(j) / float(n) - 0.5f);
        return p;
      };
      for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i) {
          const Vec3 a = corner(i, j), b = corner(i + 1, j), c = corner(i + 1, j + 1),
                     d = corner(i, j + 1);
          if (sign > 0.f)
            addQuad(mesh, a, b, c, d);
          else
            addQuad(mesh, a, d, c, b);
        }
    }
  return weld(mesh, true).mesh;
}

Mesh makeCube(float edge) { return makeBox({edge, edge, edge}, 1); }

Mesh makeSphere(float radius, int levels) {
  Mesh mesh;
  mesh.positions = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
  mesh.triangles = {{0, 2, 4}, {2, 1, 4}, {1, 3, 4}, {3, 0, 4},
                    {2, 0, 5}, {1, 2, 5}, {3, 1, 5}, {0, 3, 5}};
  for (int level = 0; level < levels; ++level) {
    Mesh finer;
    for (const Triangle& t : mesh.triangles) {
      const Vec3 a = mesh.positions[t[0]], b = mesh.positions[t[1]], c = mesh.positions[t[2]];
      const Vec3 ab = normalized(a + b), bc = normalized(b + c), ca = normalized(c + a);
      for (const auto& [p, q, r] :
           {std::array{a, ab, ca}, {ab, b, bc}, {ca, bc, c}, {ab, bc, ca}}) {
        const auto at = static_cast<std::uint32_t>(finer.positions.size());
        for (const Vec3 v : {p, q, r}) finer.positions.push_back(v);
        finer.triangles.push_back({at, at + 1, at + 2});
      }
    }
    mesh = weld(finer, true).mesh;
  }
  for (Vec3& p : mesh.positions) p *= radius;
  return mesh;
}

Mesh makeTorus(float majorRadius, float minorRadius, int around, int across) {
  Mesh mesh;
  for (int i = 0; i < around; ++i)
    for (int j = 0; j < across; ++j) {
      const float a = kTwoPi * float(i) / float(around), b = kTwoPi * float(j) / float(across);
      const float r = majorRadius + minorRadius * std::cos(b);
      mesh.positions.push_back({r * std::cos(a), r * std::sin(a), minorRadius * std::sin(b)});
    }
  const auto at = [&](int i, int j) { return std::uint32_t((i % around) * across + j % across); };
  for (int i = 0; i < around; ++i)
    for (int j = 0; j < across; ++j) {
      mesh.triangles.push_back({at(i, j), at(i + 1, j), at(i + 1, j + 1)});
      mesh.triangles.push_back({at(i, j), at(i + 1, j + 1), at(i, j + 1)});
    }
  return mesh;
}

Mesh makeCylinder(float radius, float height, int around, int along) {
  Mesh mesh;
  for (int k = 0; k <= along; ++k)
    for (int i = 0; i < around; ++i) {
      const float a = kTwoPi * float(i) / float(around);
      mesh.positions.push_back(
          {radius * std::cos(a), radius * std::sin(a), height * (float(k) / float(along) - 0.5f)});
    }
  const auto bottom = static_cast<std::uint32_t>(mesh.positions.size());
  mesh.positions.push_back({0, 0, -height / 2.f});
  mesh.positions.push_back({0, 0, height / 2.f});
  const auto at = [&](int i, int k) { return std::uint32_t(k * around + i % around); };
  for (int i = 0; i < around; ++i) {
    for (int k = 0; k < along; ++k) {
      mesh.triangles.push_back({at(i, k), at(i + 1, k), at(i + 1, k + 1)});
      mesh.triangles.push_back({at(i, k), at(i + 1, k + 1), at(i, k + 1)});
    }
    mesh.triangles.push_back({bottom, at(i + 1, 0), at(i, 0)});
    mesh.triangles.push_back({bottom + 1, at(i, along), at(i + 1, along)});
  }
  return mesh;
}

Mesh moved(Mesh mesh, Vec3 by) {
  for (Vec3& p : mesh.positions) p += by;
  return mesh;
}

Mesh flipped(Mesh mesh) {
  for (Triangle& t : mesh.triangles) std::swap(t[1], t[2]);
  return mesh;
}

Mesh joined(const Mesh& a, const Mesh& b) {
  return concatenate({std::make_shared<Mesh>(a), std::make_shared<Mesh>(b)});
}

Context stopped() {
  std::stop_source source;
  source.request_stop();
  return Context(source.get_token(), nullptr);
}

}  // namespace maquette::test
