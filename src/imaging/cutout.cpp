#include "imaging/cutout.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "core/base/error.h"
#include "core/base/log.h"
#include "imaging/grab_cut.h"
#include "imaging/mask_cleaning.h"
#include "imaging/strokes.h"

namespace maquette {
namespace {

constexpr int kAnalysisSide = 512;        // pixels; enough to judge a background by
constexpr double kPlainShare = 0.85;      // of the border that has one colour
constexpr double kPlainSpread = 12.;      // CIE76 distance within which it is one colour
constexpr double kFlatSpread = 4.5;       // of nearly all of it: drawn, or lit without shadows
constexpr double kLeastDifference = 12.;  // CIE76 distance of the object from a plain background

Mask maskFrom(const cv::Mat& bytes) {
  Mask mask{bytes.cols, bytes.rows, {}};
  mask.values.reserve(bytes.total());
  for (int y = 0; y < bytes.rows; ++y)
    mask.values.insert(mask.values.end(), bytes.ptr<std::uint8_t>(y),
                       bytes.ptr<std::uint8_t>(y) + bytes.cols);
  return mask;
}

/// CIELAB, 32 bits: L [0, 100], a and b about [-100, 100].
cv::Mat labOf(const cv::Mat& rgba) {
  cv::Mat rgb, lab;
  cv::cvtColor(rgba, rgb, cv::COLOR_RGBA2RGB);
  rgb.convertTo(rgb, CV_32F, 1. / 255.);
  cv::cvtColor(rgb, lab, cv::COLOR_RGB2Lab);
  return lab;
}

cv::Mat reduced(const cv::Mat& image, int longest) {
  const double scale = double(longest) / std::max(image.cols, image.rows);
  if (scale >= 1.) return image;
  cv::Mat small;
  cv::resize(image, small,
             {std::max(1, cvRound(image.cols * scale)), std::max(1, cvRound(image.rows * scale))},
             0, 0, cv::INTER_AREA);
  return small;
}

struct PlainBackground {
  cv::Vec3f colour;       // CIELAB
  double threshold = 0.;  // CIE76 distance
};

double distance(const cv::Vec3f& a, const cv::Vec3f& b) { return cv::norm(a - b); }

/// The background's colour, where most of the border has one.
std::optional<PlainBackground> plainBackground(const cv::Mat& lab) {
  std::vector<cv::Vec3f> border;
  const int ring = std::max(1, std::min(lab.cols, lab.rows) / 100);
  for (int y = 0; y < lab.rows; ++y)
    for (int x = 0; x < lab.cols; ++x)
      if (std::min({x, y, lab.cols - 1 - x, lab.rows - 1 - y}) < ring)
        border.push_back(lab.at<cv::Vec3f>(y, x));
  PlainBackground plain;
  for (int c = 0; c < 3; ++c) {
    std::vector<float> values;
    values.reserve(border.size());
    for (const cv::Vec3f& p : border) values.push_back(p[c]);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    plain.colour[c] = *middle;
  }
  std::vector<double> near;
  for (const cv::Vec3f& p : border)
    if (const double d = distance(p, plain.colour); d < kPlainSpread) near.push_back(d);
  if (double(near.size()) < kPlainShare * double(border.size())) return std::nullopt;
  const auto most = near.begin() + static_cast<std::ptrdiff_t>(near.size() * 95 / 100);
  std::nth_element(near.begin(), most, near.end());
  if (*most > kFlatSpread) return std::nullopt;  // a photographed wall: it will have shadows
  plain.threshold = kLeastDifference;
  return plain;
}

/// Everything that does not have the background's colour, enclosed or not. The rim's softness is
/// its share of the way to the object's colour beside it.
cv::Mat keyed(const cv::Mat& lab, const PlainBackground& plain) {
  cv::Mat difference(lab.rows, lab.cols, CV_32F);
  for (int y = 0; y < lab.rows; ++y)
    for (int x = 0; x < lab.cols; ++x)
      difference.at<float>(y, x) =
          static_cast<float>(distance(lab.at<cv::Vec3f>(y, x), plain.colour));
  cv::Mat object = difference > plain.threshold;
  const double pixels = double(lab.total());
  cleanMask(object, {.island = std::max(3., 2e-5 * pixels), .hole = std::max(3., 1e-5 * pixels)});

  const cv::Mat square = cv::getStructuringElement(cv::MORPH_RECT, {3, 3});
  cv::Mat inner, beside;
  cv::erode(object, inner, square, {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(255));
  cv::dilate(difference, beside, cv::getStructuringElement(cv::MORPH_RECT, {5, 5}));
  cv::Mat soft = object.clone();
  for (int y = 0; y < soft.rows; ++y)
    for (int x = 0; x < soft.cols; ++x) {
      if (!object.at<std::uint8_t>(y, x) || inner.at<std::uint8_t>(y, x)) continue;
      const float share = difference.at<float>(y, x) / std::max(beside.at<float>(y, x), 1.f);
      soft.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(255.f * share);
    }
  return soft;
}

cv::Mat alphaOf(const cv::Mat& rgba) {
  cv::Mat alpha;
  cv::extractChannel(rgba, alpha, 3);
  return alpha;
}

}  // namespace

bool hasAlpha(const Image& picture) {
  return std::ranges::any_of(picture.pixels, [](const Rgba& p) { return p.a < 128; });
}

Mask cutOut(const Image& picture, const Strokes& strokes, const Context& ctx) {
  ctx.check();
  if (picture.width <= 0 || picture.height <= 0 ||
      picture.pixels.size() != std::size_t(picture.width) * std::size_t(picture.height))
    throw InvalidInput("The picture is empty.");
  const cv::Mat rgba(picture.height, picture.width, CV_8UC4,
                     const_cast<Rgba*>(picture.pixels.data()));
  cv::Mat mask;
  if (hasAlpha(picture)) {
    mask = alphaOf(rgba);
    if (cv::countNonZero(mask >= 128) == 0)
      throw InvalidInput(
          "There is nothing to see in the picture: no pixel is opaque. Choose a picture that "
          "shows an object.");
    carryStrokes(mask, labOf(rgba), strokes, ctx);
  } else if (const auto plain = plainBackground(labOf(reduced(rgba, kAnalysisSide)))) {
    ctx.report(0.2f);
    const cv::Mat lab = labOf(rgba);
    ctx.report(0.4f);
    mask = keyed(lab, *plain);
    carryStrokes(mask, lab, strokes, ctx);
  } else {
    mask = grabCutMask(rgba, strokes, ctx);
  }
  ctx.report(0.95f);
  if (cv::countNonZero(mask >= 128) == 0) {
    if (!strokes.strokes.empty())
      throw InvalidInput("Nothing is left of the object. Draw over what should be kept.");
    log("imaging")->info("no object stands out: the whole picture is taken");
    mask.setTo(255);
  }
  ctx.report(1.f);
  return maskFrom(mask);
}

}  // namespace maquette
