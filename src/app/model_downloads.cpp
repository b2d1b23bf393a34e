#include "app/model_downloads.h"

#include "core/base/error.h"

namespace maquette {

ModelDownloads::ModelDownloads(Catalogue catalogue, const ModelPlaces& places, QObject* parent)
    : QObject(parent),
      catalogue_(std::move(catalogue)),
      store_(std::make_shared<const ModelStore>(catalogue_, places)),
      downloads_("downloads"),
      files_("models") {
  tick_.setInterval(250);
  connect(&tick_, &QTimer::timeout, this, &ModelDownloads::ticked);
}

ModelDownloads::~ModelDownloads() {
  for (auto& [id, job] : jobs_) job.stop.request_stop();
}

ModelDownloads::View ModelDownloads::view(const std::string& id) const {
  View view;
  if (const auto job = jobs_.find(id); job != jobs_.end()) {
    view.doing = job->second.doing;
    if (job->second.figures) view.figures = job->second.figures->snapshot();
    if (job->second.progress) view.progress = job->second.progress->snapshot();
  }
  if (const auto said = said_.find(id); said != said_.end()) {
    view.message = said->second.text;
    view.error = said->second.error;
  }
  return view;
}

bool ModelDownloads::busy() const { return !jobs_.empty(); }

void ModelDownloads::setPlaces(const ModelPlaces& places) {
  if (busy()) return;
  store_ = std::make_shared<const ModelStore>(catalogue_, places);
  said_.clear();
  Q_EMIT changed({});
}

void ModelDownloads::say(const std::string& id, const QString& text, bool error) {
  said_[id] = {text, error};
  Q_EMIT changed(id);
}

template <class T, class Ended>
void ModelDownloads::follow(const std::string& id, Doing doing, const JobHandle<T>& handle,
                            std::shared_ptr<FetchFigures> figures, Ended ended) {
  jobs_[id] = {doing, handle.stop, handle.progress, std::move(figures)};
  said_.erase(id);
  tick_.start();
  handle.then(this, [this, id, ended = std::move(ended)](const Outcome<T>& outcome) {
    jobs_.erase(id);
    if (jobs_.empty()) tick_.stop();
    if (outcome.failed())
      say(id, QString::fromStdString(outcome.failure().message), true);
    else if (outcome.hasValue())
      ended(*outcome);
    Q_EMIT changed(id);
  });
  Q_EMIT changed(id);
}

std::vector<const Licence*> ModelDownloads::openLicences(const std::string& id) const {
  const LicenceRecord record(store_->places().licences);
  std::vector<const Licence*> open;
  for (const Licence* licence : catalogue_.licencesOf(catalogue_.at(id)))
    if (record.acceptedOn(licence->id).empty()) open.push_back(licence);
  return open;
}

void ModelDownloads::acceptAndDownload(const std::string& id) {
  const auto outcome = outcomeOf([&] {
    for (const Licence* licence : openLicences(id))
      LicenceRecord(store_->places().licences).accept(*licence);
  });
  if (outcome.failed()) return say(id, QString::fromStdString(outcome.failure().message), true);
  download(id);
}

void ModelDownloads::download(const std::string& id) {
  if (jobs_.contains(id)) return;
  auto figures = std::make_shared<FetchFigures>();
  follow(id, Doing::downloading,
         downloads_.run([store = store_, id, options = options_, figures](const Context& ctx) {
           fetchModel(*store, store->catalogue().at(id), options, ctx, figures.get());
         }),
         figures, [](const Done&) {});
}

void ModelDownloads::stop(const std::string& id) {
  if (const auto job = jobs_.find(id); job != jobs_.end()) job->second.stop.request_stop();
}

void ModelDownloads::verify(const std::string& id) {
  if (jobs_.contains(id)) return;
  follow(id, Doing::verifying, files_.run([store = store_, id](const Context& ctx) {
    const ModelGroup& group = store->catalogue().at(id);
    std::string checked;
    for (std::size_t i = 0; i < group.files.size(); ++i) {
      const float share = 1.f / float(group.files.size());
      const Verified found =
          store->verify(group.files[i], ctx.part(float(i) * share, float(i + 1) * share));
      if (i == 0)
        for (const std::string& what : found.checked)
          checked += (checked.empty() ? "" : ", ") + what;
    }
    return checked;
  }),
         nullptr, [this, id](const std::string& checked) {
           say(id, tr("All is as it should be: %1.").arg(QString::fromStdString(checked)), false);
         });
}

void ModelDownloads::remove(const std::string& id) {
  if (jobs_.contains(id)) return;
  const auto outcome = outcomeOf([&] { return store_->remove(store_->catalogue().at(id)); });
  if (outcome.failed()) return say(id, QString::fromStdString(outcome.failure().message), true);
  QString text;
  if (outcome->freedBytes > 0)
    text = tr("%1 are free again.").arg(QString::fromStdString(spokenBytes(outcome->freedBytes)));
  for (const std::string& kept : outcome->kept) text += " " + QString::fromStdString(kept);
  say(id, text.trimmed(), false);
}

void ModelDownloads::importFrom(const std::filesystem::path& source, const std::string& id) {
  if (jobs_.contains(id)) return;
  follow(id, Doing::importing, files_.run([store = store_, source, id](const Context& ctx) {
    return importModels(*store, source, {id, false}, ctx);
  }),
         nullptr, [this, id](const std::vector<Imported>& imported) {
           say(id,
               imported.size() == 1
                   ? tr("1 file is used from where it is.")
                   : tr("%1 files are used from where they are.").arg(imported.size()),
               false);
           if (id.empty()) Q_EMIT changed({});
         });
}

}  // namespace maquette
