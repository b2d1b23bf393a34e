#include "picture/qimage.h"

#include <QColorSpace>
#include <QImage>
#include <cstring>

namespace maquette {

Image fromQImage(const QImage& image) {
  if (image.isNull()) return {};
  QImage plain = image;
  // Colours mean sRGB here; a picture that says otherwise is brought there.
  if (plain.colorSpace().isValid() && plain.colorSpace() != QColorSpace(QColorSpace::SRgb))
    plain.convertToColorSpace(QColorSpace(QColorSpace::SRgb));
  plain.convertTo(QImage::Format_RGBA8888);
  Image result{plain.width(), plain.height(), {}};
  result.pixels.resize(std::size_t(result.width) * std::size_t(result.height));
  static_assert(sizeof(Rgba) == 4);
  for (int y = 0; y < result.height; ++y)
    std::memcpy(&result.at(0, y), plain.constScanLine(y), std::size_t(result.width) * sizeof(Rgba));
  return result;
}

QImage toQImage(const Image& image) {
  if (image.width <= 0 || image.height <= 0) return {};
  QImage result(image.width, image.height, QImage::Format_RGBA8888);
  for (int y = 0; y < image.height; ++y)
    std::memcpy(result.scanLine(y), &image.at(0, y), std::size_t(image.width) * sizeof(Rgba));
  return result;
}

}  // namespace maquette
