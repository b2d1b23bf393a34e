#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/geometry/vec.h"

namespace maquette {

/// Calls visit(x, y, wa, wb, wc) for every pixel whose centre lies in the triangle, with its
/// barycentric weights. Corners in pixels, y down, pixel (0, 0) has its centre at (0.5, 0.5).
/// Shared edges are visited once (top-left rule), either winding is drawn.
template <class Visit>
void rasteriseTriangle(Vec3 a, Vec3 b, Vec3 c, int width, int rowBegin, int rowEnd, Visit&& visit) {
  double area = double(b.x - a.x) * (c.y - a.y) - double(b.y - a.y) * (c.x - a.x);
  if (area == 0.) return;
  const bool swapped = area < 0.;
  if (swapped) {
    std::swap(b, c);
    area = -area;
  }
  const int x0 = std::max(0, int(std::ceil(std::min({a.x, b.x, c.x}) - 0.5f)));
  const int x1 = std::min(width - 1, int(std::floor(std::max({a.x, b.x, c.x}) - 0.5f)));
  const int y0 = std::max(rowBegin, int(std::ceil(std::min({a.y, b.y, c.y}) - 0.5f)));
  const int y1 = std::min(rowEnd - 1, int(std::floor(std::max({a.y, b.y, c.y}) - 0.5f)));
  if (x0 > x1 || y0 > y1) return;
  // Edge functions in double: positive inside, exact enough that neighbours agree on a shared edge.
  struct EdgeFunction {
    double dx, dy, value;
    bool inclusive;
  };
  const auto edge = [&](Vec3 p, Vec3 q) {
    const double dx = -(double(q.y) - p.y), dy = double(q.x) - p.x;
    const double value = dx * (x0 + 0.5 - p.x) + dy * (y0 + 0.5 - p.y);
    return EdgeFunction{dx, dy, value, dx > 0. || (dx == 0. && dy > 0.)};
  };
  EdgeFunction ea = edge(b, c), eb = edge(c, a), ec = edge(a, b);
  const auto inside = [](const EdgeFunction& e, double v) {
    return v > 0. || (v == 0. && e.inclusive);
  };
  for (int y = y0; y <= y1; ++y) {
    double va = ea.value, vb = eb.value, vc = ec.value;
    for (int x = x0; x <= x1; ++x) {
      if (inside(ea, va) && inside(eb, vb) && inside(ec, vc)) {
        const float wa = float(va / area), wb = float(vb / area), wc = float(vc / area);
        if (swapped)
          visit(x, y, wa, wc, wb);
        else
          visit(x, y, wa, wb, wc);
      }
      va += ea.dx;
      vb += eb.dx;
      vc += ec.dx;
    }
    ea.value += ea.dy;
    eb.value += eb.dy;
    ec.value += ec.dy;
  }
}

}  // namespace maquette
