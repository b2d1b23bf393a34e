#include "core/segmentation/segmentation.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/base/error.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"

namespace maquette {
namespace {

std::string nameFor(const std::vector<Part>& parts) {
  std::set<std::string> taken;
  for (const Part& part : parts) taken.insert(part.name);
  for (std::size_t n = parts.size() + 1;; ++n) {
    std::string name = "Part " + std::to_string(n);
    if (!taken.contains(name)) return name;
  }
}

/// Writes `target` where the mask is set; forgets solids of parts that gained or lost triangles,
/// and parts that lost their last one.
Segmentation relabelled(const Segmentation& before, const FaceMask& mask, PartId target) {
  if (!before.labels || mask.size() != before.labels->size())
    throw InvalidInput("This selection belongs to another mesh. Select again.");
  auto labels = std::make_shared<Labels>(*before.labels);
  std::set<PartId> touched, alive;
  for (std::size_t f = 0; f < mask.size(); ++f) {
    PartId& label = (*labels)[f];
    if (mask[f] && label != target) {
      touched.insert(label);
      touched.insert(target);
      label = target;
    }
    alive.insert(label);
  }
  Segmentation after = before;
  after.labels = labels;
  std::erase_if(after.parts, [&](const Part& part) { return !alive.contains(part.id); });
  for (Part& part : after.parts)
    if (touched.contains(part.id)) part.solid = nullptr;
  return after;
}

}  // namespace

const Part* Segmentation::find(PartId id) const {
  const auto found = std::ranges::find(parts, id, &Part::id);
  return found == parts.end() ? nullptr : &*found;
}

Rgb partColour(std::size_t n) {
  // Okabe and Ito's eight without black, which would hide shading, and without their red-orange
  // next to each other; then four between them in hue at a similar lightness.
  constexpr std::array<Rgb, 12> kColours{{{86, 180, 233},
                                          {230, 159, 0},
                                          {0, 158, 115},
                                          {204, 121, 167},
                                          {240, 228, 66},
                                          {0, 114, 178},
                                          {213, 94, 0},
                                          {148, 133, 208},
                                          {166, 206, 120},
                                          {170, 120, 80},
                                          {150, 170, 185},
                                          {245, 182, 160}}};
  return kColours[n % kColours.size()];
}

Segmentation segmentationFrom(Labels labels) {
  Segmentation made;
  const std::set<PartId> ids(labels.begin(), labels.end());
  for (const PartId id : ids) {
    if (id == PartId::none) continue;
    made.parts.push_back({id, nameFor(made.parts), partColour(made.parts.size()), nullptr});
  }
  made.labels = std::make_shared<Labels>(std::move(labels));
  return made;
}

Segmentation withNewPart(const Segmentation& before, const FaceMask& mask, std::size_t triangles) {
  if (std::ranges::find(mask, 1) == mask.end())
    throw InvalidInput("Nothing is selected. Click the part first.");
  Segmentation base = before;
  if (!base.labels) base.labels = std::make_shared<Labels>(triangles, PartId::none);
  std::uint32_t next = 1;
  for (const Part& part : base.parts) next = std::max(next, std::uint32_t(part.id) + 1);
  if (next > 0xffff) throw InvalidInput("There are too many parts. Merge some first.");
  // The least used colour, so that two parts look alike only when there are more than twelve.
  std::array<int, 12> uses{};
  for (const Part& part : base.parts)
    for (std::size_t c = 0; c < uses.size(); ++c) uses[c] += part.colour == partColour(c);
  const auto colour = std::size_t(std::ranges::min_element(uses) - uses.begin());
  const auto id = static_cast<PartId>(next);
  Part part{id, nameFor(base.parts), partColour(colour), nullptr};
  base.parts.push_back(std::move(part));
  return relabelled(base, mask, id);
}

Segmentation withReassigned(const Segmentation& before, const FaceMask& mask, PartId target) {
  if (target != PartId::none && !before.find(target))
    throw InvalidInput("The part to add to is gone. Choose another.");
  return relabelled(before, mask, target);
}

std::size_t countOf(const Segmentation& segmentation, PartId id) {
  return segmentation.labels ? std::size_t(std::ranges::count(*segmentation.labels, id)) : 0;
}

Labels withNeighboursFilled(const Mesh& mesh, const Labels& labels) {
  const Welded welded = weld(mesh, false);
  const EdgeTable edges = edgesOf(welded.mesh);
  Labels filled = labels;
  std::vector<std::uint32_t> queue;
  for (std::uint32_t f = 0; f < filled.size(); ++f)
    if (filled[f] != PartId::none) queue.push_back(f);
  for (std::size_t head = 0; head < queue.size(); ++head) {
    const std::uint32_t face = queue[head];
    for (const std::uint32_t e : edges.ofFace[face]) {
      if (e == EdgeTable::kNoEdge) continue;
      for (const std::uint32_t next : edges.facesOf(edges.edges[e])) {
        if (filled[next] != PartId::none) continue;
        filled[next] = filled[face];
        queue.push_back(next);
      }
    }
  }
  return filled;
}

}  // namespace maquette
