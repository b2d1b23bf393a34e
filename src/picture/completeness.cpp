#include "picture/completeness.h"

#include <QIODevice>
#include <QtEndian>
#include <cmath>

namespace maquette {
namespace {

using Bytes = QByteArray;

std::uint32_t little32(const Bytes& b, qsizetype at) {
  return qFromLittleEndian<std::uint32_t>(b.constData() + at);
}

/// ITU T.81 Annex B: after the first scan's header, FF D9 can only be the end of the image.
bool jpegEnds(const Bytes& b) {
  qsizetype at = 2;
  while (at + 4 <= b.size()) {
    if (std::uint8_t(b[at]) != 0xff) return false;
    const std::uint8_t marker = std::uint8_t(b[at + 1]);
    if (marker == 0xff) {  // padding
      ++at;
      continue;
    }
    if (marker == 0xda) return b.indexOf(Bytes("\xff\xd9", 2), at + 2) >= 0;
    at += 2 + qFromBigEndian<std::uint16_t>(b.constData() + at + 2);
  }
  return false;
}

/// GIF89a: walks the blocks up to the end of the first frame.
bool gifEnds(const Bytes& b) {
  const auto byte = [&](qsizetype i) { return i < b.size() ? int(std::uint8_t(b[i])) : -1; };
  const auto table = [&](int flags) { return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0; };
  const auto afterSubBlocks = [&](qsizetype at) -> qsizetype {
    for (int length; (length = byte(at)) > 0;) at += 1 + length;
    return byte(at) == 0 ? at + 1 : -1;
  };
  if (b.size() < 13) return false;
  qsizetype at = 13 + table(byte(10));
  while (at >= 0 && byte(at) >= 0) {
    if (byte(at) == 0x2c) return afterSubBlocks(at + 11 + table(byte(at + 9))) >= 0;
    if (byte(at) != 0x21) return false;
    at = afterSubBlocks(at + 2);
  }
  return false;
}

/// Uncompressed BMP: offset and rows fit in the file.
bool bmpEnds(const Bytes& b) {
  if (b.size() < 34) return false;
  const std::uint32_t header = little32(b, 14);
  if (header < 40) return true;  // OS/2: left to the decoder
  const std::uint32_t compression = little32(b, 30);
  if (compression == 1 || compression == 2) return true;  // run lengths: left to the decoder
  const std::int64_t width = std::int32_t(little32(b, 18));
  const std::int64_t height = std::abs(std::int64_t(std::int32_t(little32(b, 22))));
  const std::int64_t bits = qFromLittleEndian<std::uint16_t>(b.constData() + 28);
  // In double: a damaged header promises more than any whole number holds.
  const double stride = std::floor((double(width) * double(bits) + 31.) / 32.) * 4.;
  return double(little32(b, 10)) + stride * double(height) <= double(b.size());
}

bool webpEnds(const Bytes& b) {
  return b.size() >= 12 && std::int64_t(little32(b, 4)) + 8 <= b.size();
}

}  // namespace

bool isComplete(QIODevice& device, const QByteArray& format) {
  bool (*ends)(const Bytes&) = nullptr;
  if (format == "jpeg" || format == "jpg") ends = jpegEnds;
  if (format == "gif") ends = gifEnds;
  if (format == "bmp") ends = bmpEnds;
  if (format == "webp") ends = webpEnds;
  if (!ends) return true;
  const qint64 place = device.pos();
  device.seek(0);
  const Bytes all = device.readAll();
  device.seek(place);
  return ends(all);
}

bool svgNeedsFonts(QIODevice& device, const QByteArray& format) {
  if (format == "svgz") return true;
  if (format != "svg") return false;
  const qint64 place = device.pos();
  device.seek(0);
  const Bytes all = device.readAll();
  device.seek(place);
  return all.contains("<text") || all.contains(":text") || all.startsWith("\x1f\x8b");
}

}  // namespace maquette
