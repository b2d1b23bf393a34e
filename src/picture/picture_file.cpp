#include "picture/picture_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QImageReader>
#include <QSaveFile>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <mutex>
#include <string>

#include "core/base/error.h"
#include "core/base/log.h"
#include "picture/completeness.h"
#include "picture/qimage.h"

namespace maquette {
namespace {

constexpr double kMostPixels = 100e6;
constexpr int kSvgSide = 1024;
constexpr int kDecoderMiB = 1024;  // 100 megapixels at 64 bits, and room to turn them

std::string nameOf(const std::filesystem::path& file) { return file.filename().string(); }

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what,
                         const std::string& detail = {}) {
  throw FileError(fmt::format("\"{}\" {}", nameOf(file), what), detail);
}

std::string reasonFor(int error) {
  switch (error) {
    case ENOENT:
      return "is not there. It may have been moved or deleted.";
    case EACCES:
    case EPERM:
      return "may not be read by you. Change its permissions.";
    case ENAMETOOLONG:
      return "has a name that is too long for this disk.";
    default:
      return fmt::format("cannot be opened: {}.", std::strerror(error));
  }
}

/// Opens a plain file and nothing else; a pipe or device is not even touched.
void openPlain(QFile& device, const std::filesystem::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) refuse(file, reasonFor(errno), file.string());
  if (S_ISDIR(info.st_mode)) refuse(file, "is a folder, not a picture.", file.string());
  if (!S_ISREG(info.st_mode)) refuse(file, "is not an ordinary file.", file.string());
  // Non-blocking in case it was exchanged for a pipe in between.
  const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (handle < 0) refuse(file, reasonFor(errno), file.string());
  const bool plain = ::fstat(handle, &info) == 0 && S_ISREG(info.st_mode);
  if (!plain || !device.open(handle, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle)) {
    ::close(handle);
    refuse(file, "cannot be opened.", file.string());
  }
  if (info.st_size == 0) refuse(file, "is empty (0 bytes).", file.string());
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
  ctx.check();
  QFile device;
  openPlain(device, file);

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
        fmt::format("\"{}\" contains text, which this program cannot draw. Turn the text into "
                    "paths, or save the drawing as PNG.",
                    nameOf(file)));
  const QSize original = reader.size();
  askForSize(reader, file);
  if (!isComplete(device, format)) refuse(file, "is cut short. Copy or download it again.");
  ctx.check();

  QImage image = reader.read();
  if (image.isNull())
    refuse(file, "is damaged and cannot be read. Copy or download it again.",
           reader.errorString().toStdString());
  ctx.check();
  requireSize(file, image.size());
  if (std::max(image.width(), image.height()) > kLongestPictureSide)
    image = image.scaled(fitted(image.size(), kLongestPictureSide), Qt::IgnoreAspectRatio,
                         Qt::SmoothTransformation);
  if (!isVector(format) && original.isValid() &&
      std::max(original.width(), original.height()) > kLongestPictureSide)
    log("picture")->info("{}: reduced from {} x {} to {} x {} pixels, which is plenty",
                         nameOf(file), original.width(), original.height(), image.width(),
                         image.height());
  ctx.report(1.f);
  return fromQImage(image);
}

void writePng(const std::filesystem::path& file, const Image& image) {
  const QImage picture = toQImage(image);
  if (picture.isNull()) throw InvalidInput("There is no picture to write.");
  QSaveFile device(QFile::decodeName(file.c_str()));
  if (!device.open(QIODevice::WriteOnly) || !picture.save(&device, "PNG") || !device.commit())
    refuse(file, fmt::format("cannot be written: {}.", device.errorString().toStdString()),
           file.string());
}

bool looksLikePicture(const std::filesystem::path& file) {
  static constexpr std::array kEndings{".png", ".jpg", ".jpeg", ".jpe",  ".jfif", ".webp",
                                       ".bmp", ".gif", ".tif",  ".tiff", ".svg",  ".svgz"};
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
  });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

}  // namespace maquette
