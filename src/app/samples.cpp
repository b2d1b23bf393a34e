#include "app/samples.h"

#include <QDir>
#include <QPainter>
#include <QSvgRenderer>

namespace maquette {

std::vector<Sample> samples() {
  std::vector<Sample> found;
  for (const QFileInfo& file :
       QDir(":/samples").entryInfoList({"*.svg"}, QDir::Files, QDir::Name)) {
    QString name = file.completeBaseName().replace('-', ' ').replace('_', ' ');
    name[0] = name[0].toUpper();
    found.push_back({name, file.filePath()});
  }
  return found;
}

QImage drawSample(const QString& file, int side) {
  QSvgRenderer renderer(file);
  QSize size = renderer.defaultSize();
  if (size.isEmpty()) return {};
  size.scale(side, side, Qt::KeepAspectRatio);
  QImage image(size, QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  renderer.render(&painter);
  return image;
}

}  // namespace maquette
