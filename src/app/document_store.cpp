#include "app/document_store.h"

#include <utility>

namespace maquette {

void DocumentStore::commit(const std::string& what, Document next) {
  const Document before = current();
  history_.commit(what, std::move(next));
  Q_EMIT changed(before, current());
}

void DocumentStore::amend(Document next) {
  const Document before = current();
  history_.amend(std::move(next));
  Q_EMIT changed(before, current());
}

void DocumentStore::undo() {
  const Document before = current();
  if (history_.undo()) Q_EMIT changed(before, current());
}

void DocumentStore::redo() {
  const Document before = current();
  if (history_.redo()) Q_EMIT changed(before, current());
}

}  // namespace maquette
