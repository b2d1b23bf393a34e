#include "imaging/scalar_image.h"

#include <opencv2/imgproc.hpp>

namespace maquette {

ScalarImage distanceTo(const Mask& marked) {
  cv::Mat others(marked.height, marked.width, CV_8U);
  bool any = false;
  for (int y = 0; y < marked.height; ++y)
    for (int x = 0; x < marked.width; ++x) {
      const bool here = marked.at(x, y) >= 128;
      any = any || here;
      others.at<std::uint8_t>(y, x) = here ? 0 : 255;
    }
  ScalarImage distance{marked.width, marked.height, std::vector<float>(marked.values.size())};
  cv::Mat out(marked.height, marked.width, CV_32F, distance.values.data());
  if (any)
    cv::distanceTransform(others, out, cv::DIST_L2, cv::DIST_MASK_PRECISE, CV_32F);
  else
    out = static_cast<float>(marked.width + marked.height + 1);
  return distance;
}

ScalarImage blurred(const ScalarImage& field, float sigmaPixels) {
  ScalarImage result{field.width, field.height, std::vector<float>(field.values.size())};
  const cv::Mat in(field.height, field.width, CV_32F, const_cast<float*>(field.values.data()));
  cv::Mat out(field.height, field.width, CV_32F, result.values.data());
  cv::GaussianBlur(in, out, {}, sigmaPixels, sigmaPixels, cv::BORDER_REPLICATE);
  return result;
}

Mask inverted(Mask mask) {
  for (std::uint8_t& v : mask.values) v = static_cast<std::uint8_t>(255 - v);
  return mask;
}

}  // namespace maquette
