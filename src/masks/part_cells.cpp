#include "masks/part_cells.h"

#include <algorithm>
#include <map>

#include "core/jobs/parallel.h"
#include "masks/mask_bits.h"

namespace maquette {
namespace {

constexpr std::uint32_t kNone = 0xffffffffu;
constexpr std::size_t kStride = 65536;  // between looks at the context

/// Faces with samples take the faces around them, nearest first, as far as their label goes; what
/// nobody reaches is a cell for every piece.
std::vector<std::uint32_t> cellOfFaces(const FaceLinks& links, std::span<const std::int32_t> labels,
                                       std::span<const std::uint32_t> samples, const Context& ctx) {
  std::vector<std::uint32_t> cell(labels.size(), kNone), queue;
  for (const std::uint32_t f : samples) cell[f] = 0;
  std::uint32_t count = 0;
  for (std::uint32_t f = 0; f < cell.size(); ++f)
    if (cell[f] == 0) {
      cell[f] = count++;
      queue.push_back(f);
    }
  const auto spread = [&] {
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (i % kStride == 0) ctx.check();
      for (const std::uint32_t other : links.of(queue[i]))
        if (cell[other] == kNone && labels[other] == labels[queue[i]]) {
          cell[other] = cell[queue[i]];
          queue.push_back(other);
        }
    }
  };
  spread();
  for (std::uint32_t f = 0; f < cell.size(); ++f) {
    if (cell[f] != kNone) continue;
    queue.assign(1, f);
    cell[f] = count++;
    spread();
  }
  return cell;
}

void fillNeighbours(PartCells& cells, const FaceLinks& links, const Context& ctx) {
  std::vector<std::uint64_t> pairs;
  for (const auto& [f, g] : links.pairs) {
    const std::uint64_t a = cells.of[f], b = cells.of[g];
    if (a != b) pairs.insert(pairs.end(), {a << 32 | b, b << 32 | a});
  }
  ctx.check();
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  ctx.check();
  cells.first.assign(cells.count() + 1, 0);
  for (const std::uint64_t pair : pairs) {
    ++cells.first[(pair >> 32) + 1];
    cells.beside.push_back(std::uint32_t(pair));
  }
  for (std::uint32_t c = 0; c < cells.count(); ++c) cells.first[c + 1] += cells.first[c];
}

void fillSamples(PartCells& cells, std::span<const std::uint32_t> samples) {
  cells.sampleFirst.assign(cells.count() + 1, 0);
  for (const std::uint32_t f : samples) ++cells.sampleFirst[cells.of[f] + 1];
  for (std::uint32_t c = 0; c < cells.count(); ++c)
    cells.sampleFirst[c + 1] += cells.sampleFirst[c];
  std::vector<std::uint32_t> next(cells.sampleFirst.begin(), cells.sampleFirst.end() - 1);
  cells.samples.resize(samples.size());
  for (std::uint32_t i = 0; i < samples.size(); ++i)
    cells.samples[next[cells.of[samples[i]]]++] = i;
}

}  // namespace

PartCells partCells(const MaskedSurface& surface, std::span<const std::int32_t> labels,
                    std::span<const std::uint32_t> samples, const Context& ctx) {
  PartCells cells;
  cells.of = cellOfFaces(surface.links, labels, samples, ctx);
  std::map<std::int32_t, std::uint32_t> number;
  for (const std::int32_t label : labels)
    if (label >= 0) number.emplace(label, 0);
  for (auto& [label, part] : number) part = cells.parts++;
  const std::uint32_t count = 1 + std::ranges::max(cells.of);
  cells.part.assign(count, PartCells::kNoPart);
  cells.area.assign(count, 0.);
  cells.boxes.resize(cells.parts);
  for (std::size_t f = 0; f < labels.size(); ++f) {
    if (f % kStride == 0) ctx.check();
    const std::uint32_t cell = cells.of[f];
    cells.area[cell] += surface.areas[f];
    cells.surface += surface.areas[f];
    if (labels[f] < 0) continue;
    if (cells.part[cell] == PartCells::kNoPart) cells.part[cell] = number.at(labels[f]);
    for (const std::uint32_t v : surface.surface.faces[f])
      cells.boxes[cells.part[cell]].add(surface.surface.vertices[v]);
  }
  fillNeighbours(cells, surface.links, ctx);
  fillSamples(cells, samples);
  return cells;
}

Coverage coverageOf(const PartCells& cells, const MaskSet& masks, const Context& ctx) {
  std::vector<std::uint32_t> partOf(masks.samples());
  Coverage coverage;
  coverage.masks = masks.masks();
  coverage.samples.assign(cells.parts, 0.f);
  for (std::uint32_t c = 0; c < cells.count(); ++c)
    for (const std::uint32_t i : cells.samplesOf(c)) {
      partOf[i] = cells.part[c];
      if (cells.part[c] != PartCells::kNoPart) ++coverage.samples[cells.part[c]];
    }
  coverage.of.assign(coverage.masks * cells.parts, 0.f);
  coverage.ofMask.assign(coverage.masks, 0.f);
  parallelFor(coverage.masks, 8, [&](std::size_t begin, std::size_t end) {
    std::vector<std::uint32_t> counts(cells.parts);
    for (std::size_t m = begin; m < end; ++m) {
      ctx.check();
      std::ranges::fill(counts, 0);
      std::uint32_t all = 0;
      forEachBit(masks.row(m), [&](std::size_t i) {
        ++all;
        if (partOf[i] != PartCells::kNoPart) ++counts[partOf[i]];
      });
      coverage.ofMask[m] = float(all);
      for (std::uint32_t p = 0; p < cells.parts; ++p)
        coverage.of[p * coverage.masks + m] = float(counts[p]);
    }
  });
  return coverage;
}

}  // namespace maquette
