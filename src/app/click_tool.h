#pragma once

#include <QObject>
#include <memory>

#include "app/workbench.h"

namespace maquette {

/// Clicks become a proposal: this belongs to the part, this does not; smaller or larger; keep it.
///
/// The session lives on the gpu lane and never leaves it; here are only the clicks and the answers.
class ClickTool : public QObject {
  Q_OBJECT

 public:
  explicit ClickTool(Workbench& bench, QObject* parent = nullptr);

  /// Opens the session before the first click, so that the click answers at once.
  void warmUp();
  void click(std::uint32_t face, Vec3 position, bool positive);
  void step(int sizes);  ///< +1 the next larger candidate
  void keep();           ///< the shown candidate becomes a part
  void drop();

  bool active() const { return !prompts_.clicks.empty(); }
  bool hasProposal() const { return candidates_ != nullptr; }
  std::size_t index() const { return index_; }
  std::size_t count() const { return candidates_ ? candidates_->masks.size() : 0; }
  float score() const { return candidates_ ? candidates_->masks[index_].score : 0.f; }
  const Prompts& prompts() const { return prompts_; }

 Q_SIGNALS:
  /// The proposal changed; null when there is none.
  void proposed(std::shared_ptr<const maquette::FaceMask> mask);

 private:
  void ask();
  void announce();

  Workbench& bench_;
  Prompts prompts_;
  std::shared_ptr<const Candidates> candidates_;
  std::size_t index_ = 0;
};

}  // namespace maquette
