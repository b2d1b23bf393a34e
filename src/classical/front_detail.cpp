#include "classical/front_detail.h"

#include <algorithm>
#include <cmath>

#include "classical/rim_distance.h"
#include "classical/silhouette_grid.h"
#include "core/jobs/parallel.h"
#include "imaging/scalar_image.h"

namespace maquette {
namespace {

constexpr double kFine = 1. / 260., kCoarse = 1. / 22.;  // of the object: what counts as detail
constexpr double kFullContrast = 0.25;                   // of black to white: the whole amplitude
constexpr double kFade = 1. / 30.;                       // of the object, from the rim inwards

double lightness(const Rgba& c) { return (0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b) / 255.; }

/// Lightness, averaged over the object alone.
ScalarImage averaged(const Image& picture, const Mask& cutout, float sigma) {
  ScalarImage sum{picture.width, picture.height, std::vector<float>(picture.pixels.size())};
  ScalarImage weight = sum;
  for (std::size_t i = 0; i < sum.values.size(); ++i) {
    weight.values[i] = static_cast<float>(cutout.values[i]) / 255.f + 1e-4f;
    sum.values[i] = static_cast<float>(lightness(picture.pixels[i])) * weight.values[i];
  }
  sum = blurred(sum, sigma);
  weight = blurred(weight, sigma);
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] /= weight.values[i];
  return sum;
}

double bilinear(const ScalarImage& field, double x, double y) {
  const double fx = std::clamp(x - 0.5, 0., field.width - 1.001);
  const double fy = std::clamp(y - 0.5, 0., field.height - 1.001);
  const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const int jx = std::min(ix + 1, field.width - 1), jy = std::min(iy + 1, field.height - 1);
  const double tx = fx - ix, ty = fy - iy;
  return (double(field.at(ix, iy)) * (1 - tx) + double(field.at(jx, iy)) * tx) * (1 - ty) +
         (double(field.at(ix, jy)) * (1 - tx) + double(field.at(jx, jy)) * tx) * ty;
}

}  // namespace

std::vector<double> frontDetail(const SwollenSheet& sheet, const Image& picture, const Mask& cutout,
                                const ViewMap& map, double amplitude, const Context& ctx) {
  const double whole = lookAt(cutout, ctx).longest();
  const ScalarImage fine = averaged(picture, cutout, static_cast<float>(kFine * whole));
  ctx.check();
  const ScalarImage coarse = averaged(picture, cutout, static_cast<float>(kCoarse * whole));
  ctx.check();
  const double fade = kFade * whole / std::abs(map.scaleX);
  const RimDistance rim(sheet.flat, fade);
  std::vector<double> relief(sheet.flat.points.size(), 0.);
  parallelFor(relief.size(), 2048, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t p = begin; p < end; ++p) {
      if (sheet.flat.onRim[p]) continue;
      const PlanePoint at = sheet.flat.points[p];
      const double x = map.offsetX + map.scaleX * at.x, y = map.offsetY + map.scaleY * at.y;
      const double contrast = (bilinear(fine, x, y) - bilinear(coarse, x, y)) / kFullContrast;
      const double t = rim.at(at) / fade;
      relief[p] = std::max(amplitude * std::clamp(contrast, -1., 1.) * t * t * (3. - 2. * t),
                           -0.5 * sheet.depth(static_cast<std::uint32_t>(p)));
    }
  });
  return relief;
}

}  // namespace maquette
