// The classical segmenter and CGAL's segmentation by shape diameter on the same assemblies:
//   build/dev/bin/bench_segmenter_rivals [ROWS [TRIANGLES]]
// takes the first ROWS (12) varied assemblies of at most TRIANGLES (30000), two to three minutes in
// all. Ours is told how many parts there are. CGAL cannot be told: what it asks for is how many
// kinds of thickness to tell apart, and neighbours of one kind stay one segment, while one kind at
// two ends becomes two. So the diameters are computed once, and every setting below is tried:
//   best   of all settings by the true labels, which nobody has: no choice of settings does better
//   count  the setting with as many segments as there are parts, or nearly; among equals the one
//          nearest to CGAL's defaults
// Seconds of CGAL are its diameters and one segmentation. All figures are the mean IoU of the tests
// (test::meanIoU).
#include <CGAL/Simple_cartesian.h>
#include <CGAL/Surface_mesh.h>
#include <CGAL/mesh_segmentation.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "classical/graph_segmenter.h"
#include "support/assemblies.h"

namespace {

using namespace maquette;
using Point = CGAL::Simple_cartesian<double>::Point_3;
using Surface = CGAL::Surface_mesh<Point>;
using Labels = std::vector<std::uint32_t>;

constexpr std::size_t kFewestKinds = 2, kMostKinds = 10, kUsualKinds = 5;
constexpr double kUsualSmoothing = 0.26;
constexpr std::array kSmoothings{0.05, 0.15, kUsualSmoothing, 0.5, 0.8};

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct Found {
  double iou = 0., seconds = 0.;
};

Found ours(const test::Assembly& a) {
  const auto mesh = std::make_shared<const Mesh>(a.mesh);
  const Stopwatch watch;
  const auto made = makeGraphSegmenter()->automatic(mesh, {int(a.primitives), 0}, {}).segmentation;
  const double seconds = watch.seconds();
  Labels labels;
  for (const PartId id : *made.labels) labels.push_back(std::uint32_t(id));
  return {test::meanIoU(a.mesh, a.labels, labels), seconds};
}

struct Setting {
  std::size_t kinds = 0;
  double smoothing = 0.;
  std::size_t segments = 0;
  Found found;
};

/// Every setting, on diameters that are computed once.
std::vector<Setting> cgal(const test::Assembly& a) {
  Surface surface;
  std::vector<Surface::Vertex_index> at;
  for (const Vec3 p : a.mesh.positions) at.push_back(surface.add_vertex(Point(p.x, p.y, p.z)));
  for (const Triangle& t : a.mesh.triangles) surface.add_face(at[t[0]], at[t[1]], at[t[2]]);
  // A face that it refuses would shift the labels of all that follow.
  if (surface.number_of_faces() != a.mesh.triangles.size()) return {};
  const auto diameters =
      surface.add_property_map<Surface::Face_index, double>("f:diameter", 0.).first;
  const auto segments =
      surface.add_property_map<Surface::Face_index, std::size_t>("f:segment", 0).first;
  const Stopwatch once;
  CGAL::sdf_values(surface, diameters);
  const double forDiameters = once.seconds();
  std::vector<Setting> all;
  for (std::size_t kinds = kFewestKinds; kinds <= kMostKinds; ++kinds)
    for (const double smoothing : kSmoothings) {
      const Stopwatch watch;
      const std::size_t count =
          CGAL::segmentation_from_sdf_values(surface, diameters, segments, kinds, smoothing);
      const double seconds = forDiameters + watch.seconds();
      Labels labels;
      for (const auto face : surface.faces()) labels.push_back(std::uint32_t(segments[face]));
      all.push_back({kinds, smoothing, count, {test::meanIoU(a.mesh, a.labels, labels), seconds}});
    }
  return all;
}

/// How far the number of segments is off, and then the setting from CGAL's own.
auto offFrom(const Setting& s, std::uint32_t parts) {
  return std::tuple(std::abs(double(s.segments) - double(parts)),
                    std::abs(s.smoothing - kUsualSmoothing),
                    std::abs(double(s.kinds) - double(kUsualKinds)), s.kinds);
}

struct Sum {
  double iou = 0., seconds = 0.;
  int behind = 0;  ///< rows where it is behind ours

  void add(const Found& found, const Found& reference) {
    iou += found.iou;
    seconds += found.seconds;
    behind += found.iou < reference.iou;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 12;
  const std::size_t most = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 30000;
  Sum we, best, byCount;
  int done = 0;
  for (std::uint32_t seed = 0; done < rows && seed < 512; ++seed) {
    const test::Assembly a = test::variedAssembly(seed);
    if (a.mesh.triangles.size() > most) continue;
    std::printf("%3u %-14s %6zu triangles, %u parts", seed, test::traitsOf(seed).c_str(),
                a.mesh.triangles.size(), a.primitives);
    std::fflush(stdout);
    const Found our = ours(a);
    const std::vector<Setting> all = cgal(a);
    if (all.empty()) {
      std::printf("   CGAL's mesh does not take it: left out\n");
      continue;
    }
    const Setting& highest =
        *std::ranges::max_element(all, {}, [](const Setting& s) { return s.found.iou; });
    const Setting& nearest = *std::ranges::min_element(
        all, {}, [&](const Setting& s) { return offFrom(s, a.primitives); });
    we.add(our, our);
    best.add(highest.found, our);
    byCount.add(nearest.found, our);
    ++done;
    std::printf("   ours %.3f in %.1f s", our.iou, our.seconds);
    for (const auto& [name, s] : {std::pair("best", &highest), std::pair("count", &nearest)})
      std::printf("   CGAL %s %.3f in %.1f s (%zu kinds, %.2f: %zu segments)%s", name, s->found.iou,
                  s->found.seconds, s->kinds, s->smoothing, s->segments,
                  s->found.iou > our.iou ? " CGAL is ahead" : "");
    std::printf("\n");
    std::fflush(stdout);
  }
  std::printf("%d assemblies: ours %.3f in %.1f s; CGAL best %.3f in %.1f s, ours ahead in %d; ",
              done, we.iou / done, we.seconds, best.iou / done, best.seconds, best.behind);
  std::printf("CGAL by count %.3f in %.1f s, ours ahead in %d\n", byCount.iou / done,
              byCount.seconds, byCount.behind);
}
