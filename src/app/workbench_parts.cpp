#include <QScopedValueRollback>

#include "app/model_jobs.h"
#include "app/workbench.h"

// The half of the workbench that finds parts.

namespace maquette {
void Workbench::chooseSegmenter(const std::string& id) {
  if (settings_.segmenter == id) return;
  settings_.segmenter = id;
  services_.models.prefetch<PartSegmenter>(id);
  Q_EMIT segmenterChanged();
  Q_EMIT statesChanged();
}

void Workbench::findParts() { findParts(settings_.parts, segmenter().id); }

void Workbench::findParts(const AutoParams& asked, const std::string& id) {
  const Document from = document();
  const ModelEntry* by = services_.registry.find<PartSegmenter>(id);
  if (!from.shape || !by) return;
  services_.models.prefetch<PartSegmenter>(id);
  const auto job = services_.gpu.runLatest(
      "parts", [&services = services_, id, mesh = from.shape, params = asked](const Context& ctx) {
        return maquette::findParts(services, id, mesh, params, ctx);
      });
  jobs_.follow(tr("Finding parts"), Stage::parts, job, this,
               [this, from, asked, by](const Outcome<PartsResult>& outcome) {
                 if (outcome.failed()) return failToFindParts(asked, *by, outcome.failure());
                 if (!outcome || document().shape != from.shape) return;  // parts of another shape
                 if (document().segmentation.labels == from.segmentation.labels)
                   return commitParts(*outcome, asked);
                 say({Message::Kind::offer,
                      Stage::parts,
                      tr("Found parts: %1").arg(outcome->segmentation.parts.size()),
                      tr("You changed the parts while they were being looked for."),
                      {},
                      tr("Use these"),
                      [this, from, asked, result = *outcome] {
                        if (document().shape == from.shape) commitParts(result, asked);
                      }});
               });
}

/// What a network cannot do here and now, the classical segmenter can.
void Workbench::failToFindParts(const AutoParams& asked, const ModelEntry& by,
                                const Failure& failure) {
  const bool network = by.id != kClassical;
  Message message = failureMessage(
      Stage::parts,
      network ? tr("%1 could not find the parts").arg(QString::fromStdString(by.label))
              : tr("The parts could not be found"),
      failure, [this, asked, id = by.id, network] {
        if (network) chooseSegmenter(kClassical);
        findParts(asked, network ? kClassical : id);
      });
  if (network) message.actionText = tr("Use Classical");
  say(message);
}

void Workbench::commitParts(const PartsResult& result, const AutoParams& params) {
  Document next = document();
  next.segmentation = result.segmentation;
  PartsOrigin origin;
  if (result.masks) {
    origin = {std::make_shared<PartsMaker>(next.shape, result.masks), params};
    partsFrom_.note(next.segmentation.labels, origin);
  }
  {
    const QScopedValueRollback making(making_, true);
    store_.commit(tr("Find parts").toStdString(), std::move(next));
  }
  sayNotes(Stage::parts, tr("About these parts"), result.notes);
  if (origin.maker) proposeMerge(origin);
}

/// Also prepares what the granularity will want.
void Workbench::proposeMerge(const PartsOrigin& from) {
  const LabelsPtr labels = document().segmentation.labels;
  const bool many = document().segmentation.parts.size() > kMostCompleted;
  const auto job = services_.work.run([from, many](const Context& ctx) {
    from.maker->prepare(ctx.part(0.f, 0.5f));
    return many ? from.maker->mergeProposal(from.params, ctx.part(0.5f, 1.f))
                : std::vector<std::pair<PartId, PartId>>();
  });
  jobs_.follow(
      tr("Preparing the granularity"), Stage::parts, job, this,
      [this, labels](const Outcome<std::vector<std::pair<PartId, PartId>>>& outcome) {
        if (outcome && document().segmentation.labels == labels) offerMerge(*outcome);
      },
      true);
}

void Workbench::offerMerge(const std::vector<std::pair<PartId, PartId>>& merge) {
  if (merge.empty()) return;
  const LabelsPtr labels = document().segmentation.labels;
  const std::size_t parts = document().segmentation.parts.size();
  say({Message::Kind::offer,
       Stage::parts,
       tr("%1 parts are too many to make solids of").arg(parts),
       tr("At most %1 go together. The ones that belong together most can be joined.")
           .arg(kMostCompleted),
       {},
       tr("Join to %1 parts").arg(parts - merge.size()),
       [this, labels, merge] {
         if (document().segmentation.labels != labels) return;  // other parts by now
         Document next = document();
         next.segmentation = withMerged(next.segmentation, merge);
         store_.commit(tr("Join parts").toStdString(), std::move(next));
       }});
}

// --- The same masks, other thresholds

void Workbench::refineParts(bool held) {
  const int gesture = refining_.gesture;
  const bool asked = refining_.asked.has_value();
  if (!held) {
    ++refining_.gesture;
    refining_.asked.reset();
  }
  const PartsOrigin* origin = partsFrom_.of(document().segmentation.labels);
  if (!origin || origin->maker->masks().model != segmenter().id) return;
  const AutoParams params = settings_.parts;
  if (held) refining_.asked = params;
  // Let go where it was asked last: that answer is there or under way. Otherwise a click on a
  // check box or a typed number, which is a gesture of its own.
  if (!held && asked) {
    if (refining_.labels == document().segmentation.labels) offerMerge(refining_.merge);
    return;
  }
  const auto job = services_.work.runLatest("refine", [from = *origin, params](const Context& ctx) {
    return from.maker->make(params, ctx);
  });
  jobs_.follow(
      tr("Making the parts again"), Stage::parts, job, this,
      [this, from = PartsOrigin{origin->maker, params}, gesture,
       held](const Outcome<PartsMaker::Made>& outcome) {
        if (outcome.failed())
          return fail(Stage::parts, tr("The parts could not be made again"), outcome.failure());
        if (outcome) commitRefined(*outcome, from, gesture, held);
      },
      true);
}

void Workbench::commitRefined(const PartsMaker::Made& made, const PartsOrigin& from, int gesture,
                              bool held) {
  const LabelsPtr labels = document().segmentation.labels;
  const PartsOrigin* origin = partsFrom_.of(labels);
  if (!origin || origin->maker != from.maker) return;  // the document has moved on
  partsFrom_.note(made.result.segmentation.labels, from);
  Document next = document();
  next.segmentation = made.result.segmentation;
  const QScopedValueRollback making(making_, true);
  if (refining_.labels && refining_.labels == labels && gesture == refining_.committed)
    store_.amend(std::move(next));
  else if (*made.result.segmentation.labels != *labels)
    store_.commit(tr("Change the parts").toStdString(), std::move(next));
  else
    return;
  refining_.labels = made.result.segmentation.labels;
  refining_.committed = gesture;
  refining_.merge = made.merge;
  if (gesture != refining_.gesture || !held) offerMerge(made.merge);
}

/// Undo brings parts back, and the settings that they were made with.
void Workbench::followSettings(const Document& before, const Document& after) {
  if (making_ || before.segmentation.labels == after.segmentation.labels) return;
  const PartsOrigin* origin = partsFrom_.of(after.segmentation.labels);
  if (!origin) return;
  settings_.parts.granularity = origin->params.granularity;
  settings_.parts.fill = origin->params.fill;
  settings_.parts.joinSmall = origin->params.joinSmall;
  settings_.parts.parts = origin->params.parts;
  settings_.parts.snap = origin->params.snap;
  settings_.parts.snapMm = origin->params.snapMm;
  Q_EMIT partSettingsChanged();
}

void Workbench::addPart(const FaceMask& mask) {
  Document next = document();
  const Outcome<Segmentation> added = outcomeOf([&] {
    return withNewPart(next.segmentation, mask, next.shape ? next.shape->triangles.size() : 0);
  });
  if (added.failed()) return fail(Stage::parts, tr("The part could not be added"), added.failure());
  next.segmentation = *added;
  store_.commit(tr("Add a part").toStdString(), std::move(next));
}

}  // namespace maquette
