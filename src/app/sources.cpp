#include "app/sources.h"

#include <QFileInfo>

#include "app/file_path.h"
#include "picture/picture_file.h"
#include "picture/qimage.h"

namespace maquette {

Sources::Sources(Services& services, DocumentStore& store, JobBoard& jobs, QObject* parent)
    : QObject(parent), services_(services), store_(store), jobs_(jobs) {
  connect(&store, &DocumentStore::changed, this, &Sources::ensureCutouts);
}

void Sources::open(const QString& file, Side side) {
  const auto job = services_.work.run([path = pathOf(file)](const Context& ctx) {
    return ImagePtr(std::make_shared<Image>(readPicture(path, ctx)));
  });
  jobs_.follow(tr("Opening the picture"), Stage::picture, job, this,
               [this, file, side](const Outcome<ImagePtr>& outcome) {
                 const QString name = QFileInfo(file).fileName();
                 if (outcome.failed()) {
                   Q_EMIT said(failureMessage(
                       Stage::picture, tr("%1 could not be opened").arg(name), outcome.failure()));
                   return;
                 }
                 if (!outcome) return;
                 Q_EMIT opened(file);
                 commit(*outcome, name, side);
               });
}

void Sources::use(const QImage& picture, const QString& name, Side side) {
  const auto job = services_.work.run(
      [picture](const Context&) { return ImagePtr(std::make_shared<Image>(fromQImage(picture))); });
  jobs_.follow(tr("Opening the picture"), Stage::picture, job, this,
               [this, name, side](const Outcome<ImagePtr>& outcome) {
                 if (outcome.failed())
                   Q_EMIT said(failureMessage(Stage::picture, tr("%1 could not be used").arg(name),
                                              outcome.failure()));
                 if (outcome) commit(*outcome, name, side);
               });
}

void Sources::commit(ImagePtr picture, const QString& name, Side side) {
  auto sources = std::make_shared<ImageSet>();
  Document next = store_.current();
  const bool joins = side != Side::front && next.sources && next.sources->front;
  if (!joins) side = Side::front;
  if (joins) *sources = *next.sources;
  sources->at(side) = {std::move(picture), nullptr};
  next.sources = std::move(sources);
  const QString step = joins ? tr("Use %1 as the %2 view").arg(name, nameOf(side).toLower())
                             : tr("Open %1").arg(name);
  store_.commit(step.toStdString(), std::move(next));
  Q_EMIT arrived(side, name);
}

void Sources::remove(Side side) {
  Document next = store_.current();
  if (side == Side::front || !next.sources || !next.sources->at(side)) return;
  auto sources = std::make_shared<ImageSet>(*next.sources);
  sources->at(side) = {};
  next.sources = std::move(sources);
  store_.commit(tr("Remove the %1 view").arg(nameOf(side).toLower()).toStdString(),
                std::move(next));
}

Strokes Sources::strokes(Side side) const {
  const auto& sources = store_.current().sources;
  const Strokes* known = sources ? strokesOf_.of(sources->at(side).cutout) : nullptr;
  return known ? *known : Strokes{};
}

void Sources::setStrokes(Side side, const Strokes& strokes) {
  const auto& sources = store_.current().sources;
  if (sources && sources->at(side)) cut(side, sources->at(side).picture, strokes, true);
}

void Sources::ensureCutouts() {
  // By value: a cut-out that is at hand at once changes the document.
  const ImageSetPtr sources = store_.current().sources;
  if (!sources) return;
  for (const Side side : kSides) {
    const SourceView& view = sources->at(side);
    if (!view || view.cutout || cutting_[side] == view.picture) continue;
    cutting_[side] = view.picture;
    cut(side, view.picture, {}, false);
  }
}

void Sources::cut(Side side, const ImagePtr& picture, const Strokes& strokes, bool correction) {
  const std::string key = "cutout " + nameOf(side).toStdString();
  const auto job = services_.work.runLatest(key, [picture, strokes](const Context& ctx) {
    ctx.stage("Finding the object");
    return MaskPtr(std::make_shared<Mask>(cutOut(*picture, strokes, ctx)));
  });
  jobs_.follow(tr("Cutting out"), Stage::picture, job, this,
               [this, side, picture, strokes, correction](const Outcome<MaskPtr>& outcome) {
                 // A cancelled first cut-out stays off: the generator then cuts out by itself.
                 if (outcome && cutting_[side] == picture) cutting_[side] = nullptr;
                 if (outcome.failed())
                   Q_EMIT said(failureMessage(
                       Stage::picture, tr("The object could not be cut out"), outcome.failure(),
                       [=, this] { cut(side, picture, strokes, correction); }));
                 if (outcome) finishCut(side, picture, strokes, *outcome, correction);
               });
}

void Sources::finishCut(Side side, const ImagePtr& picture, const Strokes& strokes,
                        const MaskPtr& cutout, bool correction) {
  Document next = store_.current();
  // Of a picture that is no longer here?
  if (!next.sources || next.sources->at(side).picture != picture) return;
  strokesOf_.note(cutout, strokes);
  auto sources = std::make_shared<ImageSet>(*next.sources);
  sources->at(side).cutout = cutout;
  next.sources = std::move(sources);
  // The first cut-out belongs to the step that opened the picture; a correction is a step.
  if (correction)
    store_.commit(tr("Correct the cut-out").toStdString(), std::move(next));
  else
    store_.amend(std::move(next));
}

QString nameOf(Side side) {
  switch (side) {
    case Side::front:
      return Sources::tr("Front");
    case Side::left:
      return Sources::tr("Left");
    case Side::right:
      return Sources::tr("Right");
    case Side::back:
      return Sources::tr("Back");
  }
  return {};
}

}  // namespace maquette
