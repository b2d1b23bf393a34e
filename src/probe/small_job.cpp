#include <algorithm>
#include <chrono>
#include <cmath>

#include "classical/classical.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "core/models/model_manager.h"
#include "probe/teller.h"

namespace maquette {
namespace {

using Clock = std::chrono::steady_clock;

/// A head on a body, two colours, nothing around.
ImageSet smallPicture() {
  constexpr int kWidth = 96, kHeight = 128;
  auto image = std::make_shared<Image>();
  *image = {kWidth, kHeight, std::vector<Rgba>(std::size_t(kWidth) * kHeight, {0, 0, 0, 0})};
  const auto ball = [&](float x, float y, float radius, Rgba colour) {
    for (int row = 0; row < kHeight; ++row)
      for (int column = 0; column < kWidth; ++column)
        if (std::hypot(float(column) - x, float(row) - y) < radius) image->at(column, row) = colour;
  };
  ball(48, 88, 36, {200, 120, 40, 255});
  ball(48, 34, 26, {60, 110, 190, 255});
  ImageSet views;
  views.front.picture = std::move(image);
  return views;
}

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

void tellSmallJob() {
  Registry registry;
  registerClassical(registry);
  const auto monitor = systemMemoryMonitor("none");  // the driver is another probe's business
  ModelManager models(registry, *monitor);
  const Context ctx;
  const auto begin = Clock::now();

  tellDoing("making a shape");
  ShapeParams shapeParams;
  shapeParams.resolution = 96;
  const MeshPtr shape = models.acquire<ShapeGenerator>("classical", ctx)
                            ->generate(smallPicture(), shapeParams, ctx)
                            .mesh;
  tell("shape.seconds", since(begin));

  tellDoing("finding parts");
  auto from = Clock::now();
  AutoParams autoParams;
  autoParams.parts = 2;
  const Segmentation parts = models.acquire<PartSegmenter>("classical", ctx)
                                 ->automatic(shape, autoParams, ctx)
                                 .segmentation;
  tell("parts.seconds", since(from));
  tell("parts", double(parts.parts.size()));

  tellDoing("making solids");
  from = Clock::now();
  CompleteParams completeParams;
  completeParams.voxelMm = 1.f;  // of 100 mm
  const CompleteResult result =
      models.acquire<PartCompleter>("classical", ctx)->complete(shape, parts, completeParams, ctx);
  tell("solids.seconds", since(from));
  tell("solids", double(std::ranges::count_if(result.solids, [](const MeshPtr& solid) {
         return solid && examine(weld(*solid, false).mesh).closed();
       })));
  tell("seconds", since(begin));
}

}  // namespace maquette
