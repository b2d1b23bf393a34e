#include "masks/unconnected.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/jobs/parallel.h"
#include "masks/face_labels.h"
#include "masks/random_streams.h"

namespace maquette {
namespace {

using Point = std::array<float, 3>;

Point pointAt(std::span<const double> places, std::size_t i) {
  return {float(places[3 * i]), float(places[3 * i + 1]), float(places[3 * i + 2])};
}

/// A balanced tree that lies in an array: the middle of every range splits it (Bentley 1975).
class PointTree {
 public:
  struct Entry {
    Point at;
    std::uint32_t number;
  };
  explicit PointTree(std::vector<Entry> entries) : entries_(std::move(entries)) {
    axis_.resize(entries_.size());
    build(0, entries_.size());
  }

  std::uint32_t nearest(const Point& to) const {
    Best best{std::numeric_limits<float>::infinity(), 0};
    search(to, 0, entries_.size(), best);
    return best.second;
  }

 private:
  using Best = std::pair<float, std::uint32_t>;  // squared distance, number
  static constexpr std::size_t kLeaf = 8;

  void build(std::size_t begin, std::size_t end) {
    if (end - begin <= kLeaf) return;
    Point least = entries_[begin].at, most = least;
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t a = 0; a < 3; ++a) {
        least[a] = std::min(least[a], entries_[i].at[a]);
        most[a] = std::max(most[a], entries_[i].at[a]);
      }
    std::size_t axis = 0;
    for (std::size_t a = 1; a < 3; ++a)
      if (most[a] - least[a] > most[axis] - least[axis]) axis = a;
    const std::size_t middle = begin + (end - begin) / 2;
    std::nth_element(entries_.begin() + std::ptrdiff_t(begin),
                     entries_.begin() + std::ptrdiff_t(middle),
                     entries_.begin() + std::ptrdiff_t(end),
                     [&](const Entry& x, const Entry& y) { return x.at[axis] < y.at[axis]; });
    axis_[middle] = std::uint8_t(axis);
    build(begin, middle);
    build(middle + 1, end);
  }

  void look(const Point& to, std::size_t i, Best& best) const {
    float sum = 0.f;
    for (std::size_t a = 0; a < 3; ++a) {
      const float d = to[a] - entries_[i].at[a];
      sum += d * d;
    }
    best = std::min(best, Best{sum, entries_[i].number});
  }

  void search(const Point& to, std::size_t begin, std::size_t end, Best& best) const {
    if (end - begin <= kLeaf) {
      for (std::size_t i = begin; i < end; ++i) look(to, i, best);
      return;
    }
    const std::size_t middle = begin + (end - begin) / 2;
    const std::size_t axis = axis_[middle];
    const float off = to[axis] - entries_[middle].at[axis];
    look(to, middle, best);
    if (off < 0.f)
      search(to, begin, middle, best);
    else
      search(to, middle + 1, end, best);
    if (off * off > best.first) return;  // equal ones may have a smaller number
    if (off < 0.f)
      search(to, middle + 1, end, best);
    else
      search(to, begin, middle, best);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint8_t> axis_;
};

}  // namespace

std::vector<double> facePoints(const Surface& surface, std::span<const double> u,
                               std::span<const double> v) {
  std::vector<double> points;
  points.reserve(3 * kPointsPerFace * surface.faces.size());
  for (std::size_t i = 0; i < kPointsPerFace * surface.faces.size(); ++i) {
    const Triangle& face = surface.faces[i / kPointsPerFace];
    const double root = std::sqrt(u[i]);
    const double weights[3] = {1. - root, root * (1. - v[i]), root * v[i]};
    for (std::size_t a = 0; a < 3; ++a)
      points.push_back(weights[0] * surface.vertices[face[0]][a] +
                       weights[1] * surface.vertices[face[1]][a] +
                       weights[2] * surface.vertices[face[2]][a]);
  }
  return points;
}

std::vector<double> facePoints(const Surface& surface, std::uint32_t seed) {
  Mt19937 stream(seed);
  std::vector<double> u(kPointsPerFace * surface.faces.size()), v(u.size());
  for (double& one : u) one = stream.uniform();
  for (double& one : v) one = stream.uniform();
  return facePoints(surface, u, v);
}

std::vector<std::uint32_t> nearestSamples(std::span<const double> points,
                                          std::span<const double> samples,
                                          std::span<const std::int32_t> labels,
                                          const Context& ctx) {
  std::vector<PointTree::Entry> entries;
  for (std::uint32_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= 0) entries.push_back({pointAt(samples, i), i});
  if (entries.empty())
    throw InvalidInput("No mask covers any sample of the surface. Try more prompts.");
  const PointTree tree(std::move(entries));
  std::vector<std::uint32_t> nearest(points.size() / 3);
  parallelFor(nearest.size(), 4096, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t i = begin; i < end; ++i) nearest[i] = tree.nearest(pointAt(points, i));
  });
  return nearest;
}

std::vector<std::int32_t> labelsByNearest(std::span<const std::uint32_t> nearest,
                                          std::span<const std::int32_t> labels) {
  std::vector<std::uint32_t> faces(nearest.size());
  std::vector<std::int32_t> votes(nearest.size());
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    faces[i] = std::uint32_t(i / kPointsPerFace);
    votes[i] = labels[nearest[i]];
  }
  return votedLabels(faces, votes, nearest.size() / kPointsPerFace);
}

}  // namespace maquette
