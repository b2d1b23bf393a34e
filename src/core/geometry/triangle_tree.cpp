#include "core/geometry/triangle_tree.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "core/geometry/median_split.h"

namespace maquette {
namespace {

constexpr std::uint32_t kLeafSize = 4;
constexpr int kStackDepth = 64;  // median splits: depth <= log2(F) + 1

inline float squaredDistance(const Bounds& box, Vec3 p) {
  // Three axes written out, and maxima of two: no branches in the innermost loop of all.
  const auto off = [](float low, float at, float high) {
    return std::max(std::max(low - at, at - high), 0.f);
  };
  const float x = off(box.min.x, p.x, box.max.x), y = off(box.min.y, p.y, box.max.y),
              z = off(box.min.z, p.z, box.max.z);
  return x * x + y * y + z * z;
}

/// Slab test; the entry distance, or infinity on a miss.
float entry(const Bounds& box, Vec3 origin, Vec3 inverse, float tMin, float tMax) {
  const auto narrow = [&](float low, float high, float from, float by) {
    const float a = (low - from) * by, b = (high - from) * by;
    const float near = a > b ? b : a, far = a > b ? a : b;
    // NaN (0 * infinity, a ray inside the slab's plane) must not narrow the interval.
    tMin = near > tMin ? near : tMin;
    tMax = far < tMax ? far : tMax;
  };
  narrow(box.min.x, box.max.x, origin.x, inverse.x);
  narrow(box.min.y, box.max.y, origin.y, inverse.y);
  narrow(box.min.z, box.max.z, origin.z, inverse.z);
  return tMin <= tMax ? tMin : Bounds::kInfinity;
}

Vec3 nearestOnTriangle(Vec3 p, Vec3 a, Vec3 b, Vec3 c) {
  const Vec3 ab = b - a, ac = c - a, ap = p - a;
  const float d1 = dot(ab, ap), d2 = dot(ac, ap);
  if (d1 <= 0.f && d2 <= 0.f) return a;
  const Vec3 bp = p - b;
  const float d3 = dot(ab, bp), d4 = dot(ac, bp);
  if (d3 >= 0.f && d4 <= d3) return b;
  const float vc = d1 * d4 - d3 * d2;
  if (vc <= 0.f && d1 >= 0.f && d3 <= 0.f && d1 > d3) return a + ab * (d1 / (d1 - d3));
  const Vec3 cp = p - c;
  const float d5 = dot(ab, cp), d6 = dot(ac, cp);
  if (d6 >= 0.f && d5 <= d6) return c;
  const float vb = d5 * d2 - d1 * d6;
  if (vb <= 0.f && d2 >= 0.f && d6 <= 0.f && d2 > d6) return a + ac * (d2 / (d2 - d6));
  const float va = d3 * d6 - d5 * d4;
  if (va <= 0.f && d4 - d3 >= 0.f && d5 - d6 >= 0.f && (d4 - d3) + (d5 - d6) > 0.f)
    return b + (c - b) * ((d4 - d3) / ((d4 - d3) + (d5 - d6)));
  const float sum = va + vb + vc;
  if (!(sum > 0.f)) return a;  // a triangle without area: its edges were tried above
  return a + ab * (vb / sum) + ac * (vc / sum);
}

}  // namespace

TriangleTree::TriangleTree(const Mesh& mesh, const Context& ctx)
    : mesh_(mesh), order_(mesh.triangles.size()) {
  std::iota(order_.begin(), order_.end(), 0u);
  nodes_.reserve(order_.size());
  build(0, static_cast<std::uint32_t>(order_.size()), faceCentres(mesh), ctx);
}

std::uint32_t TriangleTree::build(std::uint32_t begin, std::uint32_t end,
                                  const std::vector<Vec3>& centres, const Context& ctx) {
  if (end - begin > 4096) ctx.check();
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  Bounds box, spread;
  for (std::uint32_t i = begin; i < end; ++i) {
    for (const std::uint32_t v : mesh_.triangles[order_[i]]) box.add(mesh_.positions[v]);
    spread.add(centres[order_[i]]);
  }
  nodes_[index].bounds = box;
  if (end - begin <= kLeafSize) {
    nodes_[index].first = begin;
    nodes_[index].count = end - begin;
    return index;
  }
  const std::uint32_t middle =
      begin + splitAtMedian(std::span(order_).subspan(begin, end - begin), centres, spread);
  build(begin, middle, centres, ctx);
  const std::uint32_t right = build(middle, end, centres, ctx);
  nodes_[index].first = right;
  return index;
}

std::optional<RayHit> TriangleTree::firstHit(Vec3 origin, Vec3 direction, float minDistance,
                                             float maxDistance) const {
  const Vec3 inverse{1.f / direction.x, 1.f / direction.y, 1.f / direction.z};
  std::optional<RayHit> best;
  std::uint32_t stack[kStackDepth];
  int top = 0;
  stack[top++] = 0;
  while (top > 0) {
    const std::uint32_t index = stack[--top];
    const Node& node = nodes_[index];
    if (entry(node.bounds, origin, inverse, minDistance, maxDistance) == Bounds::kInfinity)
      continue;
    if (node.count == 0) {
      const std::uint32_t left = index + 1, right = node.first;
      const float l = entry(nodes_[left].bounds, origin, inverse, minDistance, maxDistance);
      const float r = entry(nodes_[right].bounds, origin, inverse, minDistance, maxDistance);
      stack[top++] = l <= r ? right : left;  // the nearer one is taken off first
      stack[top++] = l <= r ? left : right;
      continue;
    }
    for (std::uint32_t i = node.first; i < node.first + node.count; ++i) {
      const Triangle& t = mesh_.triangles[order_[i]];
      const Vec3 a = mesh_.positions[t[0]];
      const Vec3 e1 = mesh_.positions[t[1]] - a, e2 = mesh_.positions[t[2]] - a;
      const Vec3 p = cross(direction, e2);
      const float det = dot(e1, p);
      if (det == 0.f) continue;
      const Vec3 s = origin - a;
      const float u = dot(s, p) / det;
      if (u < 0.f || u > 1.f) continue;
      const Vec3 q = cross(s, e1);
      const float v = dot(direction, q) / det;
      if (v < 0.f || u + v > 1.f) continue;
      const float distance = dot(e2, q) / det;
      if (distance > minDistance && distance < maxDistance) {
        maxDistance = distance;
        best = RayHit{distance, order_[i]};
      }
    }
  }
  return best;
}

std::optional<Nearest> TriangleTree::nearest(Vec3 point, float maxDistance) const {
  float limit = maxDistance * maxDistance;
  std::optional<Nearest> best;
  struct Item {
    std::uint32_t node;
    float distance;
  };
  Item stack[kStackDepth];
  int top = 0;
  stack[top++] = {0, squaredDistance(nodes_[0].bounds, point)};
  while (top > 0) {
    const Item item = stack[--top];
    if (item.distance > limit) continue;
    const Node& node = nodes_[item.node];
    if (node.count == 0) {
      const Item left{item.node + 1, squaredDistance(nodes_[item.node + 1].bounds, point)};
      const Item right{node.first, squaredDistance(nodes_[node.first].bounds, point)};
      const bool leftFirst = left.distance <= right.distance;
      const Item &near = leftFirst ? left : right, &far = leftFirst ? right : left;
      if (far.distance <= limit) stack[top++] = far;
      stack[top++] = near;
      continue;
    }
    for (std::uint32_t i = node.first; i < node.first + node.count; ++i) {
      const Triangle& t = mesh_.triangles[order_[i]];
      const Vec3 q = nearestOnTriangle(point, mesh_.positions[t[0]], mesh_.positions[t[1]],
                                       mesh_.positions[t[2]]);
      const float d = lengthSquared(q - point);
      if (d < limit || (!best && d <= limit)) {
        limit = d;
        best = Nearest{q, d, order_[i]};
      }
    }
  }
  return best;
}

}  // namespace maquette
