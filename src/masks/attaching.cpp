// A19: where regions without a label belong.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "masks/region_boxes.h"
#include "masks/regions.h"

namespace maquette {
namespace {

PlaceBox joined(PlaceBox a, const PlaceBox& b) {
  a.add(b.least);
  a.add(b.most);
  return a;
}

/// The largest of three as numpy finds it: what is no number wins.
double largest(const std::array<double, 3>& all) {
  for (const double one : all)
    if (std::isnan(one)) return one;
  return std::ranges::max(all);
}

/// By how much a box grows, each coordinate relative to itself.
double publishedGrowth(const PlaceBox& before, const PlaceBox& after) {
  std::array<double, 3> low, high;
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = std::abs(after.least[a] - before.least[a]) / std::abs(before.least[a]);
    high[a] = std::abs(after.most[a] - before.most[a]) / std::abs(before.most[a]);
  }
  const double a = largest(low), b = largest(high);
  return b > a ? b : a;
}

/// By how much it grows, relative to its longest side.
double soundGrowth(const PlaceBox& before, const PlaceBox& after) {
  double most = 0., side = 0.;
  for (std::size_t a = 0; a < 3; ++a) {
    most = std::max({most, before.least[a] - after.least[a], after.most[a] - before.most[a]});
    side = std::max(side, before.most[a] - before.least[a]);
  }
  return side > 0. ? most / side : std::numeric_limits<double>::max();
}

std::vector<PlaceBox> boxesOfRegions(const Surface& surface, const Regions& regions) {
  std::vector<PlaceBox> boxes(regions.count());
  for (std::size_t f = 0; f < regions.of.size(); ++f)
    for (const std::uint32_t v : surface.faces[f]) boxes[regions.of[f]].add(surface.vertices[v]);
  return boxes;
}

}  // namespace

void attachRest(const LabelledSurface& on, Regions& regions, Attaching how, const Context& ctx) {
  const std::vector<std::int32_t> before = regions.label;
  if (std::ranges::none_of(before, [](auto label) { return label < 0; })) return;
  const std::vector<PlaceBox> boxes = boxesOfRegions(on.surface, regions);
  std::vector<std::uint32_t> labelled;
  std::vector<PlaceBox> ofLabel(std::size_t(std::max(0, std::ranges::max(before) + 1)));
  for (std::uint32_t r = 0; r < before.size(); ++r) {
    if (before[r] < 0) continue;
    labelled.push_back(r);
    PlaceBox& box = ofLabel[std::size_t(before[r])];
    box = joined(box, boxes[r]);
  }
  if (labelled.empty()) return;
  const bool published = how == Attaching::published;
  const auto neighbours = regionNeighbours(on.links, regions);
  std::optional<BoxTree> tree;
  for (std::uint32_t r = 0; r < before.size(); ++r) {
    if (before[r] >= 0) continue;
    if (r % 64 == 0) ctx.check();
    std::vector<std::uint32_t> candidates;
    for (const std::uint32_t s : neighbours[r])
      if (before[s] >= 0) candidates.push_back(s);
    if (candidates.empty()) {
      if (!tree) tree.emplace(boxes, labelled, published ? BoxDistance::span : BoxDistance::gap);
      candidates.push_back(tree->nearest(boxes[r]));
    }
    double least = published ? 1e10 : std::numeric_limits<double>::infinity();
    for (const std::uint32_t s : candidates) {
      const PlaceBox& box = ofLabel[std::size_t(before[s])];
      const PlaceBox both = joined(box, boxes[r]);
      const double growth = published ? publishedGrowth(box, both) : soundGrowth(box, both);
      if (!(least > growth)) continue;
      least = growth;
      regions.label[r] = before[s];
    }
  }
}

}  // namespace maquette
