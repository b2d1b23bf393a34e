#include "app/settings.h"

#include <QSettings>

#include "core/base/error.h"

namespace maquette {
namespace {

QString keyOf(const char* group, std::string_view name) {
  return QString("%1/%2").arg(QString(group), QString::fromUtf8(name.data(), int(name.size())));
}

template <class Params>
void readParams(const QSettings& store, const char* group, std::span<const Field<Params>> fields,
                Params& params) {
  Params read = params;
  for (const Field<Params>& field : fields)
    std::visit(
        [&](auto member) {
          const QVariant value = store.value(keyOf(group, field.name));
          if (value.canConvert<double>())
            read.*member = static_cast<std::decay_t<decltype(read.*member)>>(value.toDouble());
        },
        field.member);
  try {
    requireValid(read);
    params = read;
  } catch (const InvalidInput&) {  // edited by hand, or limits of an older version
  }
}

template <class Params>
void writeParams(QSettings& store, const char* group, std::span<const Field<Params>> fields,
                 const Params& params) {
  for (const Field<Params>& field : fields)
    std::visit(
        [&](auto member) { store.setValue(keyOf(group, field.name), double(params.*member)); },
        field.member);
}

constexpr const char* kReleases[] = {"afterJob", "afterIdle", "keepWhileItFits"};
constexpr std::int64_t kSmallestLimit = 500'000'000;
constexpr int kLongestIdle = 24 * 60;  // minutes

void readMemory(const QSettings& store, Settings& settings) {
  const qint64 limit = store.value("memory/limit").toLongLong();
  if (limit >= kSmallestLimit) settings.memoryLimit = limit;
  settings.int8Weights = store.value("memory/int8Weights").toString() == "true";
  const QString release = store.value("memory/release").toString();
  for (int i = 0; i < 3; ++i)
    if (release == kReleases[i]) settings.release = ReleasePolicy::When(i);
  const int idle = store.value("memory/idleMinutes").toInt();
  if (idle >= 1 && idle <= kLongestIdle) settings.idleMinutes = idle;
}

}  // namespace

Settings readSettings(const QSettings& store) {
  Settings settings;
  const QString theme = store.value("theme").toString();
  if (theme == "dark") settings.theme = Settings::Theme::dark;
  if (theme == "light") settings.theme = Settings::Theme::light;
  readParams(store, "shape", shapeFields(), settings.shape);
  readParams(store, "parts", autoFields(), settings.parts);
  if (const QString model = store.value("parts/model").toString(); !model.isEmpty())
    settings.segmenter = model.toStdString();
  readParams(store, "solids", completeFields(), settings.solids);
  readMemory(store, settings);
  settings.lastFolder = store.value("lastFolder").toString();
  settings.recent = store.value("recent").toStringList();
  settings.modelsFolder = store.value("models/folder").toString();
  settings.modelsMirror = store.value("models/mirror").toString();
  settings.windowGeometry = store.value("windowGeometry").toByteArray();
  return settings;
}

void writeSettings(const Settings& settings, QSettings& store) {
  store.setValue("theme", settings.theme == Settings::Theme::dark    ? "dark"
                          : settings.theme == Settings::Theme::light ? "light"
                                                                     : "system");
  writeParams(store, "shape", shapeFields(), settings.shape);
  writeParams(store, "parts", autoFields(), settings.parts);
  store.setValue("parts/model", QString::fromStdString(settings.segmenter));
  writeParams(store, "solids", completeFields(), settings.solids);
  store.setValue("memory/limit", qint64(settings.memoryLimit));
  store.setValue("memory/int8Weights", settings.int8Weights);
  store.setValue("memory/release", kReleases[int(settings.release)]);
  store.setValue("memory/idleMinutes", settings.idleMinutes);
  store.setValue("lastFolder", settings.lastFolder);
  store.setValue("recent", settings.recent);
  store.setValue("models/folder", settings.modelsFolder);
  store.setValue("models/mirror", settings.modelsMirror);
  store.setValue("windowGeometry", settings.windowGeometry);
}

}  // namespace maquette
