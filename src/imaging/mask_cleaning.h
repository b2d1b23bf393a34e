#pragma once

#include <opencv2/core.hpp>

namespace maquette {

/// Areas in pixels below which something is noise.
struct CleanLimits {
  double island = 0.;
  double hole = 0.;
};

/// Clears small islands (joined over corners) and fills small holes of a mask of 0 and 255.
void cleanMask(cv::Mat& mask, const CleanLimits& limits);

}  // namespace maquette
