#include "imaging/grab_cut.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "imaging/mask_cleaning.h"
#include "imaging/strokes.h"

namespace maquette {
namespace {

constexpr int kWorkSide = 360;        // pixels; one iteration must stay well below 200 ms
constexpr int kIterations = 6;        // GrabCut settles within five or so
constexpr int kBorderColours = 5;     // as many as GrabCut's own mixture has
constexpr double kMostOfSide = 0.35;  // of a side of the picture that an object may cover, twice
constexpr std::uint64_t kSeed = 42;   // k-means draws random numbers; same picture, same mask

struct BorderColours {
  std::vector<cv::Vec3f> colours;  // CIELAB, those that belong to the background
  std::vector<double> reach;       // CIE76 distance that counts as alike
};

/// Which side of the picture a border pixel belongs to.
int sideOf(int x, int y, cv::Size size) {
  const std::array<int, 4> far{x, y, size.width - 1 - x, size.height - 1 - y};
  return static_cast<int>(std::ranges::min_element(far) - far.begin());
}

/// Clusters the border; a colour seen on one side only may be the object leaving the picture.
BorderColours borderColours(const cv::Mat& lab) {
  const int ring = std::max(2, std::min(lab.cols, lab.rows) / 50);
  std::vector<cv::Vec3f> pixels;
  std::vector<int> sides;
  for (int y = 0; y < lab.rows; ++y)
    for (int x = 0; x < lab.cols; ++x) {
      if (std::min({x, y, lab.cols - 1 - x, lab.rows - 1 - y}) >= ring) continue;
      pixels.push_back(lab.at<cv::Vec3f>(y, x));
      sides.push_back(sideOf(x, y, lab.size()));
    }
  BorderColours result;
  if (pixels.size() < 4 * kBorderColours) return result;
  cv::Mat samples(static_cast<int>(pixels.size()), 3, CV_32F, pixels.data()), labels, centres;
  cv::kmeans(samples, kBorderColours, labels,
             cv::TermCriteria(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 20, 0.5), 2,
             cv::KMEANS_PP_CENTERS, centres);
  std::array<int, 4> onSide{};
  for (const int s : sides) ++onSide[static_cast<std::size_t>(s)];
  for (int k = 0; k < kBorderColours; ++k) {
    const cv::Vec3f centre = centres.at<cv::Vec3f>(k);
    std::array<int, 4> hits{};
    double spread = 0., count = 0.;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      if (labels.at<int>(static_cast<int>(i)) != k) continue;
      ++hits[static_cast<std::size_t>(sides[i])];
      spread += cv::norm(pixels[i] - centre);
      count += 1.;
    }
    int seen = 0;
    for (std::size_t s = 0; s < 4; ++s) seen += hits[s] * 20 > onSide[s];
    if (seen < 2 || count == 0.) continue;
    result.colours.push_back(centre);
    result.reach.push_back(4. + 1.8 * spread / count);
  }
  return result;
}

bool alike(const BorderColours& border, const cv::Vec3f& colour) {
  for (std::size_t k = 0; k < border.colours.size(); ++k)
    if (cv::norm(colour - border.colours[k]) < border.reach[k]) return true;
  return false;
}

/// What the user keeps is no background, though the border shows it too.
void forgetKept(BorderColours& border, const cv::Mat& lab, const Strokes& strokes, double scale) {
  cv::Mat kept = cv::Mat::zeros(lab.size(), CV_8U);
  for (const Stroke& stroke : strokes.strokes)
    drawStroke(kept, stroke, scale, stroke.keep ? 255 : 0);
  std::vector<cv::Point> places;
  cv::findNonZero(kept, places);
  BorderColours left;
  for (std::size_t k = 0; k < border.colours.size(); ++k) {
    const auto hits = std::ranges::count_if(places, [&](cv::Point p) {
      return cv::norm(lab.at<cv::Vec3f>(p) - border.colours[k]) < border.reach[k];
    });
    if (hits * 5 > static_cast<std::ptrdiff_t>(places.size())) continue;
    left.colours.push_back(border.colours[k]);
    left.reach.push_back(border.reach[k]);
  }
  border = std::move(left);
}

cv::Mat seeds(const cv::Mat& lab, const Strokes& strokes, double scale) {
  BorderColours border = borderColours(lab);
  forgetKept(border, lab, strokes, scale);
  cv::Mat mask(lab.size(), CV_8U, cv::Scalar(cv::GC_PR_FGD));
  for (int y = 0; y < lab.rows; ++y)
    for (int x = 0; x < lab.cols; ++x) {
      const bool rim = std::min({x, y, lab.cols - 1 - x, lab.rows - 1 - y}) < 2;
      if (alike(border, lab.at<cv::Vec3f>(y, x)))
        mask.at<std::uint8_t>(y, x) = rim ? cv::GC_BGD : cv::GC_PR_BGD;
    }
  // Colours that tell nothing: an object is most often in the middle.
  const double share = double(cv::countNonZero(mask == cv::GC_PR_FGD)) / double(mask.total());
  if (share < 0.02 || share > 0.9) {
    mask.setTo(cv::GC_PR_BGD);
    cv::ellipse(mask, {lab.cols / 2, lab.rows / 2}, {lab.cols * 2 / 5, lab.rows * 2 / 5}, 0, 0, 360,
                cv::Scalar(cv::GC_PR_FGD), cv::FILLED);
  }
  for (const Stroke& stroke : strokes.strokes)
    drawStroke(mask, stroke, scale, stroke.keep ? cv::GC_FGD : cv::GC_BGD);
  return mask;
}

bool has(const cv::Mat& labels, int sure, int probable) {
  return cv::countNonZero(labels == sure) + cv::countNonZero(labels == probable) > 16;
}

/// Whether it leaves the picture on opposite sides: a pattern or a landscape rather than an object.
bool runsThrough(const cv::Mat& object) {
  // A little inside of the seeded rim.
  const int inset = std::min({4, (object.cols - 1) / 2, (object.rows - 1) / 2});
  const cv::Mat inner =
      object(cv::Rect(inset, inset, object.cols - 2 * inset, object.rows - 2 * inset));
  const auto covers = [](const cv::Mat& side) {
    return cv::countNonZero(side) > kMostOfSide * double(side.total());
  };
  return (covers(inner.row(0)) && covers(inner.row(inner.rows - 1))) ||
         (covers(inner.col(0)) && covers(inner.col(inner.cols - 1)));
}

/// He, Sun and Tang, "Guided Image Filtering", ECCV 2010: the mask follows the picture's edges.
cv::Mat guided(const cv::Mat& guide, const cv::Mat& mask, int radius) {
  const cv::Size window(2 * radius + 1, 2 * radius + 1);
  const auto mean = [&](const cv::Mat& m) {
    cv::Mat out;
    cv::boxFilter(m, out, CV_32F, window, {-1, -1}, true, cv::BORDER_REFLECT);
    return out;
  };
  const cv::Mat meanGuide = mean(guide), meanMask = mean(mask);
  const cv::Mat variance = mean(guide.mul(guide)) - meanGuide.mul(meanGuide);
  const cv::Mat covariance = mean(guide.mul(mask)) - meanGuide.mul(meanMask);
  const cv::Mat slope = covariance / (variance + 1e-4);
  const cv::Mat offset = meanMask - slope.mul(meanGuide);
  return mean(slope).mul(guide) + mean(offset);
}

/// From the working size to the picture's, with a soft rim.
cv::Mat enlarged(const cv::Mat& small, const cv::Mat& rgba, const Context& ctx) {
  const double scale = double(rgba.cols) / small.cols;
  cv::Mat rough, grey;
  cv::GaussianBlur(small, rough, {}, 0.7);
  rough.convertTo(rough, CV_32F, 1. / 255.);
  cv::resize(rough, rough, rgba.size(), 0, 0, cv::INTER_CUBIC);
  ctx.check();
  cv::cvtColor(rgba, grey, cv::COLOR_RGBA2GRAY);
  grey.convertTo(grey, CV_32F, 1. / 255.);
  const cv::Mat fine = guided(grey, rough, std::max(2, cvRound(1.5 * scale)));
  ctx.check();
  cv::Mat result(rgba.size(), CV_8U);
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x) {
      const float r = rough.at<float>(y, x);
      const float v = r > 0.95f ? 1.f : r < 0.05f ? 0.f : 0.5f * (r + fine.at<float>(y, x));
      result.at<std::uint8_t>(y, x) =
          cv::saturate_cast<std::uint8_t>(255.f * ((v - 0.5f) * 1.6f + 0.5f));
    }
  return result;
}

}  // namespace

cv::Mat grabCutMask(const cv::Mat& rgba, const Strokes& strokes, const Context& ctx) {
  cv::theRNG().state = kSeed;
  const double scale = std::min(1., double(kWorkSide) / std::max(rgba.cols, rgba.rows));
  cv::Mat rgb, small, lab;
  cv::cvtColor(rgba, rgb, cv::COLOR_RGBA2RGB);
  cv::resize(rgb, small,
             {std::max(1, cvRound(rgb.cols * scale)), std::max(1, cvRound(rgb.rows * scale))}, 0, 0,
             cv::INTER_AREA);
  small.convertTo(lab, CV_32F, 1. / 255.);
  cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
  ctx.report(0.1f);

  cv::Mat labels = seeds(lab, strokes, scale), background, foreground;
  for (int i = 0; i < kIterations; ++i) {
    ctx.report(0.1f + 0.6f * static_cast<float>(i) / kIterations);
    if (!has(labels, cv::GC_FGD, cv::GC_PR_FGD) || !has(labels, cv::GC_BGD, cv::GC_PR_BGD)) break;
    cv::grabCut(small, labels, {}, background, foreground, 1,
                i == 0 ? cv::GC_INIT_WITH_MASK : cv::GC_EVAL);
  }
  ctx.report(0.7f);
  cv::Mat object = (labels == cv::GC_FGD) | (labels == cv::GC_PR_FGD);
  const double pixels = double(object.total());
  const double found = cv::countNonZero(object);
  cleanMask(object, {.island = std::max(0.03 * found, 4.), .hole = std::max(0.005 * found, 4.)});
  const double area = cv::countNonZero(object);
  if (strokes.strokes.empty() &&
      (area < 0.01 * pixels || area > 0.98 * pixels || runsThrough(object))) {
    log("imaging")->info("no object stands out from the border: the whole picture is taken");
    return cv::Mat(rgba.size(), CV_8U, cv::Scalar(255));
  }
  cv::Mat result = enlarged(object, rgba, ctx);
  // What was drawn over is a promise, down to the pixel.
  for (const Stroke& stroke : strokes.strokes)
    drawStroke(result, stroke, 1., stroke.keep ? 255 : 0);
  cv::Mat whole = result >= 128;
  const double inside = cv::countNonZero(whole);
  cv::Mat cleaned = whole.clone();
  cleanMask(cleaned, {.island = 0.01 * inside, .hole = 0.002 * inside});
  result.setTo(255, cleaned & (whole == 0));
  // No softness but beside what is kept.
  cv::Mat beside;
  cv::dilate(cleaned, beside, cv::getStructuringElement(cv::MORPH_RECT, {7, 7}));
  result.setTo(0, (whole & (cleaned == 0)) | (beside == 0));
  return result;
}

}  // namespace maquette
