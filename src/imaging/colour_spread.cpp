#include "imaging/colour_spread.h"

#include <opencv2/imgproc.hpp>

namespace maquette {
namespace {

constexpr std::uint8_t kFull = 243;    // 95 % covered: no visible share of the background
constexpr float kReach = 4.f;          // pixels over which a soft rim is repainted
constexpr std::uint8_t kInside = 128;  // the object, by the rule for masks

/// For every pixel the index of the nearest marked pixel, and how far it is.
struct Nearest {
  std::vector<int> index;
  cv::Mat distance;
  bool any = false;
};

Nearest nearestMarked(const cv::Mat& marked) {
  Nearest nearest;
  nearest.any = cv::countNonZero(marked) > 0;
  if (!nearest.any) return nearest;
  cv::Mat labels;
  const cv::Mat others = marked == 0;
  cv::distanceTransform(others, nearest.distance, labels, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
  std::vector<int> pixelOf(static_cast<std::size_t>(marked.total()) + 1, 0);
  const auto* label = labels.ptr<int>();
  const auto* mark = marked.ptr<std::uint8_t>();
  for (std::size_t i = 0; i < marked.total(); ++i)
    if (mark[i]) pixelOf[static_cast<std::size_t>(label[i])] = static_cast<int>(i);
  nearest.index.resize(marked.total());
  for (std::size_t i = 0; i < marked.total(); ++i)
    nearest.index[i] = pixelOf[static_cast<std::size_t>(label[i])];
  return nearest;
}

}  // namespace

Image spreadColours(const Image& picture, const Mask& cutout) {
  const cv::Mat mask(cutout.height, cutout.width, CV_8U,
                     const_cast<std::uint8_t*>(cutout.values.data()));
  cv::Mat core;
  cv::erode(mask >= kFull, core, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}), {-1, -1}, 1,
            cv::BORDER_CONSTANT, cv::Scalar(255));
  const Nearest inner = nearestMarked(core);
  const Nearest object = nearestMarked(mask >= kInside);

  Image result = picture;
  const auto* isCore = core.ptr<std::uint8_t>();
  const auto* coverage = mask.ptr<std::uint8_t>();
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    if (isCore[i]) continue;
    std::size_t from = i;
    if (inner.any && inner.distance.ptr<float>()[i] <= kReach)
      from = static_cast<std::size_t>(inner.index[i]);
    else if (coverage[i] < kInside && object.any)
      from = static_cast<std::size_t>(object.index[i]);
    result.pixels[i] = picture.pixels[from];
  }
  return result;
}

}  // namespace maquette
