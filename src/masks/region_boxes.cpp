#include "masks/region_boxes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace maquette {
namespace {

constexpr std::uint32_t kLeaf = 8;

/// The norm of what each axis gives; in this order always, so that bounds bound what was rounded.
template <class Axis>
double norm(const Axis& axis) {
  double sum = 0.;
  for (std::size_t a = 0; a < 3; ++a) {
    const double one = std::max(0., axis(a));
    sum += one * one;
  }
  return std::sqrt(sum);
}

double volumeOf(const PlaceBox& box) {
  return (box.most[0] - box.least[0]) * (box.most[1] - box.least[1]) * (box.most[2] - box.least[2]);
}

}  // namespace

BoxTree::BoxTree(std::span<const PlaceBox> boxes, std::vector<std::uint32_t> among,
                 BoxDistance distance)
    : boxes_(boxes), among_(std::move(among)), distance_(distance) {
  build(0, std::uint32_t(among_.size()));
}

std::uint32_t BoxTree::build(std::uint32_t begin, std::uint32_t end) {
  const auto at = std::uint32_t(nodes_.size());
  Node node;
  node.begin = begin;
  node.end = end;
  for (std::uint32_t i = begin; i < end; ++i) {
    node.least.add(boxes_[among_[i]].least);
    node.most.add(boxes_[among_[i]].most);
  }
  nodes_.push_back(node);
  if (end - begin <= kLeaf) return at;
  std::size_t axis = 0;
  for (std::size_t a = 1; a < 3; ++a)
    if (node.least.most[a] - node.least.least[a] > node.least.most[axis] - node.least.least[axis])
      axis = a;
  const std::uint32_t middle = begin + (end - begin) / 2;
  std::nth_element(among_.begin() + begin, among_.begin() + middle, among_.begin() + end,
                   [&](std::uint32_t i, std::uint32_t j) {
                     return std::tuple(boxes_[i].least[axis], i) <
                            std::tuple(boxes_[j].least[axis], j);
                   });
  build(begin, middle);
  const std::uint32_t right = build(middle, end);
  nodes_[at].right = right;
  return at;
}

double BoxTree::distance(const PlaceBox& to, const PlaceBox& from) const {
  if (distance_ == BoxDistance::gap)
    return norm([&](std::size_t a) {
      return std::max(to.least[a] - from.most[a], from.least[a] - to.most[a]);
    });
  return norm([&](std::size_t a) {
    return std::max(to.most[a] - from.least[a], from.most[a] - to.least[a]);
  });
}

double BoxTree::atLeast(const Node& node, const PlaceBox& from) const {
  if (distance_ == BoxDistance::gap)
    return norm([&](std::size_t a) {
      return std::max(node.least.least[a] - from.most[a], from.least[a] - node.most.most[a]);
    });
  return norm([&](std::size_t a) {
    return std::max(node.most.least[a] - from.least[a], from.most[a] - node.least.most[a]);
  });
}

std::uint32_t BoxTree::nearest(const PlaceBox& from) const {
  using Rank = std::tuple<double, double, std::uint32_t>;  // distance, volume, place
  constexpr double kFar = std::numeric_limits<double>::infinity();
  Rank best{kFar, kFar, among_[0]};
  std::vector<std::uint32_t> stack{0};
  while (!stack.empty()) {
    const Node& node = nodes_[stack.back()];
    const std::uint32_t left = stack.back() + 1;
    stack.pop_back();
    if (atLeast(node, from) > std::get<0>(best)) continue;
    if (node.right == 0) {
      for (std::uint32_t i = node.begin; i < node.end; ++i) {
        const PlaceBox& to = boxes_[among_[i]];
        best = std::min(best, Rank{distance(to, from), volumeOf(to), among_[i]});
      }
      continue;
    }
    // The nearer half first: it leaves less of the other.
    const bool leftFirst = atLeast(nodes_[left], from) <= atLeast(nodes_[node.right], from);
    stack.push_back(leftFirst ? node.right : left);
    stack.push_back(leftFirst ? left : node.right);
  }
  return std::get<2>(best);
}

}  // namespace maquette
