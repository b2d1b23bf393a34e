#include "app/memory_words.h"

#include <QCoreApplication>
#include <algorithm>

namespace maquette {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("Memory", text); }

}  // namespace

QString spokenBytes(std::int64_t bytes) {
  const double amount = double(std::max<std::int64_t>(0, bytes));
  if (amount < 0.9995e9) return tr("%1 MB").arg(amount / 1e6, 0, 'f', 0);
  return tr("%1 GB").arg(amount / 1e9, 0, 'f', 1);
}

QString spokenLevel(MemoryLevel level) {
  return level == MemoryLevel::red     ? tr("nearly full")
         : level == MemoryLevel::amber ? tr("getting full")
                                       : QString();
}

QString nameOfMemory(const MemoryTrack& track) {
  if (track.empty() || !track.now().device) return tr("Main memory");
  const QString card = QString::fromStdString(track.latest().machine.deviceName);
  return card.isEmpty() ? tr("Graphics memory") : card;
}

QString spokenModel(const ModelManager::State& state) {
  using Phase = ModelManager::State::Phase;
  if (state.phase == Phase::none) return {};
  const QString name = QString::fromStdString(state.label.empty() ? state.id : state.label);
  if (state.phase == Phase::loading) return tr("loading %1").arg(name);
  if (state.phase == Phase::unloading) return tr("unloading %1").arg(name);
  return state.bytes > 0 ? QString("%1 %2").arg(name, spokenBytes(state.bytes)) : name;
}

MemoryWarning warningOf(const MemoryTrack& track, MemoryLevel level) {
  const MemoryPoint& now = track.now();
  const QString memory = now.device ? tr("graphics memory") : tr("main memory");
  const QString title = level == MemoryLevel::red ? tr("The %1 is nearly full").arg(memory)
                                                  : tr("The %1 is getting full").arg(memory);
  const QString advice =
      now.others() >= now.ours
          ? tr("Close other programs before the next large job.")
          : tr("Most of it is Maquette's. Large jobs may take smaller steps, or be refused.");
  return {title, tr("%1 of %2 are used: other programs %3, Maquette %4. %5")
                     .arg(spokenBytes(now.total - now.free), spokenBytes(now.total),
                          spokenBytes(now.others()), spokenBytes(now.ours), advice)};
}

}  // namespace maquette
