#pragma once

#include <QByteArray>
#include <cstdint>

class QIODevice;

namespace maquette {

/// Whether a picture file reaches its end. Qt fills what is missing from a truncated JPEG, GIF or
/// BMP with grey and calls that success.
///
/// @param device  open and seekable; its position is kept
/// @param format  as QImageReader names it; formats whose decoders notice by themselves pass
bool isComplete(QIODevice& device, const QByteArray& format);

/// Whether an SVG draws text (needs fonts, and those a QGuiApplication); compressed ones count.
bool svgNeedsFonts(QIODevice& device, const QByteArray& format);

}  // namespace maquette
