#pragma once

#include "core/image/image.h"

namespace maquette {

/// The picture with the object's own colours carried outwards over its rim, so that nothing of the
/// background shows where the cut-out is soft or a sample falls just outside.
///
/// Pixels well inside keep their colour; the others take that of the nearest such pixel, or, in
/// features too thin to have an inside, of the nearest pixel of the object.
///
/// @param cutout  same size as the picture
Image spreadColours(const Image& picture, const Mask& cutout);

}  // namespace maquette
