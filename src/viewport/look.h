#pragma once

#include "core/image/colour.h"
#include "core/segmentation/segmentation.h"
#include "viewport/style.h"

namespace maquette {

/// How the scene is shown; nothing of it belongs to the document.
struct Look {
  SurfaceStyle style = SurfaceStyle::parts;
  float explode = 0.f;  ///< [0, 1]
  bool wireframe = false;
  bool dark = false;
  bool ground = true;  ///< grid, contact shadow and corner cube
  PartId highlighted = PartId::none;

  bool operator==(const Look&) const = default;
};

/// Colours of one theme.
struct Palette {
  Rgb skyTop, skyBottom;  ///< the background, top to bottom
  Rgb clay;               ///< a surface without a colour of its own
  Rgb unassigned;         ///< triangles of no part
  Rgb line, strongLine;   ///< grid, every 10 mm and every 100 mm
  float lineOpacity = 0.f;
  float shadowOpacity = 0.f;
  Rgb wire;
  Rgb label;  ///< on the corner cube
  Rgb cube;
};
const Palette& paletteFor(bool dark);

inline constexpr Rgb kAccent{0x1f, 0xa8, 0xa0};

Rgb mixed(Rgb a, Rgb b, float t);  ///< a at 0, b at 1

}  // namespace maquette
