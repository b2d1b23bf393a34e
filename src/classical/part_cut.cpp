#include "classical/part_cut.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <tuple>

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr float kTiny = 0.003f;     // of the area: below, a region is no part of its own
constexpr int kMostByItself = 12;   // parts when nobody says how many; shells may add to it
constexpr float kStandsOut = 0.5f;  // the least height of a join that separates parts
constexpr float kPerhaps = 0.15f;   // the least height of one that might
constexpr float kJump = 0.12f;      // a join this much lower than the one before ends the list

struct Cut {
  std::vector<std::uint32_t> regions;  // nodes
  std::vector<std::uint32_t> orphans;  // nodes too small to count
  std::vector<float> heights;          // of the joins undone, in order
};

/// Undoes joins from the highest down until there are `parts` regions.
Cut undo(const MergeTree& tree, std::size_t parts, float tiny) {
  Cut cut;
  std::priority_queue<std::pair<float, std::uint32_t>> open;
  open.push({tree.nodes[tree.root()].height, tree.root()});
  while (open.size() + cut.regions.size() < parts && !open.empty()) {
    const auto [height, index] = open.top();
    open.pop();
    const MergeTree::Node& node = tree.nodes[index];
    if (node.leaf()) {
      cut.regions.push_back(index);
      continue;
    }
    auto [small, large] = std::pair{node.left, node.right};
    if (tree.nodes[small].area > tree.nodes[large].area) std::swap(small, large);
    open.push({tree.nodes[large].height, large});
    if (tree.nodes[small].area < tiny) {
      cut.orphans.push_back(small);
    } else {
      open.push({tree.nodes[small].height, small});
      cut.heights.push_back(height);
    }
  }
  for (; !open.empty(); open.pop()) cut.regions.push_back(open.top().second);
  return cut;
}

std::size_t countByItself(const MergeTree& tree, float tiny) {
  const Cut cut = undo(tree, 200, tiny);
  std::size_t count = 1;
  float last = 0.f;
  std::size_t within = 0;
  for (const float height : cut.heights) {
    if (height >= MergeTree::kShellHeight) {
      ++count;
      continue;
    }
    if (height < kStandsOut || (last > 0.f && height < kJump * last) || within + 1 >= kMostByItself)
      break;
    last = height;
    ++within;
    ++count;
  }
  return count;
}

/// Orphans join the region they touch most, or where they touch none, the nearest.
void adoptOrphans(const Superfaces& faces, std::vector<std::uint32_t>& region) {
  while (std::ranges::find(region, kNone) != region.end()) {
    std::map<std::uint32_t, std::map<std::uint32_t, float>> touching;  // orphan, region, length
    for (const auto& e : faces.borders)
      for (const auto& [one, other] : {std::pair{e.a, e.b}, std::pair{e.b, e.a}})
        if (region[one] == kNone && region[other] != kNone)
          touching[one][region[other]] += e.length - 0.9f * e.crease;
    for (const auto& [one, lengths] : touching)
      region[one] = std::ranges::max_element(lengths, [](const auto& l, const auto& r) {
                      return l.second < r.second;
                    })->first;
    if (!touching.empty()) continue;
    const auto lost = std::uint32_t(std::ranges::find(region, kNone) - region.begin());
    float nearest = std::numeric_limits<float>::infinity();
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i < region.size(); ++i) {
      const float d = lengthSquared(faces.centres[i] - faces.centres[lost]);
      if (region[i] == kNone || d >= nearest) continue;
      nearest = d;
      found = region[i];
    }
    region[lost] = found;
  }
}

std::vector<std::uint32_t> regionsOf(const Cut& cut, const MergeTree& tree,
                                     const Superfaces& faces) {
  std::vector<std::uint32_t> region(faces.count(), kNone);
  std::uint32_t next = 0;
  for (const std::uint32_t node : cut.regions) {
    for (std::uint32_t i = tree.nodes[node].begin; i < tree.nodes[node].end; ++i)
      region[tree.order[i]] = next;
    ++next;
  }
  adoptOrphans(faces, region);
  return region;
}

}  // namespace

std::vector<std::uint32_t> cutInto(const MergeTree& tree, const Superfaces& faces, int parts) {
  float tiny = kTiny * tree.nodes[tree.root()].area;
  const std::size_t wanted = parts > 0 ? std::size_t(parts) : countByItself(tree, tiny);
  Cut cut = undo(tree, wanted, tiny);
  for (int i = 0; i < 4 && cut.regions.size() < wanted; ++i) {
    tiny = i < 3 ? tiny / 8.f : 0.f;
    cut = undo(tree, wanted, tiny);
  }
  return regionsOf(cut, tree, faces);
}

std::vector<std::uint32_t> cutFinely(const MergeTree& tree, const Superfaces& faces) {
  constexpr std::size_t kMost = 40;
  const float tiny = kTiny * tree.nodes[tree.root()].area;
  const std::vector<float> heights = undo(tree, kMost, tiny).heights;
  const auto count = std::ranges::count_if(heights, [](float h) { return h > kPerhaps; });
  return regionsOf(undo(tree, std::size_t(count) + 1, tiny), tree, faces);
}

}  // namespace maquette
