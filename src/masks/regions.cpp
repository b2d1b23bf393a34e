#include "masks/regions.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "masks/face_labels.h"

namespace maquette {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr double kTiny = 0.001;  // of the area around it

double sumOf(std::span<const double> all) { return std::accumulate(all.begin(), all.end(), 0.); }

}  // namespace

Regions regionsOf(const FaceLinks& links, std::span<const std::int32_t> labels,
                  std::span<const double> areas, const Context& ctx) {
  Regions regions;
  regions.of.assign(links.faces(), kNone);
  std::vector<std::uint32_t> queue;
  for (std::uint32_t seed = 0; seed < links.faces(); ++seed) {
    if (seed % 65536 == 0) ctx.check();
    if (regions.of[seed] != kNone) continue;
    const auto region = std::uint32_t(regions.count());
    double area = 0.;
    queue.assign(1, seed);
    regions.of[seed] = region;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (i % 65536 == 65535) ctx.check();
      area += areas[queue[i]];
      for (const std::uint32_t other : links.of(queue[i]))
        if (regions.of[other] == kNone && labels[other] == labels[seed]) {
          regions.of[other] = region;
          queue.push_back(other);
        }
    }
    regions.label.push_back(labels[seed]);
    regions.area.push_back(area);
  }
  return regions;
}

void clearTiny(const LabelledSurface& on, std::vector<std::int32_t>& labels, const Context& ctx) {
  const Regions regions = regionsOf(on.links, labels, on.areas, ctx);
  const std::vector<std::int32_t> alike(labels.size(), 0);
  const Regions shells = regionsOf(on.links, alike, on.areas, ctx);
  for (std::size_t f = 0; f < labels.size(); ++f)
    if (regions.area[regions.of[f]] / (shells.area[shells.of[f]] + 1e-7) <= kTiny)
      labels[f] = kUncovered;
}

void promoteLarge(Regions& regions, std::int32_t above) {
  const double all = sumOf(regions.area);
  std::int32_t most = above;
  for (const std::int32_t label : regions.label) most = std::max(most, label);
  for (std::size_t r = 0; r < regions.count(); ++r)
    if (regions.label[r] < 0 && regions.area[r] / all > kTiny) regions.label[r] = ++most;
}

std::vector<std::vector<std::uint32_t>> regionNeighbours(const FaceLinks& links,
                                                         const Regions& regions) {
  std::vector<std::vector<std::uint32_t>> neighbours(regions.count());
  for (const auto& [a, b] : links.pairs) {
    const std::uint32_t r = regions.of[a], s = regions.of[b];
    if (r == s) continue;
    neighbours[r].push_back(s);
    neighbours[s].push_back(r);
  }
  for (auto& list : neighbours) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return neighbours;
}

void mergeSmall(const FaceLinks& links, Regions& regions, double threshold) {
  constexpr double kSmall = 0.01;
  const double all = sumOf(regions.area);
  std::vector<std::uint32_t> order(regions.count());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::greater(), [&](auto r) { return regions.area[r] / all; });
  std::vector<double> sums(regions.count());
  double sum = 0.;
  for (const std::uint32_t r : order) sums[r] = sum += regions.area[r] / all;
  const auto neighbours = regionNeighbours(links, regions);
  for (const std::uint32_t r : order) {
    if (!(sums[r] > threshold) || !(regions.area[r] / all < kSmall)) continue;
    double largest = 0.;
    for (const std::uint32_t s : neighbours[r])
      if (sums[s] <= threshold && regions.area[s] / all > largest) {
        largest = regions.area[s] / all;
        regions.label[r] = regions.label[s];
      }
  }
}

std::vector<std::int32_t> faceLabels(const Regions& regions) {
  std::vector<std::int32_t> labels;
  labels.reserve(regions.of.size());
  for (const std::uint32_t r : regions.of) labels.push_back(regions.label[r]);
  return labels;
}

std::vector<PlaceBox> labelBoxes(const Surface& surface, std::span<const std::int32_t> labels) {
  std::map<std::int32_t, PlaceBox> boxes;
  for (std::size_t f = 0; f < labels.size(); ++f) {
    if (labels[f] < 0) continue;
    PlaceBox& box = boxes[labels[f]];
    for (const std::uint32_t v : surface.faces[f]) box.add(surface.vertices[v]);
  }
  std::vector<PlaceBox> all;
  for (const auto& [label, box] : boxes) all.push_back(box);
  return all;
}

}  // namespace maquette
