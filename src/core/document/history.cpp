#include "core/document/history.h"

#include <set>
#include <utility>

namespace maquette {
namespace {

/// Adds up what is reachable, counting each shared piece once.
class Weigher {
 public:
  void add(const MeshPtr& mesh) {
    if (isNew(mesh.get()))
      bytes_ += mesh->positions.size() * sizeof(Vec3) + mesh->triangles.size() * sizeof(Triangle) +
                mesh->normals.size() * sizeof(Vec3) + mesh->colours.size() * sizeof(Rgb);
  }
  void add(const SourceView& view) {
    if (isNew(view.picture.get())) bytes_ += view.picture->pixels.size() * sizeof(Rgba);
    if (isNew(view.cutout.get())) bytes_ += view.cutout->values.size();
  }
  void add(const Document& document) {
    if (document.sources)
      for (const SourceView* view : {&document.sources->front, &document.sources->left,
                                     &document.sources->right, &document.sources->back})
        add(*view);
    add(document.shape);
    if (isNew(document.segmentation.labels.get()))
      bytes_ += document.segmentation.labels->size() * sizeof(PartId);
    for (const Part& part : document.segmentation.parts) add(part.solid);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  bool isNew(const void* piece) { return piece && seen_.insert(piece).second; }
  std::set<const void*> seen_;
  std::size_t bytes_ = 0;
};

}  // namespace

History::History(Document first, std::size_t byteBudget) : budget_(byteBudget) {
  entries_.push_back({{}, std::move(first)});
}

void History::commit(std::string what, Document next) {
  entries_.resize(now_ + 1);
  entries_.push_back({std::move(what), std::move(next)});
  ++now_;
  trim();
}

void History::amend(Document next) {
  entries_.resize(now_ + 1);
  entries_[now_].document = std::move(next);
  trim();
}

bool History::undo() {
  if (now_ == 0) return false;
  --now_;
  return true;
}

bool History::redo() {
  if (now_ + 1 == entries_.size()) return false;
  ++now_;
  return true;
}

std::string History::undoName() const { return now_ > 0 ? entries_[now_].what : std::string(); }

std::string History::redoName() const {
  return now_ + 1 < entries_.size() ? entries_[now_ + 1].what : std::string();
}

std::size_t History::bytes() const {
  Weigher weigher;
  for (const Entry& entry : entries_) weigher.add(entry.document);
  return weigher.bytes();
}

void History::trim() {
  while (now_ > 1 && bytes() > budget_) {  // one step back is always kept
    entries_.erase(entries_.begin());
    --now_;
  }
}

}  // namespace maquette
