#include "masks/parts_from_masks.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>

#include "core/base/error.h"
#include "core/models/parameters.h"
#include "masks/face_labels.h"
#include "masks/mask_border.h"
#include "masks/mask_merging.h"
#include "masks/part_cells.h"
#include "masks/part_merges.h"
#include "masks/part_splits.h"
#include "masks/regions.h"

namespace maquette {
namespace {

constexpr std::size_t kMostSplits = 400;
constexpr double kSparse = 2.;  // faces for each sample
constexpr Rgb kUnassignedColour{128, 128, 128};

void requireFitting(const MaskedSurface& surface, const MaskSet& masks) {
  const auto refuse = [](const std::string& detail) {
    throw InvalidInput("The masks are damaged. Make them again.", detail);
  };
  if (masks.mesh != surface.fingerprint)
    throw InvalidInput("The masks were made for another mesh. Make them again for this one.");
  if (masks.samples() == 0) refuse("no samples");
  if (masks.places.size() != 3 * masks.samples() || masks.prompts.size() != masks.masks() ||
      masks.bits.size() != masks.masks() * masks.words())
    refuse("lengths disagree");
  for (const std::uint32_t face : masks.faces)
    if (face >= surface.surface.faces.size()) refuse(fmt::format("a sample on face {}", face));
  for (const double c : masks.places)
    if (!std::isfinite(c)) refuse("a sample's place is not a number");
  for (std::size_t m = 0; m < masks.masks(); ++m) {
    if (!std::isfinite(masks.quality[m]))
      throw InvalidInput(
          "The network gave no number for the quality of a mask. Its weights are damaged.",
          fmt::format("mask {}", m));
    if (const std::size_t rest = masks.samples() % 64; rest != 0 && masks.row(m).back() >> rest)
      refuse(fmt::format("mask {} has bits past its end", m));
  }
}

/// What joins and splits have to be stronger than, at a granularity below and above the middle. Few
/// masks show more than one part, so that the strengths of joins spread over magnitudes.
double joinedAbove(double granularity) { return std::pow(0.01, 1. - 2. * granularity); }
double splitAbove(double granularity) { return 1. - 0.7 * (2. * granularity - 1.); }

/// The first of a sequence of falling strength.
template <class Step>
std::size_t strongerThan(const std::vector<Step>& steps, double least) {
  const auto end =
      std::ranges::partition_point(steps, [&](const Step& one) { return one.strength > least; });
  return std::size_t(end - steps.begin());
}

}  // namespace

/// All that does not depend on how many parts there should be, made when first asked for.
struct PartsFromMasks::Prepared {
  /// What stands before any join or split, for one way to treat what is left over.
  struct Base {
    PartCells cells;
    std::optional<std::vector<PartMerge>> merges;
    std::optional<std::vector<PartSplit>> splits;
  };
  struct Key {
    bool faithful, fill, joinSmall;
    float reach;  ///< see reachOf(); 0: borders stay where the masks have them
    auto operator<=>(const Key&) const = default;
  };

  MaskedSurfacePtr surface;
  MaskSetPtr masks;
  MergedMasks merged;
  std::mutex mutex;
  std::map<Key, std::shared_ptr<const Base>> bases;
  std::shared_ptr<const SurfaceGraph> graph;  ///< once borders were to snap

  static Key keyOf(const AutoParams& params);
  std::vector<std::int32_t> publishedLabels(Key key, const Context& ctx) const;
  std::vector<std::int32_t> snapped(std::vector<std::int32_t> labels, float reach,
                                    const Context& ctx);
  std::shared_ptr<const SurfaceGraph> graphOnce(const Context& ctx);
  std::shared_ptr<const Base> base(Key key, bool merges, bool splits, const Context& ctx);

  /// How much of the sequences some parameters take: of one of them at most.
  struct Plan {
    std::shared_ptr<const Base> base;
    std::span<const PartMerge> merges;
    std::span<const PartSplit> splits;
  };
  Plan plan(const AutoParams& params, const Context& ctx);
};

/// A13 to A19, and A20 where it is asked for.
std::vector<std::int32_t> PartsFromMasks::Prepared::publishedLabels(Key key,
                                                                    const Context& ctx) const {
  const auto [faithful, fill, joinSmall, reach] = key;
  const FaceLinks& links = surface->links;
  const LabelledSurface on{surface->surface, links, surface->areas};
  std::vector<std::int32_t> labels = votedLabels(masks->faces, merged.labels, links.faces());
  if (!faithful && double(links.faces()) > kSparse * double(masks->samples()))
    spreadOverUnknown(links, labels, ctx);
  else
    growOverUnknown(links, labels, ctx);
  clearTiny(on, labels, ctx);
  grow(links, labels, ctx);
  Regions regions = regionsOf(links, labels, surface->areas, ctx);
  promoteLarge(regions, faithful ? kUnknown : kUncovered);
  if (faithful || fill)
    attachRest(on, regions, faithful ? Attaching::published : Attaching::sound, ctx);
  if (joinSmall) {
    // What has been attached is one piece with what it was attached to.
    regions = regionsOf(links, faceLabels(regions), surface->areas, ctx);
    mergeSmall(links, regions);
  }
  return faceLabels(regions);
}

PartsFromMasks::Prepared::Key PartsFromMasks::Prepared::keyOf(const AutoParams& params) {
  const bool snap = params.snap == Snapping::always && !params.faithful;
  return {params.faithful, params.fill, params.joinSmall,
          snap ? reachOf(clickParamsOf(params)) : 0.f};
}

std::shared_ptr<const SurfaceGraph> PartsFromMasks::Prepared::graphOnce(const Context& ctx) {
  {
    const std::lock_guard lock(mutex);
    if (graph) return graph;
  }
  auto made = std::make_shared<const SurfaceGraph>(surfaceGraphOf(*surface->mesh, ctx));
  const std::lock_guard lock(mutex);
  return graph = std::move(made);
}

/// Labels of cleaned faces, their borders moved to edges on the mesh as it was given.
std::vector<std::int32_t> PartsFromMasks::Prepared::snapped(std::vector<std::int32_t> labels,
                                                            float reach, const Context& ctx) {
  const auto on = graphOnce(ctx);
  std::vector<std::int32_t> ofNode(on->count());
  for (std::size_t t = on->nodeOf.size(); t-- > 0;)  // the first triangle of a node speaks for it
    ofNode[on->nodeOf[t]] = labels[surface->cleanOf[t]];
  settleLabels(*on, reach < 0.f ? usualReach(*on, masks->samples()) : reach, ofNode, ctx);
  for (std::size_t f = 0; f < labels.size(); ++f)
    labels[f] = ofNode[on->nodeOf[surface->faceFrom[f]]];
  return labels;
}

std::shared_ptr<const PartsFromMasks::Prepared::Base> PartsFromMasks::Prepared::base(
    Key key, bool merges, bool splits, const Context& ctx) {
  std::shared_ptr<const Base> kept;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = bases.find(key); found != bases.end()) kept = found->second;
  }
  if (kept && (!merges || kept->merges) && (!splits || kept->splits)) return kept;
  // Computed outside the lock: whoever is cancelled leaves nothing behind, and nobody waits for it.
  auto made = kept ? std::make_shared<Base>(*kept) : std::make_shared<Base>();
  if (!kept) {
    std::vector<std::int32_t> labels = publishedLabels(key, ctx);
    if (key.reach != 0.f) labels = snapped(std::move(labels), key.reach, ctx);
    made->cells = partCells(*surface, labels, masks->faces, ctx);
  }
  if (merges && !made->merges) made->merges = mergeOrder(made->cells, *masks, ctx);
  if (splits && !made->splits) made->splits = splitOrder(made->cells, *masks, kMostSplits, ctx);
  const std::lock_guard lock(mutex);
  // Whoever tries one reach after the other wants the last.
  if (key.reach != 0.f)
    std::erase_if(bases, [&](const auto& other) {
      return other.first.reach != 0.f && other.first.reach != key.reach;
    });
  bases[key] = made;
  return made;
}

PartsFromMasks::Prepared::Plan PartsFromMasks::Prepared::plan(const AutoParams& params,
                                                              const Context& ctx) {
  requireValid(params);
  const Key key = keyOf(params);
  Plan plan;
  plan.base = base(key, false, false, ctx);
  const std::size_t parts = plan.base->cells.parts;
  const auto wanted = std::size_t(params.parts);
  const double granularity = params.granularity;
  if (wanted > 0 ? wanted < parts : granularity < 0.5) {
    plan.base = base(key, true, false, ctx);
    const auto& all = *plan.base->merges;
    plan.merges = std::span(all).first(wanted > 0 ? std::min(all.size(), parts - wanted)
                                                  : strongerThan(all, joinedAbove(granularity)));
  } else if (wanted > 0 ? wanted > parts : granularity > 0.5) {
    plan.base = base(key, false, true, ctx);
    const auto& all = *plan.base->splits;
    plan.splits = std::span(all).first(wanted > 0 ? std::min(all.size(), wanted - parts)
                                                  : strongerThan(all, splitAbove(granularity)));
  }
  return plan;
}

namespace {

/// Which part each cell belongs to once steps are done.
std::vector<std::uint32_t> partsAfter(const PartCells& cells, std::span<const PartMerge> merges,
                                      std::span<const PartSplit> splits) {
  std::vector<std::uint32_t> part = cells.part;
  for (std::size_t i = 0; i < splits.size(); ++i)
    for (const std::uint32_t c : splits[i].cells) part[c] = std::uint32_t(cells.parts + i);
  std::vector<std::uint32_t> into(cells.parts + splits.size());
  std::iota(into.begin(), into.end(), 0u);
  // Backwards: what a part went to has its last home already.
  for (std::size_t i = merges.size(); i-- > 0;) into[merges[i].goes] = into[merges[i].stays];
  for (std::uint32_t& p : part)
    if (p != PartCells::kNoPart) p = into[p];
  return part;
}

/// The id of each part that has cells; PartCells::kNoPart comes last.
std::map<std::uint32_t, PartId> idsOf(const std::vector<std::uint32_t>& part) {
  std::map<std::uint32_t, PartId> ids;
  for (const std::uint32_t p : part) ids.emplace(p, PartId::none);
  std::uint16_t last = 0;
  for (auto& [p, id] : ids) id = PartId(++last);
  return ids;
}

/// Colours go with a part's number, so that it keeps its own while others come and go.
PartsResult resultOf(const MaskedSurface& surface, const PartCells& cells,
                     const std::vector<std::uint32_t>& part) {
  const std::map<std::uint32_t, PartId> ids = idsOf(part);
  std::vector<PartId> ofCell;
  ofCell.reserve(part.size());
  for (const std::uint32_t p : part) ofCell.push_back(ids.at(p));
  Labels labels;
  labels.reserve(surface.cleanOf.size());
  for (const std::uint32_t face : surface.cleanOf) labels.push_back(ofCell[cells.of[face]]);
  PartsResult made;
  std::vector<Part>& parts = made.segmentation.parts;
  for (const auto& [p, id] : ids)
    if (p != PartCells::kNoPart) {
      parts.push_back({id, fmt::format("Part {}", parts.size() + 1), partColour(p), nullptr});
    } else {
      parts.push_back({id, "Unassigned", kUnassignedColour, nullptr});
      made.unassigned = id;
    }
  made.segmentation.labels = std::make_shared<Labels>(std::move(labels));
  return made;
}

double shareWithout(const PartCells& cells) {
  double area = 0.;
  for (std::uint32_t c = 0; c < cells.count(); ++c)
    if (cells.part[c] == PartCells::kNoPart) area += cells.area[c];
  return area / cells.surface;
}

}  // namespace

PartsFromMasks::PartsFromMasks(MeshPtr mesh, MaskSetPtr masks, const Context& ctx)
    : PartsFromMasks(maskedSurfaceOf(std::move(mesh), ctx), std::move(masks), ctx) {}

PartsFromMasks::PartsFromMasks(MaskedSurfacePtr surface, MaskSetPtr masks, const Context& ctx)
    : prepared_(std::make_unique<Prepared>()) {
  if (!surface || !masks) throw InvalidInput("There are no masks.");
  requireFitting(*surface, *masks);
  prepared_->merged = mergedMasks(*masks, ctx);
  prepared_->surface = std::move(surface);
  prepared_->masks = std::move(masks);
}

PartsFromMasks::~PartsFromMasks() = default;
PartsFromMasks::PartsFromMasks(PartsFromMasks&&) noexcept = default;
PartsFromMasks& PartsFromMasks::operator=(PartsFromMasks&&) noexcept = default;

const MaskedSurfacePtr& PartsFromMasks::surface() const { return prepared_->surface; }
const MaskSetPtr& PartsFromMasks::masks() const { return prepared_->masks; }

PartsResult PartsFromMasks::parts(const AutoParams& params, const Context& ctx) const {
  const Prepared::Plan plan = prepared_->plan(params, ctx);
  const PartCells& cells = plan.base->cells;
  PartsResult result =
      resultOf(*prepared_->surface, cells, partsAfter(cells, plan.merges, plan.splits));
  result.masks = prepared_->masks;
  const auto note = [&](std::string text) { result.notes.push_back(std::move(text)); };
  const std::size_t parts = cells.parts - plan.merges.size() + plan.splits.size();
  if (prepared_->merged.taken.empty())
    note("No mask was sure enough to become a part. More prompts, or another segmenter, may help.");
  if (prepared_->surface->links.pairs.empty() && prepared_->surface->areas.size() > 1)
    note("No two triangles of this mesh share an edge, so each one is on its own.");
  if (params.parts > 0 && parts < std::size_t(params.parts))
    note(fmt::format("Only {} of the {} parts could be told apart.", parts, params.parts));
  if (const double share = shareWithout(cells); share > 0.)
    note(fmt::format("{:.2g} % of the surface belongs to no part.", 100. * share));
  if (parts > kMostCompleted)
    note(
        fmt::format("There are {} parts, and {} at most can be completed together. Join some: {} "
                    "as the number of parts joins what belongs together most.",
                    parts, kMostCompleted, kMostCompleted));
  return result;
}

std::vector<std::pair<PartId, PartId>> PartsFromMasks::mergeProposal(const AutoParams& params,
                                                                     std::size_t most,
                                                                     const Context& ctx) const {
  const Prepared::Plan plan = prepared_->plan(params, ctx);
  const PartCells& cells = plan.base->cells;
  const auto ids = idsOf(partsAfter(cells, plan.merges, plan.splits));
  std::size_t parts = cells.parts - plan.merges.size() + plan.splits.size();
  std::vector<std::pair<PartId, PartId>> proposal;
  const std::size_t goal = std::max<std::size_t>(most, 1);
  for (std::size_t i = plan.splits.size(); i-- > 0 && parts > goal; --parts)
    proposal.emplace_back(ids.at(std::uint32_t(cells.parts + i)), ids.at(plan.splits[i].from));
  if (parts <= goal) return proposal;
  const auto base = prepared_->base(Prepared::keyOf(params), true, false, ctx);
  for (std::size_t i = plan.merges.size(); i < base->merges->size() && parts > goal; ++i, --parts) {
    const PartMerge& merge = (*base->merges)[i];
    proposal.emplace_back(ids.at(merge.goes), ids.at(merge.stays));
  }
  return proposal;
}

Segmentation withMerged(const Segmentation& before,
                        const std::vector<std::pair<PartId, PartId>>& proposal) {
  Segmentation after = before;
  if (!before.labels) throw InvalidInput("There are no parts to join.");
  std::map<PartId, PartId> into;
  for (const auto& [goes, stays] : proposal)
    if (goes == stays || !before.find(goes) || !before.find(stays))
      throw InvalidInput("One of the parts to join is no longer there. Ask for a proposal again.");
  for (auto one = proposal.rbegin(); one != proposal.rend(); ++one) {
    const auto last = into.find(one->second);
    into[one->first] = last == into.end() ? one->second : last->second;
  }
  auto labels = std::make_shared<Labels>(*before.labels);
  for (PartId& label : *labels)
    if (const auto found = into.find(label); found != into.end()) label = found->second;
  after.labels = labels;
  std::erase_if(after.parts, [&](const Part& part) { return into.contains(part.id); });
  for (Part& part : after.parts)
    for (const auto& [goes, stays] : into)
      if (part.id == stays) part.solid = nullptr;
  return after;
}

}  // namespace maquette
