#include "imaging/grab_cut.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "imaging/mask_cleaning.h"
#include "imaging/strokes.h"

namespace maquette {
namespace {

constexpr int kWorkSide = 360;           // pixels; one iteration must stay well below 200 ms
constexpr int kIterations = 6;           // GrabCut settles within five or so
constexpr int kBorderColours = 5;        // as many as GrabCut's own mixture has
constexpr float kDarkestShadow = 0.45f;  // of CIELAB lightness
constexpr double kDeepest = 0.5;         // of sRGB values: the same in a shadow's middle
constexpr float kClearContrast = 0.02f;  // squared, of sRGB in [0, 1]
constexpr double kMostOfSide = 0.35;     // of a side of the picture that an object may cover, twice
constexpr std::uint64_t kSeed = 42;      // k-means draws random numbers; same picture, same mask

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

/// Whether a colour is one of the border's, or one of them in a shadow: darker, and less strong in
/// colour in the same measure, of the same hue.
bool alike(const BorderColours& border, const cv::Vec3f& colour) {
  for (std::size_t k = 0; k < border.colours.size(); ++k) {
    const cv::Vec3f& lit = border.colours[k];
    const float shade = std::clamp(colour[0] / std::max(lit[0], 1.f), kDarkestShadow, 1.f);
    if (cv::norm(colour - lit * shade) < border.reach[k]) return true;
  }
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

/// Bands of the background along the four sides, once more in ever deeper shadow: what the cut has
/// to know as background though the border does not show it.
struct Shaded {
  cv::Mat colours;  // CV_8UC3, as wide as the picture
  cv::Mat labels;   // GC_BGD, all of it
};

Shaded shadedBands(const cv::Mat& rgb, const cv::Mat& labels) {
  if (std::min(rgb.rows, rgb.cols) < 18) return {};  // no bands to speak of
  const int across = std::max(2, rgb.rows / 9), along = std::max(2, rgb.cols / 9);
  const auto turned = [&](const cv::Mat& m, int from) {
    cv::Mat column;
    cv::resize(m.colRange(from, from + along).t(), column, {rgb.cols, along}, 0, 0,
               cv::INTER_NEAREST);
    return column;
  };
  const auto bands = [&](const cv::Mat& m) {
    cv::Mat all;
    cv::vconcat(std::vector<cv::Mat>{m.rowRange(0, across), m.rowRange(m.rows - across, m.rows),
                                     turned(m, 0), turned(m, m.cols - along)},
                all);
    return all;
  };
  Shaded shaded{bands(rgb), {}};
  const cv::Mat from = bands(labels);
  const cv::Mat known = (from == cv::GC_BGD) | (from == cv::GC_PR_BGD);
  if (cv::countNonZero(known) * 10 < static_cast<int>(known.total())) return {};
  const cv::Scalar mean = cv::mean(shaded.colours, known);
  shaded.colours.setTo(mean, known == 0);
  for (int y = 0; y < shaded.colours.rows; ++y)
    for (int x = 0; x < shaded.colours.cols; ++x) {
      // Back and forth across the band, a few times, so that neighbours stay neighbours.
      const double turn = std::abs(std::fmod(4. * x / shaded.colours.cols, 2.) - 1.);
      auto& c = shaded.colours.at<cv::Vec3b>(y, x);
      const double shade = kDeepest + (0.95 - kDeepest) * turn;
      for (int k = 0; k < 3; ++k) c[k] = cv::saturate_cast<std::uint8_t>(c[k] * shade);
    }
  shaded.labels = cv::Mat(shaded.colours.size(), CV_8U, cv::Scalar(cv::GC_BGD));
  return shaded;
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

cv::Size window(double radius) {
  const int side = 2 * std::max(1, cvRound(radius)) + 1;
  return {side, side};
}

/// How much of each pixel near the rim is object: its share of the way from the background's colour
/// beside it to the object's, where these two can be told apart.
cv::Mat shareOfObject(const cv::Mat& rgb, const cv::Mat& rough, double reach, const Context& ctx) {
  // Fourth powers: what is surely inside, or surely outside, speaks for its side.
  cv::Mat sureIn, sureOut;
  cv::pow(rough, 4., sureIn);
  cv::pow(1. - rough, 4., sureOut);
  const auto beside = [&](const cv::Mat& weight) {
    cv::Mat three, sum, total;
    cv::merge(std::vector<cv::Mat>{weight, weight, weight}, three);
    cv::boxFilter(rgb.mul(three), sum, CV_32F, window(reach), {-1, -1}, false);
    cv::boxFilter(three, total, CV_32F, window(reach), {-1, -1}, false);
    ctx.check();
    return cv::Mat(sum / (total + 1e-3));
  };
  const cv::Mat in = beside(sureIn), out = beside(sureOut);
  cv::Mat share = rough.clone();
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      float& v = share.at<float>(y, x);
      if (v < 0.02f || v > 0.98f) continue;
      const cv::Vec3f from = out.at<cv::Vec3f>(y, x), way = in.at<cv::Vec3f>(y, x) - from;
      const float length2 = way.dot(way);
      const float t = (rgb.at<cv::Vec3f>(y, x) - from).dot(way) / std::max(length2, 1e-6f);
      const float trust = std::min(1.f, length2 / kClearContrast);
      v += trust * (std::clamp(t, 0.f, 1.f) - v);
    }
  return share;
}

/// From the working size to the picture's, with a soft rim.
cv::Mat enlarged(const cv::Mat& small, const cv::Mat& rgba, const Context& ctx) {
  const double scale = double(rgba.cols) / small.cols;
  cv::Mat rough, rgb;
  cv::GaussianBlur(small, rough, {}, 0.7);
  rough.convertTo(rough, CV_32F, 1. / 255.);
  cv::resize(rough, rough, rgba.size(), 0, 0, cv::INTER_LINEAR);
  ctx.check();
  cv::cvtColor(rgba, rgb, cv::COLOR_RGBA2RGB);
  rgb.convertTo(rgb, CV_32F, 1. / 255.);
  cv::Mat fine = shareOfObject(rgb, rough, 3. * scale, ctx);
  cv::GaussianBlur(fine, fine, {}, 0.6);
  ctx.check();
  cv::Mat result(rgba.size(), CV_8U);
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x)
      result.at<std::uint8_t>(y, x) =
          cv::saturate_cast<std::uint8_t>(255.f * ((fine.at<float>(y, x) - 0.5f) * 1.6f + 0.5f));
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
  const cv::Rect picture(0, 0, small.cols, small.rows);
  if (const Shaded shaded = shadedBands(small, labels); !shaded.colours.empty()) {
    cv::vconcat(small, shaded.colours, small);
    cv::vconcat(labels, shaded.labels, labels);
  }
  for (int i = 0; i < kIterations; ++i) {
    ctx.report(0.1f + 0.6f * static_cast<float>(i) / kIterations);
    if (!has(labels, cv::GC_FGD, cv::GC_PR_FGD) || !has(labels, cv::GC_BGD, cv::GC_PR_BGD)) break;
    cv::grabCut(small, labels, {}, background, foreground, 1,
                i == 0 ? cv::GC_INIT_WITH_MASK : cv::GC_EVAL);
  }
  ctx.report(0.7f);
  labels = labels(picture);
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
