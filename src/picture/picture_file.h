#pragma once

#include <filesystem>
#include <string>

#include "core/image/image.h"
#include "core/jobs/context.h"

namespace maquette {

/// The longest side that readPicture returns, pixels.
inline constexpr int kLongestPictureSide = 2048;

/// Reads PNG, JPEG, WebP, BMP, GIF (first frame), TIFF, SVG and whatever else Qt can, known by
/// their content and not by their name.
///
/// EXIF orientation is applied, colours come as sRGB. Pictures longer than kLongestPictureSide are
/// reduced (the log says so); SVG is drawn with its longest side 1024 pixels.
///
/// The decoders run in a process of their own (maquette-reader): a file that makes one crash, hang
/// or use all memory is refused like any other damaged file.
///
/// @throws FileError  not there, not a plain file (never blocks on one), empty, damaged, cut short,
///                    not a picture, or beyond 100 megapixels
/// @throws Cancelled  within 200 ms of being asked
Image readPicture(const std::filesystem::path& file, const Context& ctx);

/// A picture, and what was done to it, for the log.
struct Picture {
  Image image;
  std::string note;
};

/// As readPicture, in this process: what maquette-reader does.
///
/// @throws Unsupported  an SVG with text in a program without QGuiApplication
Picture readPictureHere(const std::filesystem::path& file, const Context& ctx);

/// Writes a PNG; the file appears whole or not at all.
///
/// @throws FileError  names the cause ("the disk is full"); an existing file is as it was
void writePng(const std::filesystem::path& file, const Image& image);

/// Whether the name ends like a picture's; the file is not looked at.
bool looksLikePicture(const std::filesystem::path& file);

}  // namespace maquette
