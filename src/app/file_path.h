#pragma once

#include <QFile>
#include <QMimeData>
#include <QUrl>
#include <filesystem>

namespace maquette {

/// The path of a file that Qt names.
inline std::filesystem::path pathOf(const QString& file) {
  return QFile::encodeName(file).toStdString();
}

/// The first file of what is dragged or pasted, or empty.
inline QString localFileOf(const QMimeData& data) {
  for (const QUrl& url : data.urls())
    if (url.isLocalFile()) return url.toLocalFile();
  return {};
}

}  // namespace maquette
