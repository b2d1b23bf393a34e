#include "app/job_board.h"

#include <algorithm>

namespace maquette {

JobBoard::JobBoard(QObject* parent) : QObject(parent) {
  timer_.setInterval(50);
  connect(&timer_, &QTimer::timeout, this, &JobBoard::ticked);
}

bool JobBoard::busy(Stage stage) const {
  return std::ranges::any_of(
      entries_, [stage](const Entry& entry) { return entry.stage == stage && !entry.background; });
}

void JobBoard::cancel(int id) {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  if (found != entries_.end()) found->stop.request_stop();
}

void JobBoard::cancelAll() {
  for (Entry& entry : entries_) entry.stop.request_stop();
}

int JobBoard::add(Entry entry) {
  entry.id = ++last_;
  entries_.push_back(std::move(entry));
  timer_.start();
  if (const Entry& put = entries_.back(); !put.background) Q_EMIT came(put.name);
  Q_EMIT changed();
  return last_;
}

void JobBoard::remove(int id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; });
  if (entries_.empty()) timer_.stop();
  Q_EMIT changed();
}

}  // namespace maquette
