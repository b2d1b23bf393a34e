#pragma once

#include <opencv2/core.hpp>

#include "core/jobs/context.h"
#include "imaging/cutout.h"

namespace maquette {

/// Draws one stroke over `canvas`, whose pixels are `scale` times those the stroke is given in.
void drawStroke(cv::Mat& canvas, const Stroke& stroke, double scale, std::uint8_t value);

/// Obeys strokes on a mask that colour or alpha gave: what was drawn over changes, and with it the
/// enclosed gap (keep) or the area of one colour (remove) that it lies in.
///
/// @param lab  the picture in CIELAB, same size as the mask
void carryStrokes(cv::Mat& mask, const cv::Mat& lab, const Strokes& strokes, const Context& ctx);

}  // namespace maquette
