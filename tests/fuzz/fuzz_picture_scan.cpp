// Our own look at pictures before a decoder sees them.

#include <QBuffer>

#include "fuzz/fuzz.h"
#include "picture/completeness.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  QByteArray bytes(reinterpret_cast<const char*>(data), static_cast<qsizetype>(size));
  QBuffer device(&bytes);
  device.open(QIODevice::ReadOnly);
  for (const char* format : {"jpeg", "gif", "bmp", "webp"}) isComplete(device, format);
  svgNeedsFonts(device, "svg");
  return 0;
}
