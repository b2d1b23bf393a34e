#pragma once

#include <QObject>
#include <QTimer>
#include <functional>
#include <vector>

#include "app/lane.h"
#include "app/stage.h"

namespace maquette {

/// The jobs that people can see: what runs, how far, and how to cancel it. GUI thread.
class JobBoard : public QObject {
  Q_OBJECT

 public:
  struct Entry {
    int id = 0;
    QString name;  ///< "Making the shape"
    Stage stage = Stage::picture;
    std::stop_source stop;
    std::shared_ptr<Progress> progress;
    bool background = false;  ///< nobody asked for it yet; its stage does not count as busy
  };

  explicit JobBoard(QObject* parent = nullptr);

  /// Shows the job until it ends, then hands the outcome to `receive` (on `receiver`'s thread,
  /// never after it is gone).
  template <class T, class Receive>
  void follow(const QString& name, Stage stage, const JobHandle<T>& job, QObject* receiver,
              Receive receive, bool background = false) {
    const int id = add({0, name, stage, job.stop, job.progress, background});
    job.then(this, [this, id](const Outcome<T>&) { remove(id); });
    job.then(receiver, std::move(receive));
  }

  const std::vector<Entry>& entries() const { return entries_; }  ///< oldest first
  bool busy(Stage stage) const;
  bool idle() const { return entries_.empty(); }
  void cancel(int id);
  void cancelAll();

 Q_SIGNALS:
  void changed();                  ///< a job came or went
  void came(const QString& name);  ///< a job that somebody asked for
  void ticked();                   ///< 20 times a second while there are jobs

 private:
  int add(Entry entry);
  void remove(int id);

  std::vector<Entry> entries_;
  QTimer timer_;
  int last_ = 0;
};

}  // namespace maquette
