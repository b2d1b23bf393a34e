#include "classical/merge_tree.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <tuple>

namespace maquette {
namespace {

constexpr float kBase = 0.01f;         // what a border without any crease costs
constexpr float kSizePower = 0.5f;     // of the smaller side's share of the area
constexpr float kContactPower = 0.5f;  // of the share of the smaller perimeter that is shared
constexpr float kNeckPower = 0.3f;     // of how wide the smaller side is for the border it has
constexpr float kHiding = 2.f;         // what it adds that neither side sees the other

struct Contact {
  float length = 0.f, crease = 0.f;
};

/// The work in progress: live regions with their neighbours.
class Merging {
 public:
  Merging(const Superfaces& faces, const Sight& sight, MergeTree& tree)
      : tree_(tree), sight_(sight), places_(faces.count()), neighbours_(faces.count()) {
    for (std::size_t i = 0; i < sight.places.size(); ++i) places_[sight.places[i]].set(i);
    for (float area : faces.areas) total_ += area;
    for (const auto& e : faces.borders) {
      neighbours_[e.a][e.b] = neighbours_[e.b][e.a] = {e.length, e.crease};
      for (const std::uint32_t n : {e.a, e.b}) {
        tree_.nodes[n].perimeter += e.length;
        tree_.nodes[n].crease += e.crease;
      }
    }
    for (const auto& e : faces.borders) push(e.a, e.b);
  }

  void run(const Context& ctx) {
    std::size_t count = 0;
    while (!queue_.empty()) {
      const auto [cost, a, b] = queue_.top();
      queue_.pop();
      if (tree_.nodes[a].parent != MergeTree::kNone || tree_.nodes[b].parent != MergeTree::kNone)
        continue;
      if (++count % 64 == 0) ctx.check();
      join(a, b, cost);
    }
  }

 private:
  using Entry = std::tuple<float, std::uint32_t, std::uint32_t>;

  float costOf(std::uint32_t a, std::uint32_t b) const {
    const Contact& c = neighbours_[a].at(b);
    const float smaller = std::min(tree_.nodes[a].area, tree_.nodes[b].area);
    const float crease = c.length > 0.f ? c.crease / c.length : 0.f;
    const float round = std::min(tree_.nodes[a].perimeter, tree_.nodes[b].perimeter);
    const float shared = round > 0.f ? std::clamp(c.length / round, 1e-3f, 1.f) : 1.f;
    // A limb hangs on a border that is short for its area; two halves of a body share a long one.
    const float neck = std::sqrt(smaller) / std::max(c.length, 1e-6f * std::sqrt(float(total_)));
    return (kBase + crease) * (1.f + kHiding * hiddenness(a, b)) *
           std::pow(float(smaller / total_), kSizePower) * std::pow(neck, kNeckPower) /
           std::pow(shared, kContactPower);
  }

  void push(std::uint32_t a, std::uint32_t b) {
    queue_.push({costOf(a, b), std::min(a, b), std::max(a, b)});
  }

  void join(std::uint32_t a, std::uint32_t b, float cost) {
    const auto made = static_cast<std::uint32_t>(tree_.nodes.size());
    auto& nodes = tree_.nodes;
    const float height = std::max({cost, nodes[a].height, nodes[b].height});
    const Contact shared = neighbours_[a].at(b);
    nodes.push_back({MergeTree::kNone, a, b, 0, 0, height, nodes[a].area + nodes[b].area,
                     std::max(0.f, nodes[a].perimeter + nodes[b].perimeter - 2.f * shared.length),
                     std::max(0.f, nodes[a].crease + nodes[b].crease - 2.f * shared.crease)});
    nodes[a].parent = nodes[b].parent = made;
    auto around = std::move(neighbours_[a]);
    for (const auto& [other, contact] : neighbours_[b]) {
      around[other].length += contact.length;
      around[other].crease += contact.crease;
    }
    around.erase(a);
    around.erase(b);
    neighbours_[b].clear();
    for (const auto& [other, contact] : around) {
      neighbours_[other].erase(a);
      neighbours_[other].erase(b);
      neighbours_[other][made] = contact;
    }
    neighbours_.push_back(std::move(around));
    places_.push_back(places_[a] | places_[b]);
    for (const auto& [other, contact] : neighbours_[made]) push(made, other);
  }

  /// Share of the pairs of places, one in each region, that do not see each other.
  float hiddenness(std::uint32_t a, std::uint32_t b) const {
    const std::size_t countA = places_[a].count(), countB = places_[b].count();
    if (countA == 0 || countB == 0) return 0.f;
    if (countA > countB) std::swap(a, b);
    std::size_t seen = 0;
    for (std::size_t i = places_[a]._Find_first(); i < Sight::kMost; i = places_[a]._Find_next(i))
      seen += (sight_.seen[i] & places_[b]).count();
    return 1.f - float(seen) / float(countA * countB);
  }

  MergeTree& tree_;
  const Sight& sight_;
  std::vector<Sight::Flags> places_;  // per region
  std::vector<std::map<std::uint32_t, Contact>> neighbours_;
  double total_ = 0.;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

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

MergeTree mergeTreeOf(const Superfaces& faces, const Sight& sight,
                      const std::vector<std::uint32_t>& shellOf, const Context& ctx) {
  MergeTree tree;
  for (const float area : faces.areas) {
    tree.nodes.emplace_back();
    tree.nodes.back().area = area;
  }
  Merging(faces, sight, tree).run(ctx);
  joinShells(faces, shellOf, tree, ctx);
  arrange(tree, faces.count());
  return tree;
}

}  // namespace maquette
