#include "classical/view_colours.h"

#include <algorithm>
#include <cmath>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

/// What faces a view half as much as another gets this share of its weight: a narrow seam.
constexpr float kSharpness = 4.f;
constexpr float kLeastWeight = 1e-4f;  // of the front: what looks straight up or down

/// How much a surface with this normal faces a side, [0, 1].
float facing(Side side, Vec3 n) {
  switch (side) {
    case Side::front:
      return std::max(0.f, -n.y);
    case Side::back:
      return std::max(0.f, n.y);
    case Side::left:
      return std::max(0.f, -n.x);
    case Side::right:
      return std::max(0.f, n.x);
  }
  return 0.f;
}

Side opposite(Side side) {
  switch (side) {
    case Side::front:
      return Side::back;
    case Side::back:
      return Side::front;
    case Side::left:
      return Side::right;
    case Side::right:
      return Side::left;
  }
  return side;
}

}  // namespace

Rgb colourAt(const Image& picture, double x, double y) {
  const double cx = std::clamp(x - 0.5, 0., double(picture.width - 1));
  const double cy = std::clamp(y - 0.5, 0., double(picture.height - 1));
  const int ix = static_cast<int>(cx), iy = static_cast<int>(cy);
  const int jx = std::min(ix + 1, picture.width - 1), jy = std::min(iy + 1, picture.height - 1);
  const double tx = cx - ix, ty = cy - iy;
  const auto mixed = [&](std::uint8_t Rgba::*c) {
    const double above = picture.at(ix, iy).*c * (1 - tx) + picture.at(jx, iy).*c * tx;
    const double below = picture.at(ix, jy).*c * (1 - tx) + picture.at(jx, jy).*c * tx;
    return static_cast<std::uint8_t>(std::lround(above * (1 - ty) + below * ty));
  };
  return {mixed(&Rgba::r), mixed(&Rgba::g), mixed(&Rgba::b)};
}

std::vector<Rgb> paintFromViews(const Mesh& mesh, const AlignedViews& views,
                                const std::array<const Image*, 4>& pictures, const Context& ctx) {
  std::vector<Rgb> colours(mesh.positions.size());
  parallelFor(colours.size(), 8192, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t v = begin; v < end; ++v) {
      const Vec3 p = mesh.positions[v], n = mesh.normals[v];
      const double row = views.margin + views.height - double(p.z);
      float weights = 0.f;
      Vec3 sum;
      for (const AlignedView& view : views.views) {
        float w = facing(view.side, n);
        if (!views.has(opposite(view.side))) w = std::max(w, facing(opposite(view.side), n));
        w = std::pow(w, kSharpness) + (view.side == Side::front ? kLeastWeight : 0.f);
        if (w <= 0.f) continue;
        const bool frontal = view.side == Side::front || view.side == Side::back;
        const double column = views.margin + double(frontal ? p.x : p.y);
        const ViewMap& m = view.map;
        const Rgb c = colourAt(*pictures[static_cast<std::size_t>(view.side)],
                               m.offsetX + m.scaleX * column, m.offsetY + m.scaleY * row);
        sum += Vec3{float(c.r), float(c.g), float(c.b)} * w;
        weights += w;
      }
      const Vec3 mean = sum / weights;
      colours[v] = {static_cast<std::uint8_t>(std::lround(mean.x)),
                    static_cast<std::uint8_t>(std::lround(mean.y)),
                    static_cast<std::uint8_t>(std::lround(mean.z))};
    }
  });
  return colours;
}

}  // namespace maquette
