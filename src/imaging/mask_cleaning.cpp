#include "imaging/mask_cleaning.h"

#include <opencv2/imgproc.hpp>
#include <vector>

namespace maquette {
namespace {

/// Writes `value` over the components of `marked` that are smaller than `least`.
void overwriteSmall(cv::Mat& mask, const cv::Mat& marked, int connectivity, double least,
                    bool spareBorder, std::uint8_t value) {
  cv::Mat labels, stats, centres;
  const int count =
      cv::connectedComponentsWithStats(marked, labels, stats, centres, connectivity, CV_32S);
  std::vector<std::uint8_t> small(static_cast<std::size_t>(count), 0);
  for (int i = 1; i < count; ++i) {
    const int *s = stats.ptr<int>(i), left = s[cv::CC_STAT_LEFT], top = s[cv::CC_STAT_TOP];
    const bool atBorder = left == 0 || top == 0 || left + s[cv::CC_STAT_WIDTH] == mask.cols ||
                          top + s[cv::CC_STAT_HEIGHT] == mask.rows;
    small[static_cast<std::size_t>(i)] = s[cv::CC_STAT_AREA] < least && !(spareBorder && atBorder);
  }
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x)
      if (small[static_cast<std::size_t>(labels.at<int>(y, x))])
        mask.at<std::uint8_t>(y, x) = value;
}

}  // namespace

void cleanMask(cv::Mat& mask, const CleanLimits& limits) {
  overwriteSmall(mask, mask, 8, limits.island, false, 0);
  // An open corner of background is no hole, however small.
  overwriteSmall(mask, mask == 0, 4, limits.hole, true, 255);
}

}  // namespace maquette
