#pragma once

#include <QObject>
#include <QStringList>
#include <set>
#include <span>
#include <vector>

#include "app/document_store.h"
#include "app/job_board.h"
#include "app/message.h"
#include "app/provenance.h"
#include "app/services.h"
#include "app/settings.h"
#include "app/sources.h"
#include "io/mesh_file.h"

namespace maquette {

/// What the window can do, without the window: every operation starts a job here and changes the
/// document when its result arrives. GUI thread; nothing here waits.
///
/// A result whose input is no longer the current one is offered as a message, never forced.
class Workbench : public QObject {
  Q_OBJECT

 public:
  /// How a step of the stage path stands.
  struct StageState {
    bool done = false;
    bool busy = false;
    QString stale;  ///< why an earlier change made it out of date; empty if it is not
  };

  /// @param services, settings  must outlive the workbench
  Workbench(Services& services, Settings& settings, QObject* parent = nullptr);
  ~Workbench() override;

  DocumentStore& store() { return store_; }
  const Document& document() const { return store_.current(); }
  JobBoard& jobs() { return jobs_; }
  Services& services() { return services_; }
  Settings& settings() { return settings_; }
  StageState stateOf(Stage stage) const;

  /// A mesh, or a picture of the front, by its name. Failure is a message and changes nothing.
  void open(const QString& file);
  Sources& sources() { return sources_; }

  void makeShape();
  void findParts();  ///< with the settings
  void findParts(const AutoParams& params);
  void makeSolids();
  void addPart(const FaceMask& mask);

  void renamePart(PartId part, const QString& name);
  void setPartVisible(PartId part, bool visible);
  /// Parts that the last "Make solids" on these labels gave no solid: too thin for the detail.
  std::set<PartId> vanished() const;
  bool solidsComplete() const;  ///< there are parts, and each has its solid or vanished

  void exportPartFiles(const QString& folder);  ///< one STL per part
  void exportTogether(const QString& file);     ///< one file with named objects
  void exportWhole(const QString& file);        ///< the closed whole in one mesh

  void say(const Message& message) { Q_EMIT said(message); }

 Q_SIGNALS:
  void said(const maquette::Message& message);
  void statesChanged();  ///< stateOf may answer differently
  void meshOpened(const QString& name);

 private:
  void openMesh(const QString& file);
  void commitShape(const ShapeResult& result, const ImageSetPtr& from);
  void commitParts(const Segmentation& segmentation);
  void commitSolids(const CompleteResult& result, const Document& from);
  template <class Write>
  void startExport(const QString& name, Write write);
  std::vector<NamedPart> namedParts() const;
  void fail(Stage stage, const QString& title, const Failure& failure,
            std::function<void()> retry = {});
  void remember(const QString& file);

  Services& services_;
  Settings& settings_;
  DocumentStore store_;
  JobBoard jobs_;
  Sources sources_;
  Provenance<Mesh, ImageSetPtr> shapeFrom_;
  Provenance<Labels, std::set<PartId>> vanishedOf_;
  Provenance<Mesh, MeshPtr> wholeOf_;  // first solid -> the closed original
  std::vector<MeshPtr> exported_;
};

}  // namespace maquette
