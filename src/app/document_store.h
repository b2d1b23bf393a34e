#pragma once

#include <QObject>
#include <string>

#include "core/document/history.h"

namespace maquette {

/// The document on the screen and the way back. GUI thread only.
class DocumentStore : public QObject {
  Q_OBJECT

 public:
  explicit DocumentStore(QObject* parent = nullptr) : QObject(parent) {}

  const Document& current() const { return history_.current(); }
  /// Adds a step that can be undone; `what` names it: "Find parts".
  void commit(const std::string& what, Document next);
  /// Changes the current step without adding one.
  void amend(Document next);
  void undo();  ///< nothing at the oldest step
  void redo();  ///< nothing at the newest step

  QString undoName() const { return QString::fromStdString(history_.undoName()); }
  QString redoName() const { return QString::fromStdString(history_.redoName()); }

 Q_SIGNALS:
  void changed(const maquette::Document& before, const maquette::Document& after);

 private:
  History history_;
};

}  // namespace maquette
