#include "viewport/look.h"

#include <cmath>

namespace maquette {

const Palette& paletteFor(bool dark) {
  static const Palette light{.skyTop = {0xf7, 0xf8, 0xf9},
                             .skyBottom = {0xd6, 0xda, 0xde},
                             .clay = {0xc9, 0xc7, 0xc3},
                             .unassigned = {0xb4, 0xb6, 0xb9},
                             .line = {0x5c, 0x66, 0x70},
                             .strongLine = {0x46, 0x50, 0x5a},
                             .lineOpacity = 0.5f,
                             .shadowOpacity = 0.85f,
                             .wire = {0x30, 0x36, 0x3c},
                             .label = {0x55, 0x5b, 0x62},
                             .cube = {0xf2, 0xf3, 0xf4}};
  static const Palette dark_{.skyTop = {0x3a, 0x3e, 0x43},
                             .skyBottom = {0x1e, 0x20, 0x23},
                             .clay = {0xb9, 0xb7, 0xb4},
                             .unassigned = {0x84, 0x88, 0x8d},
                             .line = {0xa8, 0xb2, 0xbc},
                             .strongLine = {0xc4, 0xcc, 0xd4},
                             .lineOpacity = 0.36f,
                             .shadowOpacity = 1.f,
                             .wire = {0x14, 0x16, 0x18},
                             .label = {0xd2, 0xd6, 0xda},
                             .cube = {0x5a, 0x5f, 0x65}};
  return dark ? dark_ : light;
}

Rgb mixed(Rgb a, Rgb b, float t) {
  const auto channel = [t](std::uint8_t x, std::uint8_t y) {
    return static_cast<std::uint8_t>(std::lround(float(x) + (float(y) - float(x)) * t));
  };
  return {channel(a.r, b.r), channel(a.g, b.g), channel(a.b, b.b)};
}

}  // namespace maquette
