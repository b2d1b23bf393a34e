#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace maquette {

/// sRGB with straight (not premultiplied) alpha.
struct Rgba {
  std::uint8_t r = 0, g = 0, b = 0, a = 255;
  bool operator==(const Rgba&) const = default;
};

/// A picture; row 0 is the top one.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<Rgba> pixels;  ///< width * height, row by row

  std::size_t index(int x, int y) const {
    return std::size_t(y) * std::size_t(width) + std::size_t(x);
  }
  const Rgba& at(int x, int y) const { return pixels[index(x, y)]; }
  Rgba& at(int x, int y) { return pixels[index(x, y)]; }
};
using ImagePtr = std::shared_ptr<const Image>;

/// How much of each pixel belongs to something; row 0 is the top one.
struct Mask {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> values;  ///< width * height; 0 outside, 255 inside, between on the rim

  std::size_t index(int x, int y) const {
    return std::size_t(y) * std::size_t(width) + std::size_t(x);
  }
  std::uint8_t at(int x, int y) const { return values[index(x, y)]; }
  std::uint8_t& at(int x, int y) { return values[index(x, y)]; }
  bool empty() const { return values.empty(); }
};
using MaskPtr = std::shared_ptr<const Mask>;

/// One picture of the object and where the object is in it.
struct SourceView {
  ImagePtr picture;
  MaskPtr cutout;  ///< same size as the picture; absent: the generator cuts out by itself

  explicit operator bool() const { return picture != nullptr; }
};

/// From where a picture shows the object.
enum class Side { front, left, right, back };
inline constexpr Side kSides[] = {Side::front, Side::left, Side::right, Side::back};

/// "front": for messages.
constexpr std::string_view spoken(Side side) {
  constexpr std::string_view kNames[] = {"front", "left", "right", "back"};
  return kNames[static_cast<std::size_t>(side)];
}

/// Orthographic views of one object. Front is needed, the others help.
///
/// Seen from -Y (front), -X (left), +X (right) and +Y (back), with +Z up; so the right-hand side of
/// the front picture is the object's +X.
struct ImageSet {
  SourceView front, left, right, back;

  const SourceView& at(Side side) const {
    return side == Side::left    ? left
           : side == Side::right ? right
           : side == Side::back  ? back
                                 : front;
  }
  SourceView& at(Side side) { return const_cast<SourceView&>(std::as_const(*this).at(side)); }
};
using ImageSetPtr = std::shared_ptr<const ImageSet>;

}  // namespace maquette
