#pragma once

#include <vector>

#include "classical/flat_mesh.h"
#include "classical/level_runs.h"

namespace maquette {

/// How far level ends count as being from the rim: nothing at their ends, `most` from `over` on.
struct RaisedLevels {
  std::vector<LevelRun> runs;   ///< empty: level ends are no rim at all
  double most = 0., over = 1.;  ///< pixels
};

/// How far places of a sheet are from its pinned rim; exact, up to a limit. Level ends may count as
/// a rim that is farther away.
class RimDistance {
 public:
  /// @param limit  pixels, > 0: farther is all the same
  RimDistance(const FlatMesh& flat, double limit, const RaisedLevels& levels = {});

  /// min(limit, distance), pixels.
  double at(PlanePoint p) const;

 private:
  struct Segment {
    PlanePoint a, b;
    double atA = 0., atB = 0.;  // the distance that they start from
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
