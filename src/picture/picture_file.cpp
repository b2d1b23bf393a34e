#include "picture/picture_file.h"

#include <spdlog/fmt/fmt.h>

#include <QBuffer>
#include <QGuiApplication>
#include <QImage>
#include <QImageReader>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "child/read_apart.h"
#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "core/files/atomic_file.h"
#include "io/input_file.h"
#include "picture/completeness.h"
#include "picture/qimage.h"

namespace maquette {
namespace {

constexpr double kMostPixels = 100e6;
constexpr int kSvgSide = 1024;
constexpr int kDecoderMiB = 1024;  // 100 megapixels at 64 bits, and room to turn them

constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostMemory = std::uint64_t{4} << 30;  // addresses, libraries included
constexpr std::chrono::seconds kMostTime{60};

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what,
                         const std::string& detail = {}) {
  throw FileError(fmt::format("{} {}", shownName(file), what), detail);
}

/// The whole file: decoders look here and there, and another program may shorten it meanwhile.
QByteArray contentOf(const std::filesystem::path& file, const Context& ctx) {
  const InputFile input(file);
  if (input.size() > kMostFileBytes)
    refuse(file, "has more than 1 GB. Maquette reads pictures up to 100 megapixels.");
  const std::string content = input.readAll(ctx.part(0.f, 0.2f));
  return {content.data(), static_cast<qsizetype>(content.size())};
}

void requireSize(const std::filesystem::path& file, QSize size) {
  if (double(size.width()) * double(size.height()) > kMostPixels)
    refuse(file, fmt::format("has {} × {} pixels. Maquette reads up to 100 megapixels; make it "
                             "smaller first.",
                             size.width(), size.height()));
}

QSize fitted(QSize size, int longest) {
  const double scale = double(longest) / std::max(size.width(), size.height());
  return {std::max(1, int(std::lround(size.width() * scale))),
          std::max(1, int(std::lround(size.height() * scale)))};
}

bool isVector(const QByteArray& format) { return format == "svg" || format == "svgz"; }

/// Asks the decoder for no more than is needed, where it can scale while reading.
void askForSize(QImageReader& reader, const std::filesystem::path& file) {
  const QSize size = reader.size();
  if (isVector(reader.format())) {
    if (size.isEmpty()) refuse(file, "says nothing about its size.");
    reader.setScaledSize(fitted(size, kSvgSide));
    return;
  }
  if (!size.isValid()) return;
  requireSize(file, size);
  if (std::max(size.width(), size.height()) > kLongestPictureSide &&
      reader.supportsOption(QImageIOHandler::ScaledSize))
    reader.setScaledSize(fitted(size, kLongestPictureSide));
}

}  // namespace

Image readPicture(const std::filesystem::path& file, const Context& ctx) {
  Reply reply = readApart({{"picture", file.string()},
                           shownName(file),
                           "Copy or download it again, or save it as PNG.",
                           kMostMemory,
                           kMostTime},
                          ctx);
  if (!reply.picture) refuse(file, "cannot be read.");
  for (const std::string& note : reply.notes) log("picture")->info("{}", note);
  return std::move(*reply.picture);
}

Picture readPictureHere(const std::filesystem::path& file, const Context& ctx) {
  ctx.check();
  QByteArray content = contentOf(file, ctx);
  QBuffer device(&content);
  device.open(QIODevice::ReadOnly);

  // Qt's own limit (128 MiB) refuses ordinary pictures; ours is the number of pixels.
  static std::once_flag once;
  std::call_once(once, [] { QImageReader::setAllocationLimit(kDecoderMiB); });
  QImageReader reader(&device);
  reader.setDecideFormatFromContent(true);
  reader.setAutoTransform(true);
  const QByteArray format = reader.canRead() ? reader.format() : QByteArray();
  if (format.isEmpty())
    refuse(file, "is not a picture that Maquette knows. Try PNG, JPEG, WebP, TIFF, GIF or SVG.",
           reader.errorString().toStdString());
  if (isVector(format) && svgNeedsFonts(device, format) &&
      !qobject_cast<QGuiApplication*>(QCoreApplication::instance()))
    throw Unsupported(
        fmt::format("{} contains text, which this program cannot draw. Turn the text into "
                    "paths, or save the drawing as PNG.",
                    shownName(file)));
  const QSize original = reader.size();
  askForSize(reader, file);
  if (!isComplete(device, format)) refuse(file, "is cut short. Copy or download it again.");
  ctx.report(0.3f);

  QImage image = reader.read();
  if (image.isNull())
    refuse(file, "is damaged and cannot be read. Copy or download it again.",
           reader.errorString().toStdString());
  ctx.report(0.9f);
  requireSize(file, image.size());
  if (std::max(image.width(), image.height()) > kLongestPictureSide)
    image = image.scaled(fitted(image.size(), kLongestPictureSide), Qt::IgnoreAspectRatio,
                         Qt::SmoothTransformation);
  Picture picture{fromQImage(image), {}};
  if (!isVector(format) && original.isValid() &&
      std::max(original.width(), original.height()) > kLongestPictureSide)
    picture.note =
        fmt::format("{}: reduced from {} x {} to {} x {} pixels, which is plenty", shownName(file),
                    original.width(), original.height(), image.width(), image.height());
  ctx.report(1.f);
  return picture;
}

void writePng(const std::filesystem::path& file, const Image& image) {
  const QImage picture = toQImage(image);
  if (picture.isNull()) throw InvalidInput("There is no picture to write.");
  QByteArray bytes;
  QBuffer device(&bytes);
  device.open(QIODevice::WriteOnly);
  if (!picture.save(&device, "PNG"))
    throw OutOfMemory("There is not enough memory to write the picture. Close other programs.");
  writeFile(file, {bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

bool looksLikePicture(const std::filesystem::path& file) {
  static constexpr std::array kEndings{"png", "jpg", "jpeg", "jpe",  "jfif", "webp",
                                       "bmp", "gif", "tif",  "tiff", "svg",  "svgz"};
  return std::ranges::find(kEndings, extensionOf(file)) != kEndings.end();
}

}  // namespace maquette
