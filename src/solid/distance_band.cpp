#include "solid/distance_band.h"

#include <tbb/info.h>
#include <tbb/task_arena.h>

// NodeManager first: OpenVDB 10's tools/Count.h uses it without including it.
#include <openvdb/openvdb.h>
#include <openvdb/tools/MeshToVolume.h>
#include <openvdb/tree/NodeManager.h>
#include <openvdb/util/NullInterrupter.h>

#include <algorithm>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

/// A mesh in grid units, as OpenVDB wants to see it.
struct MeshView {
  const Mesh& mesh;
  std::size_t polygonCount() const { return mesh.triangles.size(); }
  std::size_t pointCount() const { return mesh.positions.size(); }
  std::size_t vertexCount(std::size_t) const { return 3; }
  void getIndexSpacePoint(std::size_t face, std::size_t corner, openvdb::Vec3d& out) const {
    const Vec3 p = mesh.positions[mesh.triangles[face][corner]];
    out = openvdb::Vec3d(double(p.x), double(p.y), double(p.z));
  }
};

struct Interrupter : openvdb::util::NullInterrupter {
  explicit Interrupter(const Context& c) : ctx(c) {}
  bool wasInterrupted(int = -1) override { return ctx.stopRequested(); }
  const Context& ctx;
};

/// Calls visit(node, distance, face) for every value of the band.
template <class Visit>
void forEachValue(const openvdb::FloatGrid& distances, const openvdb::Int32Grid& faces,
                  const VoxelGrid& grid, const Context& ctx, Visit&& visit) {
  const auto nearest = faces.getConstAccessor();
  for (auto leaf = distances.tree().cbeginLeaf(); leaf; ++leaf) {
    ctx.check();
    for (auto value = leaf->cbeginValueOn(); value; ++value) {
      const openvdb::Coord at = value.getCoord();
      if (at.x() < 0 || at.y() < 0 || at.z() < 0 || at.x() >= grid.nx || at.y() >= grid.ny ||
          at.z() >= grid.nz)
        continue;
      visit(grid.index(at.x(), at.y(), at.z()), *value,
            static_cast<std::uint32_t>(nearest.getValue(at)));
    }
  }
}

}  // namespace

DistanceBand distanceBand(const Mesh& mesh, const VoxelGrid& grid, float width,
                          const Context& ctx) {
  openvdb::initialize();
  Interrupter interrupter(ctx);
  openvdb::Int32Grid faces(openvdb::util::INVALID_IDX);
  openvdb::FloatGrid::Ptr distances;
  tbb::task_arena arena(std::min(threadLimit(), tbb::info::default_concurrency()));
  arena.execute([&] {
    distances = openvdb::tools::meshToVolume<openvdb::FloatGrid>(
        interrupter, MeshView{mesh}, openvdb::math::Transform(), width, width,
        openvdb::tools::UNSIGNED_DISTANCE_FIELD, &faces);
  });
  ctx.check();
  DistanceBand band;
  band.nodes = RankMask(grid.nodes());
  forEachValue(*distances, faces, grid, ctx, [&](std::size_t node, float, std::uint32_t face) {
    if (face < mesh.triangles.size()) band.nodes.insert(node);
  });
  band.nodes.number();
  band.entries.resize(band.nodes.count());
  forEachValue(*distances, faces, grid, ctx,
               [&](std::size_t node, float distance, std::uint32_t face) {
                 if (band.nodes.contains(node))
                   band.entries[band.nodes.rank(node)] = {distance, face};
               });
  return band;
}

}  // namespace maquette
