#pragma once

#include "core/image/image.h"

class QImage;

namespace maquette {

/// Any pixel format; null gives an empty Image.
Image fromQImage(const QImage& image);

/// RGBA8888, straight alpha; an empty Image gives a null QImage.
QImage toQImage(const Image& image);

}  // namespace maquette
