#pragma once

#include <QObject>
#include <QStringList>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "app/document_store.h"
#include "app/job_board.h"
#include "app/message.h"
#include "app/parts_maker.h"
#include "app/provenance.h"
#include "app/segmenters.h"
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
  /// Who finds the parts and answers clicks.
  const ModelEntry& segmenter() const { return segmenterBy(settings_, services_.registry); }
  void chooseSegmenter(const std::string& id);
  void findParts();  ///< with the settings
  void findParts(const AutoParams& params, const std::string& segmenter);
  /// Makes the parts again with the settings, from what the network had found; nothing where they
  /// are not a network's. @param held  more is to come: all of it is one step for undo
  void refineParts(bool held);
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
  /// The settings changed that hold for clicks, too: ClickParams.
  void noteClickSettings() { Q_EMIT clickSettingsChanged(); }
  /// Limits, folders or weights changed: what can be done, and at what price, may be another.
  void noteChangedMachine() { Q_EMIT statesChanged(); }

 Q_SIGNALS:
  void said(const maquette::Message& message);
  void withdrawn(maquette::Stage stage, const QString& title);  ///< a note that is true no more
  void statesChanged();                                         ///< stateOf may answer differently
  void segmenterChanged();
  void clickSettingsChanged();
  void partSettingsChanged();                ///< those that the parts on the screen were made with
  void modelsWanted(const std::string& id);  ///< its weights are missing
  void meshOpened(const QString& name);

 private:
  void openMesh(const QString& file);
  void commitShape(const ShapeResult& result, const ImageSetPtr& from);
  /// What parts were made from, and with which settings.
  struct PartsOrigin {
    std::shared_ptr<PartsMaker> maker;
    AutoParams params;
  };
  /// A slider's way from where it is taken to where it is let go.
  struct Refining {
    int gesture = 0;
    LabelsPtr labels;                              ///< of the last step that was added so
    int committed = 0;                             ///< by which gesture
    std::vector<std::pair<PartId, PartId>> merge;  ///< proposed for them
    std::optional<AutoParams> asked;
  };

  void commitParts(const PartsResult& result, const AutoParams& params);
  void commitRefined(const PartsMaker::Made& made, const PartsOrigin& from, int gesture, bool held);
  void proposeMerge(const PartsOrigin& from);
  void offerMerge(const std::vector<std::pair<PartId, PartId>>& merge);
  void sayNotes(Stage stage, const QString& title, const std::vector<std::string>& notes);
  void followSettings(const Document& before, const Document& after);
  void failToFindParts(const AutoParams& asked, const ModelEntry& by, const Failure& failure);
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
  Provenance<Labels, PartsOrigin> partsFrom_;
  Refining refining_;
  bool making_ = false;  ///< the change of the document is the end of a job, not undo
  Provenance<Labels, std::set<PartId>> vanishedOf_;
  Provenance<Mesh, MeshPtr> wholeOf_;  // first solid -> the closed original
  std::vector<MeshPtr> exported_;
};

}  // namespace maquette
