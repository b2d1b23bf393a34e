#pragma once

#include <QImage>
#include <QObject>
#include <map>

#include "app/document_store.h"
#include "app/job_board.h"
#include "app/message.h"
#include "app/provenance.h"
#include "app/services.h"
#include "imaging/cutout.h"

namespace maquette {

/// The pictures of the object and what is cut out of each: opens them, cuts out by itself, and
/// again after every stroke. A part of the workbench; GUI thread; nothing here waits.
class Sources : public QObject {
  Q_OBJECT

 public:
  /// All must outlive it.
  Sources(Services& services, DocumentStore& store, JobBoard& jobs, QObject* parent = nullptr);

  /// A front picture starts a new set; the others join the one that is there, and need it. Failure
  /// is a message and changes nothing.
  void open(const QString& file, Side side);
  void use(const QImage& picture, const QString& name, Side side);
  void remove(Side side);  ///< not the front

  /// The corrections that led to the current cut-out of that side.
  Strokes strokes(Side side) const;
  void setStrokes(Side side, const Strokes& strokes);  ///< cuts out again

 Q_SIGNALS:
  void said(const maquette::Message& message);
  void opened(const QString& file);
  void arrived(maquette::Side side, const QString& name);

 private:
  void commit(ImagePtr picture, const QString& name, Side side);
  void ensureCutouts();
  void cut(Side side, const ImagePtr& picture, const Strokes& strokes, bool correction);
  void finishCut(Side side, const ImagePtr& picture, const Strokes& strokes, const MaskPtr& cutout,
                 bool correction);

  Services& services_;
  DocumentStore& store_;
  JobBoard& jobs_;
  Provenance<Mask, Strokes> strokesOf_;
  std::map<Side, ImagePtr> cutting_;  // the picture whose first cut-out is on its way
};

/// "Front", as people name the sides.
QString nameOf(Side side);

}  // namespace maquette
