#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>

#include <vector>

#include "core/base/error.h"
#include "neural/cuda_half.h"
#include "neural/facts.h"
#include "neural/nn/farthest_points.h"

using namespace maquette;
using at::Tensor;

namespace {

Tensor tensorOf(const std::vector<float>& xyz) {
  return at::from_blob(const_cast<float*>(xyz.data()), {std::int64_t(xyz.size() / 3), 3},
                       at::kFloat)
      .clone();
}

std::vector<std::int64_t> picked(const Tensor& points, std::int64_t count, std::int64_t start) {
  const Tensor result = neural::farthestPoints(points, count, start).cpu();
  const auto* first = result.const_data_ptr<std::int64_t>();
  return {first, first + result.numel()};
}

/// A cloud that looks random and is the same everywhere.
Tensor cloud(std::int64_t n) {
  const Tensor i = at::arange(n, at::kDouble);
  return at::stack({i.mul(1.7).sin(), i.mul(2.3).sin(), i.mul(0.9).cos()}, 1).to(at::kFloat);
}

}  // namespace

FACT(onALineTheEndsComeFirstAndThenTheMiddle) {
  const Tensor line = tensorOf({0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0});
  EXPECT((picked(line, 3, 0) == std::vector<std::int64_t>{0, 4, 2}));
}

FACT(ofEqualsTheLastIndexWins) {
  const Tensor square = tensorOf({0, 0, 0, 2, 0, 0, -2, 0, 0, 0, 2, 0});
  EXPECT((picked(square, 2, 0) == std::vector<std::int64_t>{0, 3}));
}

FACT(whereAllPlacesAreTakenTheLastIndexRepeats) {
  const Tensor twice = tensorOf({0, 0, 0, 1, 0, 0, 0, 0, 0});
  EXPECT((picked(twice, 4, 0) == std::vector<std::int64_t>{0, 1, 2, 2}));
}

FACT(whatIsNotACloudIsRefused) {
  MESSAGE_OF(InvalidInput, neural::farthestPoints(cloud(4), 2, 4));
  MESSAGE_OF(InvalidInput, neural::farthestPoints(cloud(4), 0, 0));
  MESSAGE_OF(InvalidInput, neural::farthestPoints(cloud(4).to(at::kDouble), 2, 0));
  MESSAGE_OF(InvalidInput, neural::farthestPoints(cloud(4).reshape({6, 2}), 2, 0));
}

FACT(aGraphicsCardPicksTheSamePoints) {
  const neural::CudaHalf half = neural::openCudaHalf(NeuralStart::Cuda::whereDriver);
  if (!half.usable) SKIP(half.reason);
  const Tensor points = cloud(100'003);
  EXPECT(picked(points.to(at::kCUDA), 400, 17) == picked(points, 400, 17));
  EXPECT((picked(tensorOf({0, 0, 0, 1, 0, 0, 0, 0, 0}).to(at::kCUDA), 4, 0) ==
          std::vector<std::int64_t>{0, 1, 2, 2}));
}

FACT_MAIN
