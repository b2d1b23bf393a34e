#include "solid/winding_number.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/geometry/median_split.h"

namespace maquette {
namespace {

constexpr std::uint32_t kLeafSize = 8;
constexpr float kFar = 3.5f;  // radii; Barill's beta: errors stay below two hundredths
constexpr int kStackDepth = 64;

/// Signed solid angle over 4 pi (van Oosterom and Strackee 1983).
double solidAngle(Vec3 a, Vec3 b, Vec3 c) {
  const double la = double(length(a)), lb = double(length(b)), lc = double(length(c));
  const double det = double(dot(a, cross(b, c)));
  const double div =
      la * lb * lc + double(dot(a, b)) * lc + double(dot(b, c)) * la + double(dot(c, a)) * lb;
  if (det == 0. && div == 0.) return 0.;
  return std::atan2(det, div) / (2. * std::numbers::pi);
}

}  // namespace

WindingNumber::WindingNumber(const Mesh& mesh, std::span<const std::uint32_t> faces,
                             const Context& ctx)
    : mesh_(mesh), order_(faces.begin(), faces.end()) {
  if (order_.empty()) {
    order_.resize(mesh.triangles.size());
    std::iota(order_.begin(), order_.end(), 0u);
  }
  nodes_.reserve(order_.size());
  if (!order_.empty()) build(0, static_cast<std::uint32_t>(order_.size()), faceCentres(mesh), ctx);
}

void WindingNumber::summarise(Node& node, std::uint32_t begin, std::uint32_t end) const {
  Vec3 weighted, plain;
  float area = 0.f;
  for (std::uint32_t i = begin; i < end; ++i) {
    const Triangle& t = mesh_.triangles[order_[i]];
    const Vec3 n = areaVector(mesh_, t) * 0.5f;
    const float a = length(n);
    node.dipole += n;
    weighted += faceCentre(mesh_, t) * a;
    plain += faceCentre(mesh_, t);
    area += a;
  }
  node.centre = area > 0.f ? weighted / area : plain / float(end - begin);
  for (std::uint32_t i = begin; i < end; ++i)
    for (const std::uint32_t v : mesh_.triangles[order_[i]])
      node.radius = std::max(node.radius, length(mesh_.positions[v] - node.centre));
}

std::uint32_t WindingNumber::build(std::uint32_t begin, std::uint32_t end,
                                   const std::vector<Vec3>& centres, const Context& ctx) {
  if (end - begin > 4096) ctx.check();
  const auto index = static_cast<std::uint32_t>(nodes_.size());
  nodes_.emplace_back();
  summarise(nodes_[index], begin, end);
  if (end - begin <= kLeafSize) {
    nodes_[index].first = begin;
    nodes_[index].count = end - begin;
    return index;
  }
  Bounds spread;
  for (std::uint32_t i = begin; i < end; ++i) spread.add(centres[order_[i]]);
  const std::uint32_t middle =
      begin + splitAtMedian(std::span(order_).subspan(begin, end - begin), centres, spread);
  build(begin, middle, centres, ctx);
  const std::uint32_t right = build(middle, end, centres, ctx);
  nodes_[index].first = right;
  return index;
}

double WindingNumber::at(Vec3 point) const {
  if (nodes_.empty()) return 0.;
  double sum = 0.;
  std::uint32_t stack[kStackDepth];
  int top = 0;
  stack[top++] = 0;
  while (top > 0) {
    const std::uint32_t index = stack[--top];
    const Node& node = nodes_[index];
    const Vec3 d = node.centre - point;
    const float squared = lengthSquared(d);
    if (squared > kFar * kFar * node.radius * node.radius) {
      const double l = std::sqrt(double(squared));
      sum += double(dot(node.dipole, d)) / (l * l * l) / (4. * std::numbers::pi);
    } else if (node.count == 0) {
      stack[top++] = node.first;
      stack[top++] = index + 1;
    } else {
      for (std::uint32_t i = node.first; i < node.first + node.count; ++i) {
        const Triangle& t = mesh_.triangles[order_[i]];
        sum += solidAngle(mesh_.positions[t[0]] - point, mesh_.positions[t[1]] - point,
                          mesh_.positions[t[2]] - point);
      }
    }
  }
  return sum;
}

}  // namespace maquette
