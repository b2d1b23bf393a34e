#pragma once

#include <vector>

#include "classical/sheet_refinement.h"
#include "classical/view_alignment.h"
#include "core/image/image.h"

namespace maquette {

/// How far the front stands out for what the picture shows: light places a little, dark ones sink.
///
/// Only what is finer than about a twentieth of the object counts, so shading of the whole never
/// becomes its form; towards the rim it fades out, and the front never sinks to half its depth.
///
/// @param picture    its colours spread over the rim
/// @param cutout     of its size
/// @param amplitude  pixels of the sheet that the strongest contrast gives
/// @return           one per point of the sheet, pixels
std::vector<double> frontDetail(const SwollenSheet& sheet, const Image& picture, const Mask& cutout,
                                const ViewMap& map, double amplitude, const Context& ctx);

}  // namespace maquette
