#pragma once

#include <QObject>
#include <memory>

#include "app/model_jobs.h"
#include "app/workbench.h"

namespace maquette {

/// Clicks become a proposal: this belongs to the part, this does not; smaller or larger; keep it.
///
/// The session lives on the gpu lane and never leaves it; here are only the clicks and the answers.
/// While a network is not ready yet, the classical segmenter answers; the network's answer takes
/// the place of that one when it comes.
class ClickTool : public QObject {
  Q_OBJECT

 public:
  explicit ClickTool(Workbench& bench, QObject* parent = nullptr);

  /// Opens the session before the first click, so that the click answers at once. Of a network that
  /// would compute on the processor, only the file is brought near: the rest takes all of it.
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
  /// Whose proposal it is, where it is not the chosen segmenter's: "classical until P3-SAM is
  /// ready".
  QString origin() const;

 Q_SIGNALS:
  /// The proposal changed; null when there is none.
  void proposed(std::shared_ptr<const maquette::FaceMask> mask);

 private:
  /// One who answers clicks.
  struct Line {
    std::shared_ptr<LatestClicks> clicks = std::make_shared<LatestClicks>();
    std::stop_source stop{std::nostopstate};
    bool asking = false;  ///< a job is under way, and takes later clicks along
  };

  ClickJob jobNow() const;
  bool ready(const ClickJob& job) const;
  void ask();
  void askNetwork(const ClickJob& job);
  void askStandIn(const MeshPtr& mesh);
  template <class Work, class Receive>
  void send(Line& line, Lane& lane, const QString& name, bool background, Work work,
            Receive receive);
  void show(const ClickAnswer& answer, bool classical);
  void failed(const ClickJob& job, const Failure& failure);
  void cancelled();
  void forget();
  void announce();

  Workbench& bench_;
  Prompts prompts_;
  std::shared_ptr<const Candidates> candidates_;
  std::size_t index_ = 0;
  bool classical_ = false;  ///< the candidates are the stand-in's
  bool gaveUp_ = false;     ///< the chosen one failed; the other answers until drop()
  AutoParams asked_;        ///< what the clicks were last asked with
  ClickJob answered_;       ///< whose session has answered last, and so is open
  Line chosen_, standInLine_;
  std::shared_ptr<StandIn> standIn_ = std::make_shared<StandIn>();
};

}  // namespace maquette
