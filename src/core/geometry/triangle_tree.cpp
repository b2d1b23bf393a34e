#include "core/geometry/triangle_tree.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "core/geometry/median_split.h"

namespace maquette {
namespace {

constexpr std::uint32_t kLeafSize = 4;
constexpr int kStackDepth = 64;  // median splits: depth <= log2(F) + 1

/// Both children at once, and without branches: the innermost loop of all.
using Four [[gnu::vector_size(16)]] = float;

inline Four load(const float* from) {
  Four four;
  std::memcpy(&four, from, sizeof four);
  return four;
}
inline Four larger(Four a, Four b) { return a < b ? b : a; }

/// Slab test; the entry distance, or infinity on a miss.
float entry(Vec3 low, Vec3 high, Vec3 origin, Vec3 inverse, float tMin, float tMax) {
  const auto narrow = [&](float first, float second, float from, float by) {
    const float a = (first - from) * by, b = (second - from) * by;
    const float near = a > b ? b : a, far = a > b ? a : b;
    // NaN (0 * infinity, a ray inside the slab's plane) must not narrow the interval.
    tMin = near > tMin ? near : tMin;
    tMax = far < tMax ? far : tMax;
  };
  narrow(low.x, high.x, origin.x, inverse.x);
  narrow(low.y, high.y, origin.y, inverse.y);
  narrow(low.z, high.z, origin.z, inverse.z);
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
  nodes_.reserve(order_.size() / 2);
  Bounds box;
  root_ = build(0, static_cast<std::uint32_t>(order_.size()), faceCentres(mesh), box, ctx);
}

/// @param box  grows by what the triangles fill
/// @return     what a parent calls it: a leaf, or the index of a node
std::uint32_t TriangleTree::build(std::uint32_t begin, std::uint32_t end,
                                  const std::vector<Vec3>& centres, Bounds& box,
                                  const Context& ctx) {
  if (end - begin > 4096) ctx.check();
  if (end - begin <= kLeafSize) {
    for (std::uint32_t i = begin; i < end; ++i)
      for (const std::uint32_t v : mesh_.triangles[order_[i]]) box.add(mesh_.positions[v]);
    return kLeaf | (end - begin - 1) << 29 | begin;
  }
  Bounds spread;
  for (std::uint32_t i = begin; i < end; ++i) spread.add(centres[order_[i]]);
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  const std::uint32_t middle =
      begin + splitAtMedian(std::span(order_).subspan(begin, end - begin), centres, spread);
  for (const std::uint32_t side : {0u, 1u}) {
    Bounds half;
    const std::uint32_t child = side == 0 ? build(begin, middle, centres, half, ctx)
                                          : build(middle, end, centres, half, ctx);
    Node& node = nodes_[index];
    node.child[side] = child;
    node.low[side] = half.min.x;
    node.low[2 + side] = half.min.y;
    node.high[side] = half.max.x;
    node.high[2 + side] = half.max.y;
    node.z[side] = half.min.z;
    node.z[2 + side] = half.max.z;
    box.add(half.min);
    box.add(half.max);
  }
  return index;
}

template <class Visit>
void TriangleTree::overLeaf(std::uint32_t leaf, Visit&& visit) const {
  const std::uint32_t first = leaf & 0x1fffffffu, count = (leaf >> 29 & 3u) + 1;
  for (std::uint32_t i = first; i < first + count; ++i) {
    const Triangle& t = mesh_.triangles[order_[i]];
    visit(order_[i], mesh_.positions[t[0]], mesh_.positions[t[1]], mesh_.positions[t[2]]);
  }
}

std::optional<RayHit> TriangleTree::firstHit(Vec3 origin, Vec3 direction, float minDistance,
                                             float maxDistance) const {
  const Vec3 inverse{1.f / direction.x, 1.f / direction.y, 1.f / direction.z};
  std::optional<RayHit> best;
  struct Item {
    std::uint32_t child;
    float entry;
  };
  Item stack[kStackDepth];
  int top = 0;
  stack[top++] = {root_, minDistance};
  while (top > 0) {
    const Item item = stack[--top];
    if (item.entry > maxDistance) continue;
    if (!(item.child & kLeaf)) {
      const Node& node = nodes_[item.child];
      const auto entryOf = [&](int side) {
        return entry({node.low[side], node.low[2 + side], node.z[side]},
                     {node.high[side], node.high[2 + side], node.z[2 + side]}, origin, inverse,
                     minDistance, maxDistance);
      };
      const Item left{node.child[0], entryOf(0)}, right{node.child[1], entryOf(1)};
      const bool leftFirst = left.entry <= right.entry;
      const Item &near = leftFirst ? left : right, &far = leftFirst ? right : left;
      if (far.entry < Bounds::kInfinity) stack[top++] = far;
      if (near.entry < Bounds::kInfinity) stack[top++] = near;  // taken off first
      continue;
    }
    overLeaf(item.child, [&](std::uint32_t face, Vec3 a, Vec3 b, Vec3 c) {
      const Vec3 e1 = b - a, e2 = c - a;
      const Vec3 p = cross(direction, e2);
      const float det = dot(e1, p);
      if (det == 0.f) return;
      const Vec3 s = origin - a;
      const float u = dot(s, p) / det;
      if (u < 0.f || u > 1.f) return;
      const Vec3 q = cross(s, e1);
      const float v = dot(direction, q) / det;
      if (v < 0.f || u + v > 1.f) return;
      const float distance = dot(e2, q) / det;
      if (distance > minDistance && distance < maxDistance) {
        maxDistance = distance;
        best = RayHit{distance, face};
      }
    });
  }
  return best;
}

std::optional<Nearest> TriangleTree::nearest(Vec3 point, float maxDistance) const {
  float limit = maxDistance * maxDistance;
  std::optional<Nearest> best;
  struct Item {
    std::uint32_t child;
    float distance;
  };
  const Four xy{point.x, point.x, point.y, point.y}, zz{point.z, point.z, point.z, point.z};
  Item stack[kStackDepth];
  int top = 0;
  std::uint32_t child = root_;
  for (;;) {
    while (!(child & kLeaf)) {
      const Node& node = nodes_[child];
      const Four offXy = larger(larger(load(node.low) - xy, xy - load(node.high)), Four{});
      const Four z = load(node.z);
      const Four fromLow = z - zz, fromHigh = zz - z;  // of use: the first two, the last two
      const Four offZ = larger(larger(fromLow, Four{fromHigh[2], fromHigh[3], 0.f, 0.f}), Four{});
      const Four a = offXy * offXy, b = offZ * offZ;
      const float left = a[0] + a[2] + b[0], right = a[1] + a[3] + b[1];
      const bool second = right < left;
      const float far = second ? left : right;
      if (far <= limit) stack[top++] = {node.child[!second], far};
      if ((second ? right : left) > limit) break;
      child = node.child[second];
    }
    if (child & kLeaf)
      overLeaf(child, [&](std::uint32_t face, Vec3 a, Vec3 b, Vec3 c) {
        const Vec3 q = nearestOnTriangle(point, a, b, c);
        const float d = lengthSquared(q - point);
        if (d < limit || (!best && d <= limit)) {
          limit = d;
          best = Nearest{q, d, face};
        }
      });
    do {
      if (top == 0) return best;
      --top;
    } while (stack[top].distance > limit);
    child = stack[top].child;
  }
}

}  // namespace maquette
