#include "classical/merge_tree.h"

#include <algorithm>
#include <utility>

#include "classical/region_merging.h"

namespace maquette {
namespace {

/// The patches, before any is joined.
RegionMerging startOf(const Superfaces& faces, const std::vector<NormalFit>& fits,
                      const Sight& sight) {
  std::vector<RegionMerging::Region> patches(faces.count());
  double area = 0.;
  for (std::uint32_t i = 0; i < faces.count(); ++i) {
    patches[i].area = faces.areas[i];
    patches[i].fit = fits[i];
    area += faces.areas[i];
  }
  for (std::size_t i = 0; i < sight.places.size(); ++i) patches[sight.places[i]].places.set(i);
  for (const auto& e : faces.borders)
    for (const std::uint32_t n : {e.a, e.b}) {
      patches[n].perimeter += e.length;
      patches[n].crease += e.crease;
    }
  RegionMerging merging(sight, area);
  for (RegionMerging::Region& patch : patches) merging.add(std::move(patch));
  for (const auto& e : faces.borders) merging.touch(e.a, e.b, e.length, e.crease);
  return merging;
}

/// Joins within the shells.
void joinPatches(RegionMerging merging, std::uint32_t leaves, MergeTree& tree, const Context& ctx) {
  const std::vector<RegionMerging::Join> joins = merging.run(ctx);
  tree.nodes.resize(leaves + joins.size());
  for (std::uint32_t n = 0; n < tree.nodes.size(); ++n) {
    const RegionMerging::Region& region = merging.region(n);
    MergeTree::Node& node = tree.nodes[n];
    node.area = region.area;
    node.perimeter = region.perimeter;
    node.crease = region.crease;
    if (n < leaves) continue;
    const auto& [left, right, cost] = joins[n - leaves];
    node.left = left;
    node.right = right;
    node.height = std::max({cost, tree.nodes[left].height, tree.nodes[right].height});
    tree.nodes[left].parent = tree.nodes[right].parent = n;
  }
}

/// The shortest distance between centres, squared; of large shells a sample is enough to tell near
/// from far.
float gapBetween(const Superfaces& faces, const std::vector<std::uint32_t>& a,
                 const std::vector<std::uint32_t>& b) {
  constexpr std::size_t kProbe = 64;
  const std::size_t strideA = a.size() / kProbe + 1, strideB = b.size() / kProbe + 1;
  float gap = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < a.size(); i += strideA)
    for (std::size_t j = 0; j < b.size(); j += strideB)
      gap = std::min(gap, lengthSquared(faces.centres[a[i]] - faces.centres[b[j]]));
  return gap;
}

/// Joins the shells' roots along the shortest connections between superface centres.
void joinShells(const Superfaces& faces, const std::vector<std::uint32_t>& shellOf, MergeTree& tree,
                const Context& ctx) {
  std::vector<std::uint32_t> roots;  // by shell
  std::vector<std::vector<std::uint32_t>> members;
  for (std::uint32_t i = 0; i < faces.count(); ++i) {
    if (shellOf[i] >= roots.size()) {
      roots.resize(shellOf[i] + 1, MergeTree::kNone);
      members.resize(shellOf[i] + 1);
    }
    members[shellOf[i]].push_back(i);
  }
  if (roots.size() < 2) return;
  for (std::size_t s = 0; s < roots.size(); ++s) {
    std::uint32_t node = members[s].front();
    while (tree.nodes[node].parent != MergeTree::kNone) node = tree.nodes[node].parent;
    roots[s] = node;
  }
  // Kruskal's algorithm. With very many shells (loose triangles) only those that follow each other
  // along the space-filling curve are compared.
  const std::size_t count = roots.size();
  const std::size_t window =
      count <= 1500 ? count : std::clamp<std::size_t>(4000000 / count, 1, 64);
  struct Bridge {
    float distance;
    std::uint32_t a, b;
  };
  std::vector<Bridge> bridges;
  for (std::uint32_t a = 0; a < count; ++a) {
    if (a % 16 == 0) ctx.check();
    for (std::uint32_t b = a + 1; b < std::min(count, a + 1 + window); ++b)
      bridges.push_back({gapBetween(faces, members[a], members[b]), a, b});
  }
  std::ranges::stable_sort(bridges, {}, &Bridge::distance);
  for (std::size_t i = 0; i < bridges.size(); ++i) {
    std::uint32_t a = roots[bridges[i].a], b = roots[bridges[i].b];
    while (tree.nodes[a].parent != MergeTree::kNone) a = tree.nodes[a].parent;
    while (tree.nodes[b].parent != MergeTree::kNone) b = tree.nodes[b].parent;
    roots[bridges[i].a] = a;  // shortens the next climb
    roots[bridges[i].b] = b;
    if (a == b) continue;
    const auto made = static_cast<std::uint32_t>(tree.nodes.size());
    const float height = MergeTree::kShellHeight * (1.f + float(i) / float(bridges.size()));
    tree.nodes.push_back(
        {MergeTree::kNone, a, b, 0, 0, height, tree.nodes[a].area + tree.nodes[b].area, 0.f, 0.f});
    tree.nodes[a].parent = tree.nodes[b].parent = made;
    roots[bridges[i].a] = roots[bridges[i].b] = made;
  }
}

/// Numbers the leaves so that each node covers a range.
void arrange(MergeTree& tree, std::uint32_t leaves) {
  tree.place.assign(leaves, 0);
  tree.order.assign(leaves, 0);
  for (std::uint32_t n = 0; n < leaves; ++n) tree.nodes[n].end = 1;  // sizes first
  for (std::uint32_t n = leaves; n < tree.nodes.size(); ++n)
    tree.nodes[n].end = tree.nodes[tree.nodes[n].left].end + tree.nodes[tree.nodes[n].right].end;
  for (std::uint32_t n = tree.root() + 1; n-- > leaves;) {
    auto& node = tree.nodes[n];
    auto &left = tree.nodes[node.left], &right = tree.nodes[node.right];
    left.begin = node.begin;
    left.end += node.begin;
    right.begin = left.end;
    right.end = node.end;
  }
  for (std::uint32_t n = 0; n < leaves; ++n) {
    tree.place[n] = tree.nodes[n].begin;
    tree.order[tree.place[n]] = n;
  }
}

}  // namespace

MergeTree mergeTreeOf(const Superfaces& faces, const std::vector<NormalFit>& fits,
                      const Sight& sight, const std::vector<std::uint32_t>& shellOf,
                      const Context& ctx) {
  MergeTree tree;
  joinPatches(startOf(faces, fits, sight), faces.count(), tree, ctx);
  joinShells(faces, shellOf, tree, ctx);
  arrange(tree, faces.count());
  return tree;
}

}  // namespace maquette
