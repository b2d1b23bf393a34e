#include "app/workbench.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "app/file_path.h"
#include "app/model_jobs.h"

namespace maquette {
namespace {

std::vector<MeshPtr> solidsOf(const Document& document) {
  std::vector<MeshPtr> solids;
  for (const Part& part : document.segmentation.parts) solids.push_back(part.solid);
  return solids;
}

}  // namespace

Workbench::Workbench(Services& services, Settings& settings, QObject* parent)
    : QObject(parent), services_(services), settings_(settings), sources_(services, store_, jobs_) {
  connect(&jobs_, &JobBoard::changed, this, &Workbench::statesChanged);
  connect(&store_, &DocumentStore::changed, this, &Workbench::statesChanged);
  connect(&store_, &DocumentStore::changed, this, &Workbench::followSettings);
  connect(&sources_, &Sources::said, this, &Workbench::said);
  connect(&sources_, &Sources::opened, this, &Workbench::remember);
}

Workbench::~Workbench() { jobs_.cancelAll(); }

Workbench::StageState Workbench::stateOf(Stage stage) const {
  const Document& now = document();
  StageState state;
  state.busy = jobs_.busy(stage);
  const ImageSetPtr* from = shapeFrom_.of(now.shape);
  const bool staleShape = from && *from != now.sources;
  const auto& parts = now.segmentation.parts;
  switch (stage) {
    case Stage::picture:
      state.done = now.sources && now.sources->front.cutout;
      break;
    case Stage::shape:
      state.done = now.shape != nullptr;
      if (staleShape) state.stale = tr("The picture changed since this shape was made.");
      break;
    case Stage::parts:
      state.done = solidsComplete();
      if (staleShape && !parts.empty())
        state.stale = tr("The picture changed since these parts were found.");
      else if (!state.done &&
               std::ranges::any_of(parts, [](const Part& p) { return p.solid != nullptr; }))
        state.stale = tr("Some parts changed since their solids were made.");
      break;
    case Stage::print:
      state.done = !exported_.empty() &&
                   (exported_ == solidsOf(now) || exported_ == std::vector<MeshPtr>{now.shape});
      if (!exported_.empty() && !state.done)
        state.stale = tr("The object changed since it was exported.");
      break;
  }
  return state;
}

void Workbench::open(const QString& file) {
  const auto path = pathOf(file);
  if (looksLikeMesh(path))
    openMesh(file);
  else
    sources_.open(file, Side::front);  // also what is neither: its reader says what it can read
}

void Workbench::openMesh(const QString& file) {
  const auto job = services_.work.run(
      [path = pathOf(file)](const Context& ctx) { return readMesh(path, {}, ctx); });
  jobs_.follow(tr("Opening the mesh"), Stage::parts, job, this,
               [this, file](const Outcome<ReadResult>& outcome) {
                 const QString name = QFileInfo(file).fileName();
                 if (outcome.failed())
                   return fail(Stage::picture, tr("%1 could not be opened").arg(name),
                               outcome.failure());
                 if (!outcome) return;
                 remember(file);
                 Document next;  // another object: its own picture, parts and size
                 next.shape = std::make_shared<Mesh>(outcome->mesh);
                 store_.commit(tr("Open %1").arg(name).toStdString(), std::move(next));
                 Q_EMIT meshOpened(name);
                 sayNotes(Stage::parts, tr("%1 is open").arg(name), outcome->notes);
               });
}

void Workbench::sayNotes(Stage stage, const QString& title, const std::vector<std::string>& notes) {
  if (notes.empty()) return Q_EMIT withdrawn(stage, title);  // those of an earlier result
  QStringList lines;
  for (const std::string& note : notes) lines << QString::fromStdString(note);
  say({Message::Kind::note, stage, title, lines.join('\n'), {}, {}, {}});
}

// --- Shape, parts, solids

void Workbench::makeShape() {
  const ImageSetPtr sources = document().sources;
  if (!sources) return;
  services_.models.prefetch<ShapeGenerator>(kDefaultModel);
  const auto job = services_.gpu.runLatest(
      "shape", [&services = services_, sources, params = settings_.shape](const Context& ctx) {
        return generateShape(services, *sources, params, ctx);
      });
  jobs_.follow(tr("Making the shape"), Stage::shape, job, this,
               [this, sources](const Outcome<ShapeResult>& outcome) {
                 if (outcome.failed())
                   return fail(Stage::shape, tr("The shape could not be made"), outcome.failure(),
                               [this] { makeShape(); });
                 if (!outcome) return;
                 if (document().sources == sources) return commitShape(*outcome, sources);
                 say({Message::Kind::offer,
                      Stage::shape,
                      tr("The shape is ready"),
                      tr("The picture changed while it was being made."),
                      {},
                      tr("Use it anyway"),
                      [this, result = *outcome, sources] { commitShape(result, sources); }});
               });
}

void Workbench::commitShape(const ShapeResult& result, const ImageSetPtr& from) {
  shapeFrom_.note(result.mesh, from);
  Document next = document();
  next.shape = result.mesh;
  next.segmentation = {};
  next.print.sizeMm = settings_.shape.sizeMm;
  store_.commit(tr("Make the shape").toStdString(), std::move(next));
  sayNotes(Stage::shape, tr("About this shape"), result.notes);
}

void Workbench::makeSolids() {
  const Document from = document();
  if (!from.shape || from.segmentation.empty()) return;
  services_.models.prefetch<PartCompleter>(kDefaultModel);
  const auto job = services_.gpu.runLatest(
      "solids", [&services = services_, from, params = settings_.solids](const Context& ctx) {
        return maquette::makeSolids(services, from.shape, from.segmentation, params, ctx);
      });
  jobs_.follow(tr("Making solids"), Stage::parts, job, this,
               [this, from](const Outcome<CompleteResult>& outcome) {
                 if (outcome.failed())
                   return fail(Stage::parts, tr("The solids could not be made"), outcome.failure(),
                               [this] { makeSolids(); });
                 if (!outcome) return;
                 const Document& now = document();
                 if (now.shape == from.shape && now.segmentation.labels == from.segmentation.labels)
                   return commitSolids(*outcome, from);
                 say({Message::Kind::offer,
                      Stage::parts,
                      tr("The solids are ready"),
                      tr("The parts changed while they were being made."),
                      {},
                      tr("Go back to those parts"),
                      [this, from, result = *outcome] { commitSolids(result, from); }});
               });
}

void Workbench::commitSolids(const CompleteResult& result, const Document& from) {
  Document next = document();
  // Names and visibility may have changed meanwhile; the parts themselves are those of `from`.
  if (next.segmentation.labels != from.segmentation.labels || next.shape != from.shape) next = from;
  std::set<PartId> vanished;
  const auto& asked = from.segmentation.parts;
  for (std::size_t i = 0; i < asked.size() && i < result.solids.size(); ++i)
    for (Part& part : next.segmentation.parts) {
      if (part.id != asked[i].id) continue;
      part.solid = result.solids[i];
      if (!part.solid) vanished.insert(part.id);
      wholeOf_.note(part.solid, result.whole);
    }
  vanishedOf_.note(next.segmentation.labels, vanished);
  store_.commit(tr("Make solids").toStdString(), std::move(next));
  sayNotes(Stage::parts, tr("About these solids"), result.notes);
}

std::set<PartId> Workbench::vanished() const {
  const auto* known = vanishedOf_.of(document().segmentation.labels);
  return known ? *known : std::set<PartId>{};
}

bool Workbench::solidsComplete() const {
  const auto& parts = document().segmentation.parts;
  const auto gone = vanished();
  return std::ranges::any_of(parts, [](const Part& part) { return part.solid != nullptr; }) &&
         std::ranges::all_of(
             parts, [&](const Part& part) { return part.solid || gone.contains(part.id); });
}

// --- Part list

void Workbench::renamePart(PartId id, const QString& name) {
  Document next = document();
  for (Part& part : next.segmentation.parts)
    if (part.id == id && !name.trimmed().isEmpty()) part.name = name.trimmed().toStdString();
  store_.commit(tr("Rename a part").toStdString(), std::move(next));
}

void Workbench::setPartVisible(PartId id, bool visible) {
  Document next = document();
  for (Part& part : next.segmentation.parts)
    if (part.id == id) part.visible = visible;
  store_.commit((visible ? tr("Show a part") : tr("Hide a part")).toStdString(), std::move(next));
}

// --- Export

std::vector<NamedPart> Workbench::namedParts() const {
  std::vector<NamedPart> parts;
  for (const Part& part : document().segmentation.parts)
    if (part.solid) parts.push_back({part.name, part.solid, part.colour});
  return parts;
}

template <class Write>
void Workbench::startExport(const QString& name, Write write) {
  const auto job = services_.work.run(std::move(write));
  const Document from = document();
  jobs_.follow(
      tr("Exporting"), Stage::print, job, this,
      [this, name, from](const Outcome<std::vector<std::filesystem::path>>& outcome) {
        if (outcome.failed())
          return fail(Stage::print, tr("%1 could not be written").arg(name), outcome.failure());
        if (!outcome) return;
        exported_ = from.segmentation.empty() ? std::vector<MeshPtr>{from.shape} : solidsOf(from);
        QStringList files;
        for (const auto& path : *outcome)
          files << QDir::toNativeSeparators(QFile::decodeName(path.c_str()));
        const bool one = files.size() == 1;
        say({Message::Kind::note,
             Stage::print,
             one ? tr("One file written") : tr("%1 files written").arg(files.size()),
             one ? files.front() : QFileInfo(files.value(0)).absolutePath(),
             one ? QString() : files.join('\n'),
             {},
             {}});
        Q_EMIT statesChanged();
      });
}

void Workbench::exportPartFiles(const QString& folder) {
  startExport(folder, [path = pathOf(folder), parts = namedParts()](const Context& ctx) {
    return writePartFiles(path, parts, ctx);
  });
}

void Workbench::exportTogether(const QString& file) {
  startExport(file, [path = pathOf(file), parts = namedParts()](const Context& ctx) {
    writeParts(path, parts, ctx);
    return std::vector{path};
  });
}

void Workbench::exportWhole(const QString& file) {
  MeshPtr whole = document().shape;
  for (const MeshPtr& solid : solidsOf(document()))
    if (const MeshPtr* known = wholeOf_.of(solid); known && *known) whole = *known;
  if (!whole) return;
  startExport(file, [path = withMeshExtension(pathOf(file)), whole](const Context& ctx) {
    writeMesh(path, *whole, ctx);
    return std::vector{path};
  });
}

void Workbench::fail(Stage stage, const QString& title, const Failure& failure,
                     std::function<void()> retry) {
  say(failureMessage(stage, title, failure, std::move(retry)));
}

void Workbench::remember(const QString& file) {
  if (file.startsWith(':')) return;  // a sample
  settings_.lastFolder = QFileInfo(file).absolutePath();
  settings_.recent.removeAll(file);
  settings_.recent.prepend(file);
  settings_.recent = settings_.recent.mid(0, 5);
}

}  // namespace maquette
