#include "imaging/cutout.h"

#include "core/base/error.h"

namespace maquette {

bool hasAlpha(const Image& picture) {
  for (const Rgba& p : picture.pixels)
    if (p.a < 128) return true;
  return false;
}

Mask cutOut(const Image& picture, const Strokes&, const Context& ctx) {
  ctx.check();
  Mask mask{picture.width, picture.height, {}};
  mask.values.reserve(picture.pixels.size());
  for (const Rgba& p : picture.pixels) mask.values.push_back(p.a);
  return mask;
}

}  // namespace maquette
