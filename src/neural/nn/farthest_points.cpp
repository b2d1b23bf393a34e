#include "neural/nn/farthest_points.h"

#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/error.h"
#include "neural/kernels/library.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::int64_t kLanes = 256;

/// Whether point k comes before the best so far, equally far.
template <Ties ties>
bool winsTie(std::int64_t k, std::int64_t best) {
  if constexpr (ties == Ties::last) return true;
  if constexpr (ties == Ties::first) return false;
  return k % kLanes < best % kLanes;  // of one lane the first was met first
}

template <Ties ties>
Tensor onProcessor(const Tensor& points, std::int64_t count, std::int64_t start) {
  const std::int64_t n = points.size(0);
  const float* xyz = points.const_data_ptr<float>();
  Tensor picked = at::empty({count}, at::kLong);
  auto* out = picked.mutable_data_ptr<std::int64_t>();
  std::vector<float> distance(std::size_t(n), std::numeric_limits<float>::infinity());
  for (std::int64_t i = 0, last = start; i < count; ++i) {
    out[i] = last;
    const float x = xyz[3 * last], y = xyz[3 * last + 1], z = xyz[3 * last + 2];
    float farthest = -1.f;
    for (std::int64_t k = 0; k < n; ++k) {
      const float dx = xyz[3 * k] - x, dy = xyz[3 * k + 1] - y, dz = xyz[3 * k + 2] - z;
      const float here = dx * dx + dy * dy + dz * dz;
      float& nearest = distance[std::size_t(k)];
      nearest = std::min(nearest, here);
      if (nearest > farthest || (nearest == farthest && winsTie<ties>(k, last))) {
        farthest = nearest;
        last = k;
      }
    }
  }
  return picked;
}

Tensor onCard(const MaquetteKernels& table, const Tensor& points, std::int64_t count,
              std::int64_t start) {
  const std::int64_t n = points.size(0);
  const at::DeviceGuard guard(points.device());
  const Tensor distance = at::empty({n}, points.options());
  const Tensor partial = at::empty({1024}, points.options().dtype(at::kLong));
  Tensor picked = at::empty({count}, points.options().dtype(at::kLong));
  const c10::Stream stream =
      c10::impl::VirtualGuardImpl(points.device().type()).getStream(points.device());
  const int error = table.farthestPoints(
      points.const_data_ptr<float>(), n, count, start, distance.mutable_data_ptr<float>(),
      static_cast<unsigned long long*>(partial.mutable_data_ptr()),
      picked.mutable_data_ptr<std::int64_t>(), stream.native_handle());
  TORCH_CHECK(error == 0, "farthest points: ", table.errorText(error));
  return picked;
}

Tensor onProcessor(const Tensor& points, std::int64_t count, std::int64_t start, Ties ties) {
  switch (ties) {
    case Ties::first:
      return onProcessor<Ties::first>(points, count, start);
    case Ties::lanes256:
      return onProcessor<Ties::lanes256>(points, count, start);
    case Ties::last:
      break;
  }
  return onProcessor<Ties::last>(points, count, start);
}

}  // namespace

Tensor farthestPoints(const Tensor& points, std::int64_t count, std::int64_t start, Ties ties) {
  if (points.dim() != 2 || points.size(1) != 3 || points.scalar_type() != at::kFloat)
    throw InvalidInput("Points are three single-precision numbers each.");
  const std::int64_t n = points.size(0);
  if (count < 1 || start < 0 || start >= n || n > std::numeric_limits<std::uint32_t>::max())
    throw InvalidInput("There are not enough points to pick from.");
  const Tensor tight = points.contiguous();
  if (tight.is_cuda() && ties == Ties::last)
    if (const MaquetteKernels* table = kernels()) return onCard(*table, tight, count, start);
  return onProcessor(tight.cpu(), count, start, ties).to(points.device());
}

}  // namespace maquette::neural
