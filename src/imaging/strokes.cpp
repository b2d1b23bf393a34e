#include "imaging/strokes.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace maquette {
namespace {

constexpr double kAlike = 10.;  // CIE76 distance: one colour, shading aside

/// Spreads `region` over the 4-connected neighbours that `accepts` lets in.
template <class Accepts>
void spread(cv::Mat& region, const Context& ctx, const Accepts& accepts) {
  std::vector<cv::Point> front;
  cv::findNonZero(region, front);
  for (std::size_t step = 0; !front.empty(); ++step) {
    if (step % 65536 == 0) ctx.check();
    const cv::Point p = front.back();
    front.pop_back();
    for (const cv::Point d : {cv::Point(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
      const cv::Point q = p + d;
      if (q.x < 0 || q.y < 0 || q.x >= region.cols || q.y >= region.rows) continue;
      if (region.at<std::uint8_t>(q) || !accepts(q)) continue;
      region.at<std::uint8_t>(q) = 255;
      front.push_back(q);
    }
  }
}

bool touchesBorder(const cv::Mat& region) {
  return cv::countNonZero(region.row(0)) || cv::countNonZero(region.row(region.rows - 1)) ||
         cv::countNonZero(region.col(0)) || cv::countNonZero(region.col(region.cols - 1));
}

}  // namespace

void drawStroke(cv::Mat& canvas, const Stroke& stroke, double scale, std::uint8_t value) {
  const auto place = [&](const PixelPoint& p) {
    const auto limited = [](double v) { return cvRound(std::clamp(v, -30000., 30000.)); };
    return cv::Point(limited(p.x * scale), limited(p.y * scale));
  };
  const int radius = std::clamp(cvRound(stroke.radius * scale), 1, 10000);
  for (std::size_t i = 0; i < stroke.points.size(); ++i) {
    cv::circle(canvas, place(stroke.points[i]), radius, cv::Scalar(value), cv::FILLED);
    if (i > 0)
      cv::line(canvas, place(stroke.points[i - 1]), place(stroke.points[i]), cv::Scalar(value),
               std::min(2 * radius, 32000));
  }
}

void carryStrokes(cv::Mat& mask, const cv::Mat& lab, const Strokes& strokes, const Context& ctx) {
  for (const Stroke& stroke : strokes.strokes) {
    ctx.check();
    cv::Mat drawn = cv::Mat::zeros(mask.size(), CV_8U);
    drawStroke(drawn, stroke, 1., 255);
    cv::Mat region = drawn & (stroke.keep ? mask < 128 : mask >= 128);
    if (stroke.keep) {
      spread(region, ctx, [&](cv::Point q) { return mask.at<std::uint8_t>(q) < 128; });
      // Drawn outside rather than in a gap: only what was drawn over is meant.
      if (touchesBorder(region)) region = drawn & (mask < 128);
      // The soft rim of the gap goes with it.
      cv::dilate(region, region, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
      mask.setTo(255, region);
    } else if (cv::countNonZero(region)) {
      const cv::Scalar mean = cv::mean(lab, region);
      const cv::Vec3f colour{static_cast<float>(mean[0]), static_cast<float>(mean[1]),
                             static_cast<float>(mean[2])};
      spread(region, ctx, [&](cv::Point q) {
        return mask.at<std::uint8_t>(q) >= 128 && cv::norm(lab.at<cv::Vec3f>(q) - colour) < kAlike;
      });
      mask.setTo(0, region);
    }
    mask.setTo(stroke.keep ? 255 : 0, drawn);
  }
}

}  // namespace maquette
