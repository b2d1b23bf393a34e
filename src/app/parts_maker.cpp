#include "app/parts_maker.h"

namespace maquette {

void PartsMaker::prepare(const Context& ctx) {
  if (!prepared_) prepared_.emplace(mesh_, masks_, ctx);
}

PartsMaker::Made PartsMaker::make(const AutoParams& params, const Context& ctx) {
  prepare(ctx.part(0.f, 0.5f));
  Made made{prepared_->parts(params, ctx.part(0.5f, 0.9f)), {}};
  if (made.result.segmentation.parts.size() > kMostCompleted)
    made.merge = prepared_->mergeProposal(params, kMostCompleted, ctx.part(0.9f, 1.f));
  return made;
}

std::vector<std::pair<PartId, PartId>> PartsMaker::mergeProposal(const AutoParams& params,
                                                                 const Context& ctx) {
  prepare(ctx.part(0.f, 0.5f));
  return prepared_->mergeProposal(params, kMostCompleted, ctx.part(0.5f, 1.f));
}

}  // namespace maquette
