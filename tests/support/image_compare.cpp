#include "support/image_compare.h"

#include <QImage>
#include <QString>
#include <algorithm>
#include <array>
#include <cmath>

namespace maquette::test {
namespace {

constexpr int kWindow = 8;
constexpr int kStep = 4;

double lightness(Rgba c) { return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b; }

/// Calls visit(x, y) for the corner of every window that lies in the picture.
template <class Visit>
void forWindows(const Image& image, Visit&& visit) {
  for (int y = 0; y + kWindow <= image.height; y += kStep)
    for (int x = 0; x + kWindow <= image.width; x += kStep) visit(x, y);
}

double windowSimilarity(const Image& a, const Image& b, int x0, int y0) {
  double sa = 0., sb = 0., saa = 0., sbb = 0., sab = 0.;
  for (int y = y0; y < y0 + kWindow; ++y)
    for (int x = x0; x < x0 + kWindow; ++x) {
      const double p = lightness(a.at(x, y)), q = lightness(b.at(x, y));
      sa += p;
      sb += q;
      saa += p * p;
      sbb += q * q;
      sab += p * q;
    }
  constexpr double n = kWindow * kWindow;
  constexpr double c1 = 0.01 * 255. * 0.01 * 255., c2 = 0.03 * 255. * 0.03 * 255.;
  const double ma = sa / n, mb = sb / n;
  const double va = saa / n - ma * ma, vb = sbb / n - mb * mb, cov = sab / n - ma * mb;
  return (2. * ma * mb + c1) * (2. * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
}

Image read(const QString& file) {
  const QImage in = QImage(file).convertToFormat(QImage::Format_RGBA8888);
  Image image{in.width(), in.height(), {}};
  image.pixels.reserve(std::size_t(in.width()) * std::size_t(in.height()));
  for (int y = 0; y < in.height(); ++y) {
    const auto* row = reinterpret_cast<const Rgba*>(in.constScanLine(y));
    image.pixels.insert(image.pixels.end(), row, row + in.width());
  }
  return image;
}

bool write(const QString& file, const Image& image) {
  return QImage(reinterpret_cast<const uchar*>(image.pixels.data()), image.width, image.height,
                image.width * 4, QImage::Format_RGBA8888)
      .save(file);
}

}  // namespace

double similarity(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) return 0.;
  double sum = 0.;
  std::size_t windows = 0;
  forWindows(a, [&](int x, int y) {
    sum += windowSimilarity(a, b, x, y);
    ++windows;
  });
  return windows ? sum / double(windows) : 0.;
}

double colourDifference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) return 255.;
  double most = 0.;
  forWindows(a, [&](int x0, int y0) {
    std::array<double, 3> sum{};
    for (int y = y0; y < y0 + kWindow; ++y)
      for (int x = x0; x < x0 + kWindow; ++x) {
        const Rgba p = a.at(x, y), q = b.at(x, y);
        sum[0] += double(p.r) - q.r;
        sum[1] += double(p.g) - q.g;
        sum[2] += double(p.b) - q.b;
      }
    for (const double s : sum) most = std::max(most, std::abs(s) / (kWindow * kWindow));
  });
  return most;
}

Comparison compareWithBaseline(const Image& image, const std::string& name, double leastSimilarity,
                               double mostColourDifference) {
  const QString fileName = QString::fromStdString(name) + ".png";
  const QString baseline = QStringLiteral(MAQUETTE_TEST_BASELINES) + "/" + fileName;
  const QString written = QStringLiteral(MAQUETTE_BIN_DIR) + "/" + fileName;
  const auto failure = [&](const std::string& what) {
    const bool saved = write(written, image);
    return Comparison{false, what +
                                 (saved ? " The picture is in "
                                        : " The picture could not be "
                                          "written to ") +
                                 written.toStdString()};
  };
  const Image expected = read(baseline);
  if (expected.pixels.empty())
    return failure("There is no baseline " + baseline.toStdString() + ".");
  const double alike = similarity(image, expected), hue = colourDifference(image, expected);
  if (alike < leastSimilarity || hue > mostColourDifference)
    return failure("Similarity to " + baseline.toStdString() + " is " + std::to_string(alike) +
                   " (at least " + std::to_string(leastSimilarity) + "), colour difference " +
                   std::to_string(hue) + " (at most " + std::to_string(mostColourDifference) +
                   ").");
  return {true, {}};
}

}  // namespace maquette::test
