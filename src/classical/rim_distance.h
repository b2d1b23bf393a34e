#pragma once

#include <vector>

#include "classical/flat_mesh.h"

namespace maquette {

/// How far places of a sheet are from its pinned rim; exact, up to a limit.
class RimDistance {
 public:
  /// @param limit  pixels, > 0: farther is all the same
  RimDistance(const FlatMesh& flat, double limit);

  /// min(limit, distance), pixels.
  double at(PlanePoint p) const;

 private:
  struct Segment {
    PlanePoint a, b;
  };
  std::size_t bin(int x, int y) const {
    return std::size_t(y) * std::size_t(columns_) + std::size_t(x);
  }

  double limit_;
  double left_ = 0., top_ = 0.;
  int columns_ = 1, rows_ = 1;        // bins of the limit's size
  std::vector<Segment> segments_;     // bin by bin
  std::vector<std::uint32_t> first_;  // per bin, and one more
};

}  // namespace maquette
