#pragma once

#include <filesystem>
#include <string>

#include "core/image/image.h"

namespace maquette::test {

/// Mean structural similarity of two pictures' lightness, 1 for equal ones (Wang et al., IEEE TIP
/// 2004; 8 x 8 windows). Alpha is ignored. 0 where the sizes differ.
double similarity(const Image& a, const Image& b);

/// Largest mean difference of a colour channel over any 8 x 8 window, 0 to 255: sees a changed hue
/// that similarity() misses.
double colourDifference(const Image& a, const Image& b);

/// How a comparison ended.
struct Comparison {
  bool same = false;
  std::string message;  ///< for the test's output
};

/// Compares with tests/baselines/NAME.png. Where they differ, or there is no baseline, the picture
/// is written to the build folder and the message says where.
Comparison compareWithBaseline(const Image& image, const std::string& name,
                               double leastSimilarity = 0.97, double mostColourDifference = 24.);

}  // namespace maquette::test
