#include "classical/field_completer.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/device/memory_monitor.h"
#include "core/geometry/bounds.h"
#include "core/geometry/triangle_tree.h"
#include "core/jobs/parallel.h"
#include "core/models/memory_plan.h"
#include "solid/part_solids.h"

namespace maquette {
namespace {

constexpr double kMemoryShare = 0.7;  // of what is free

/// Labels that name no part of the list count as unassigned.
Labels knownLabels(const Segmentation& segmentation) {
  Labels labels = *segmentation.labels;
  for (PartId& label : labels)
    if (label != PartId::none && !segmentation.find(label)) label = PartId::none;
  return labels;
}

/// Gives shells without any label to the part whose labelled triangles are nearest.
std::size_t fillFromNearest(const Mesh& mesh, Labels& labels, const Context& ctx) {
  std::vector<std::uint32_t> open, labelled;
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    (labels[f] == PartId::none ? open : labelled).push_back(f);
  if (open.empty()) return 0;
  Mesh known;
  known.positions = mesh.positions;
  for (const std::uint32_t f : labelled) known.triangles.push_back(mesh.triangles[f]);
  const TriangleTree tree(known);
  parallelFor(open.size(), 256, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t i = begin; i < end; ++i) {
      const auto hit = tree.nearest(faceCentre(mesh, mesh.triangles[open[i]]));
      labels[open[i]] = labels[labelled[hit->face]];
    }
  });
  return open.size();
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// To two digits, never up: a promise about a voxel must hold.
double roundedDown(double mm) {
  if (!(mm > 0.)) return 0.;
  const double unit = std::pow(10., std::floor(std::log10(mm)) - 1.);
  return std::floor(mm / unit) * unit;
}

class FieldCompleter : public PartCompleter, public PlannedModel {
 public:
  void follow(const MemoryPlan& plan) override { room_ = double(plan.room); }
  MemoryUse used() const override { return {}; }

  CompleteResult complete(MeshPtr mesh, const Segmentation& segmentation,
                          const CompleteParams& params, const Context& ctx) override {
    if (!mesh) throw InvalidInput("There is no mesh yet. Open or generate one first.");
    requireUsable(*mesh);
    requireValid(params);
    if (!segmentation.labels || segmentation.parts.empty())
      throw InvalidInput("The mesh has no parts yet. Segment it first.");
    if (segmentation.labels->size() != mesh->triangles.size())
      throw InvalidInput("The labels belong to another mesh. Segment this one again.",
                         fmt::format("{} labels, {} triangles", segmentation.labels->size(),
                                     mesh->triangles.size()));
    ctx.check();
    CompleteResult result;
    const auto facePart = facePartsOf(*mesh, segmentation, result.notes, ctx);
    const double free = std::min(room_, double(systemMemoryMonitor()->sample().host.free));
    PartSolids made = makePartSolids(*mesh, facePart, segmentation.parts.size(),
                                     {params.voxelMm, params.smoothing, free * kMemoryShare}, ctx);
    addNotes(made, segmentation, result.notes);
    for (Mesh& part : made.parts)
      result.solids.push_back(
          part.triangles.empty() ? nullptr : std::make_shared<const Mesh>(std::move(part)));
    result.whole = std::make_shared<const Mesh>(std::move(made.whole));
    return result;
  }

 private:
  static std::vector<Material> facePartsOf(const Mesh& mesh, const Segmentation& segmentation,
                                           std::vector<std::string>& notes, const Context& ctx) {
    Labels labels = knownLabels(segmentation);
    const auto unassigned = std::size_t(std::ranges::count(labels, PartId::none));
    if (unassigned == labels.size())
      throw InvalidInput("No triangle belongs to a part. Segment the mesh first.");
    if (unassigned > 0) {
      labels = withNeighboursFilled(mesh, labels);
      ctx.check();
      fillFromNearest(mesh, labels, ctx);
      notes.push_back(counted(unassigned, "triangle that belonged to no part was",
                              "triangles that belonged to no part were") +
                      " given to the nearest part.");
    }
    std::map<PartId, Material> indexOf;
    for (std::size_t p = 0; p < segmentation.parts.size(); ++p)
      indexOf[segmentation.parts[p].id] = static_cast<Material>(p);
    std::vector<Material> facePart;
    facePart.reserve(labels.size());
    for (const PartId label : labels) facePart.push_back(indexOf.at(label));
    return facePart;
  }

  static void addNotes(const PartSolids& made, const Segmentation& segmentation,
                       std::vector<std::string>& notes) {
    const Repairs& repairs = made.repairs;
    if (repairs.sign == Sign::filled)
      notes.push_back("The mesh was open; " + counted(repairs.holes, "hole was", "holes were") +
                      " closed with patches.");
    if (repairs.sign == Sign::wound)
      notes.push_back(
          "The mesh is open and made of pieces that do not meet, so what they enclose was "
          "estimated. Look at the result from all sides.");
    if (repairs.overlaps)
      notes.push_back("Pieces of the mesh ran through each other; they were united.");
    if (repairs.inner > 0)
      notes.push_back(counted(repairs.inner, "triangle of a wall inside the mesh was",
                              "triangles of walls inside the mesh were") +
                      " left out.");
    if (repairs.duplicates > 0)
      notes.push_back(counted(repairs.duplicates, "triangle that lay on another one was",
                              "triangles that lay on others were") +
                      " left out.");
    if (repairs.turned.pieces > 0)
      notes.push_back("Parts of the mesh were inside out; they were turned.");
    if (repairs.turned.triangles > 0)
      notes.push_back(counted(repairs.turned.triangles, "triangle faced inwards and was",
                              "triangles faced inwards and were") +
                      " turned.");
    if (repairs.cracks > 0)
      notes.push_back(counted(repairs.cracks, "corner did not quite meet its neighbours and was",
                              "corners did not quite meet their neighbours and were") +
                      " joined to them.");
    for (const LostWalls& walls : made.lost)
      if (!made.parts[walls.part].triangles.empty())
        notes.push_back(fmt::format(
            "Walls of {} are about {:.2g} mm thin and vanished in a voxel of {:.2g} mm. A voxel of "
            "{:.2g} mm would keep them.",
            segmentation.parts[walls.part].name, walls.thicknessMm, made.voxelMm,
            roundedDown(walls.keptByMm)));
    for (std::size_t p = 0; p < made.parts.size(); ++p) {
      if (!made.parts[p].triangles.empty()) continue;
      double kept = std::min(made.keptByMm[p], made.voxelMm / 2.);
      for (const LostWalls& walls : made.lost)
        if (walls.part == p) kept = std::min(kept, walls.keptByMm);
      if (made.keptByMm[p] > 0.)
        notes.push_back(fmt::format(
            "{} is too small for a voxel of {:.2g} mm and vanished into its neighbours. A voxel of "
            "{:.2g} mm should keep it.",
            segmentation.parts[p].name, made.voxelMm, roundedDown(kept)));
      else
        notes.push_back(fmt::format("{} has no surface, so there is no solid for it.",
                                    segmentation.parts[p].name));
    }
  }

  double room_ = std::numeric_limits<double>::infinity();  // bytes, as planned
};

}  // namespace

std::unique_ptr<PartCompleter> makeFieldCompleter() { return std::make_unique<FieldCompleter>(); }

}  // namespace maquette
