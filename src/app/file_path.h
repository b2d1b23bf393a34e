#pragma once

#include <QFile>
#include <filesystem>

namespace maquette {

/// The path of a file that Qt names.
inline std::filesystem::path pathOf(const QString& file) {
  return QFile::encodeName(file).toStdString();
}

}  // namespace maquette
