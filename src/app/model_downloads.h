#pragma once

#include <QObject>
#include <QTimer>
#include <map>
#include <memory>

#include "app/lane.h"
#include "download/fetch_model.h"
#include "models/import.h"
#include "models/licences.h"
#include "models/store.h"

namespace maquette {

/// The weights of neural models, for the window: what is there, and what is being done about it.
///
/// Downloads go on when the dialog is closed; one at a time, others wait. GUI thread.
class ModelDownloads : public QObject {
  Q_OBJECT

 public:
  enum class Doing { nothing, downloading, verifying, importing };

  /// What there is to show about one model.
  struct View {
    Doing doing = Doing::nothing;
    FetchFigures::Snapshot figures;
    Progress::Snapshot progress;
    QString message;     ///< how the last thing ended, where there is something to say
    bool error = false;  ///< the message is about trouble
  };

  ModelDownloads(Catalogue catalogue, const ModelPlaces& places, QObject* parent = nullptr);
  ~ModelDownloads() override;

  const Catalogue& catalogue() const { return catalogue_; }  ///< stays where it is
  const ModelStore& store() const { return *store_; }
  View view(const std::string& id) const;
  bool busy() const;

  /// Keeps files elsewhere from now on. Nothing may be going on.
  void setPlaces(const ModelPlaces& places);
  void setOptions(FetchOptions options) { options_ = std::move(options); }

  /// The licences of a model that are still to be accepted.
  std::vector<const Licence*> openLicences(const std::string& id) const;
  /// Accepts those, remembers it, and downloads.
  void acceptAndDownload(const std::string& id);
  /// Begins or continues. The licences must be accepted.
  void download(const std::string& id);
  /// Stops whatever is being done; a download keeps what has arrived.
  void stop(const std::string& id);
  void verify(const std::string& id);
  void remove(const std::string& id);
  /// @param source  a folder or a file; `id` "" for whatever is in there
  void importFrom(const std::filesystem::path& source, const std::string& id);

 Q_SIGNALS:
  /// Something about one model is different, or about all ("").
  void changed(const std::string& id);
  void ticked();  ///< four times a second while something goes on

 private:
  struct Job {
    Doing doing = Doing::nothing;
    std::stop_source stop{std::nostopstate};
    std::shared_ptr<Progress> progress;
    std::shared_ptr<FetchFigures> figures;
  };
  struct Said {
    QString text;
    bool error = false;
  };
  template <class T, class Ended>
  void follow(const std::string& id, Doing doing, const JobHandle<T>& handle,
              std::shared_ptr<FetchFigures> figures, Ended ended);
  void say(const std::string& id, const QString& text, bool error);

  const Catalogue catalogue_;
  std::shared_ptr<const ModelStore> store_;
  FetchOptions options_;
  std::map<std::string, Job> jobs_;
  std::map<std::string, Said> said_;
  QTimer tick_;
  Lane downloads_, files_;  // last: they end first
};

}  // namespace maquette
