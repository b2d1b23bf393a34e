#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <string>

#include "core/models/parameters.h"
#include "core/models/release_policy.h"

class QSettings;

namespace maquette {

/// What stays between two runs. A value; the GUI thread owns it and copies it into jobs.
struct Settings {
  enum class Theme { system, dark, light };

  Theme theme = Theme::system;
  ShapeParams shape;
  AutoParams parts;
  std::string segmenter = "classical";  ///< id of the model that finds parts
  CompleteParams solids;
  std::int64_t memoryLimit = 0;  ///< bytes that Maquette may hold; 0: what is free
  bool int8Weights = false;      ///< large weights of networks in 8 bits where they can be
  ReleasePolicy::When release = ReleasePolicy::When::keepWhileItFits;
  int idleMinutes = 5;   ///< with afterIdle
  QString lastFolder;    ///< where the file dialogs open
  QStringList recent;    ///< files opened, latest first, at most five
  QString modelsFolder;  ///< where weights are kept; empty: the user's data folder
  QString modelsMirror;  ///< in place of the official hosts; empty: those
  QByteArray windowGeometry;
};

/// Missing, unreadable or out-of-range entries keep their defaults.
Settings readSettings(const QSettings& store);
void writeSettings(const Settings& settings, QSettings& store);

}  // namespace maquette
