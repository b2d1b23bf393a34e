#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/document/document.h"

namespace maquette {

/// Snapshots that share what did not change; the oldest are dropped beyond a byte budget.
class History {
 public:
  explicit History(Document first = {}, std::size_t byteBudget = std::size_t{512} << 20);

  const Document& current() const { return entries_[now_].document; }
  /// Adds a step and drops what could have been redone. `what` names it: "Find parts".
  void commit(std::string what, Document next);
  /// Replaces the current step (brush strokes in progress, a renamed part); drops redo.
  void amend(Document next);
  bool undo();  ///< false at the oldest step
  bool redo();  ///< false at the newest step

  std::string undoName() const;  ///< what undo() would take back, or empty
  std::string redoName() const;  ///< what redo() would bring back, or empty

  /// Memory held by all snapshots, each shared piece counted once.
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string what;
    Document document;
  };
  void trim();

  std::vector<Entry> entries_;  // never empty
  std::size_t now_ = 0;
  std::size_t budget_;
};

}  // namespace maquette
