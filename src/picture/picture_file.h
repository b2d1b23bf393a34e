#pragma once

#include <filesystem>

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
/// @throws FileError  not there, not a plain file (never blocks on one), empty, damaged, cut short,
///                    not a picture, or beyond 100 megapixels
/// @throws Unsupported  an SVG with text in a program without QGuiApplication
/// @throws Cancelled
Image readPicture(const std::filesystem::path& file, const Context& ctx);

/// Writes a PNG beside its target and renames it: the old file stays whole if anything fails.
///
/// @throws FileError  with the reason
void writePng(const std::filesystem::path& file, const Image& image);

/// Whether the name ends like a picture's; the file is not looked at.
bool looksLikePicture(const std::filesystem::path& file);

}  // namespace maquette
