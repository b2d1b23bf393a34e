#pragma once

#include <opencv2/core.hpp>

#include "core/jobs/context.h"
#include "imaging/cutout.h"

namespace maquette {

/// GrabCut at reduced size, seeded from the border's colours and from what they are in a shadow,
/// brought back to the picture's size by the colours on both sides of the rim. Takes the whole
/// picture where nothing stands out from its border.
///
/// @param rgba  8 bits, no alpha to speak of
/// @return      0..255, same size
cv::Mat grabCutMask(const cv::Mat& rgba, const Strokes& strokes, const Context& ctx);

}  // namespace maquette
