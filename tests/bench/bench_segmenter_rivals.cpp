// The classical segmenter and CGAL's segmentation by shape diameter on the same assemblies, with
// the number of parts given to both:
//   build/dev/bin/bench_segmenter_rivals
#include <CGAL/Simple_cartesian.h>
#include <CGAL/Surface_mesh.h>
#include <CGAL/mesh_segmentation.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "classical/graph_segmenter.h"
#include "support/assemblies.h"

namespace {

using namespace maquette;
using Point = CGAL::Simple_cartesian<double>::Point_3;
using Surface = CGAL::Surface_mesh<Point>;
using Parts = std::vector<std::uint32_t>;

Parts ours(const Mesh& mesh, int parts) {
  Parts labels;
  const auto made = makeGraphSegmenter()
                        ->automatic(std::make_shared<const Mesh>(mesh), {parts, 0}, {})
                        .segmentation;
  for (const PartId id : *made.labels) labels.push_back(std::uint32_t(id));
  return labels;
}

Parts cgal(const Mesh& mesh, int parts) {
  Surface surface;
  std::vector<Surface::Vertex_index> at;
  for (const Vec3 p : mesh.positions) at.push_back(surface.add_vertex(Point(p.x, p.y, p.z)));
  for (const Triangle& t : mesh.triangles) surface.add_face(at[t[0]], at[t[1]], at[t[2]]);
  const auto diameters =
      surface.add_property_map<Surface::Face_index, double>("f:diameter", 0.).first;
  const auto segments =
      surface.add_property_map<Surface::Face_index, std::size_t>("f:segment", 0).first;
  CGAL::sdf_values(surface, diameters);
  CGAL::segmentation_from_sdf_values(surface, diameters, segments, std::size_t(parts));
  Parts labels;
  for (const auto face : surface.faces()) labels.push_back(std::uint32_t(segments[face]));
  return labels;
}

}  // namespace

int main() {
  constexpr std::uint32_t kCount = 16;
  double iou[2] = {}, seconds[2] = {}, count = 0.;
  for (std::uint32_t seed = 0; seed < kCount; ++seed) {
    const test::Assembly a = test::variedAssembly(seed);
    if (a.mesh.triangles.size() > 120000) continue;  // the rival would take minutes
    ++count;
    std::printf("%2u %-14s %7zu triangles", seed, test::traitsOf(seed).c_str(),
                a.mesh.triangles.size());
    for (int who = 0; who < 2; ++who) {
      const auto start = std::chrono::steady_clock::now();
      const Parts labels = (who ? cgal : ours)(a.mesh, int(a.primitives));
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      const double value =
          labels.size() == a.labels.size() ? test::meanIoU(a.mesh, a.labels, labels) : 0.;
      std::printf("   %s IoU %.3f in %.2f s", who ? "CGAL" : "ours", value, took.count());
      std::fflush(stdout);
      iou[who] += value;
      seconds[who] += took.count();
    }
    std::printf("\n");
  }
  std::printf("all: ours %.3f in %.1f s, CGAL %.3f in %.1f s\n", iou[0] / count, seconds[0],
              iou[1] / count, seconds[1]);
}
