#include "support/clicking.h"

#include <algorithm>

#include "core/geometry/topology.h"

namespace maquette::test {
namespace {

class User {
 public:
  User(const Assembly& assembly, std::uint32_t part)
      : assembly_(assembly), part_(part), edges_(edgesOf(assembly.mesh)) {
    for (const Triangle& t : assembly.mesh.triangles)
      areas_.push_back(0.5f * length(areaVector(assembly.mesh, t)));
  }

  double iou(const FaceMask& mask) const {
    double shared = 0., either = 0.;
    for (std::uint32_t f = 0; f < mask.size(); ++f) {
      if (mask[f] && wanted(f)) shared += areas_[f];
      if (mask[f] || wanted(f)) either += areas_[f];
    }
    return shared / either;
  }

  /// The middle of the largest connected piece of error: the triangle deepest inside it.
  Click next(const FaceMask& mask) const {
    const auto wrong = [&](std::uint32_t f) { return bool(mask[f]) != wanted(f); };
    std::vector<std::uint8_t> seen(mask.size(), 0);
    std::vector<std::uint32_t> largest;
    double most = 0.;
    for (std::uint32_t start = 0; start < mask.size(); ++start) {
      if (seen[start] || !wrong(start)) continue;
      std::vector<std::uint32_t> piece{start};
      seen[start] = 1;
      double area = 0.;
      for (std::size_t head = 0; head < piece.size(); ++head) {
        area += areas_[piece[head]];
        forEachNeighbour(piece[head], [&](std::uint32_t g) {
          if (seen[g] || !wrong(g) || wanted(g) != wanted(start)) return;
          seen[g] = 1;
          piece.push_back(g);
        });
      }
      if (area > most) {
        most = area;
        largest = std::move(piece);
      }
    }
    const std::uint32_t face = deepest(largest);
    return {face, faceCentre(assembly_.mesh, assembly_.mesh.triangles[face]), wanted(face)};
  }

 private:
  bool wanted(std::uint32_t f) const { return assembly_.labels[f] == part_; }

  template <class Visit>
  void forEachNeighbour(std::uint32_t f, const Visit& visit) const {
    for (const std::uint32_t e : edges_.ofFace[f])
      if (e != EdgeTable::kNoEdge)
        for (const std::uint32_t g : edges_.facesOf(edges_.edges[e]))
          if (g != f) visit(g);
  }

  /// The last triangle that a front from the rim of the piece reaches.
  std::uint32_t deepest(const std::vector<std::uint32_t>& piece) const {
    std::vector<std::uint8_t> inside(areas_.size(), 0);
    for (const std::uint32_t f : piece) inside[f] = 1;
    std::vector<std::uint32_t> queue;
    for (const std::uint32_t f : piece) {
      bool rim = false;
      forEachNeighbour(f, [&](std::uint32_t g) { rim |= inside[g] == 0; });
      if (rim) queue.push_back(f);
    }
    if (queue.empty()) return piece.front();
    for (const std::uint32_t f : queue) inside[f] = 2;
    for (std::size_t head = 0; head < queue.size(); ++head)
      forEachNeighbour(queue[head], [&](std::uint32_t g) {
        if (inside[g] != 1) return;
        inside[g] = 2;
        queue.push_back(g);
      });
    return queue.back();
  }

  const Assembly& assembly_;
  std::uint32_t part_;
  EdgeTable edges_;
  std::vector<float> areas_;
};

}  // namespace

ClickingResult clickPart(const Assembly& assembly, std::uint32_t part, SegmentSession& session,
                         int limit) {
  const User user(assembly, part);
  FaceMask shown(assembly.labels.size(), 0);
  ClickingResult result;
  Prompts prompts;
  for (result.clicks = 1; result.clicks <= limit; ++result.clicks) {
    prompts.clicks.push_back(user.next(shown));
    Candidates answer = session.query(prompts, {});
    shown = answer.masks[answer.preferred].faces;
    const double iou = user.iou(shown);
    if (result.clicks == 1) {
      result.afterFirst = iou;
      for (const Candidate& c : answer.masks)
        result.bestOfFirst = std::max(result.bestOfFirst, user.iou(c.faces));
    }
    if (iou >= 0.9) return result;
  }
  return result;
}

}  // namespace maquette::test
