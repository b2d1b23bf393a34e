#include "neural/planned_weights.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <memory>

#include "neural/weights/weight_cache.h"

namespace maquette::neural {
namespace {

WeightCache::Memory counted(std::size_t bytes) {
  auto block =
      std::make_shared<at::Tensor>(at::empty({std::int64_t(bytes)}, at::TensorOptions(c10::kByte)));
  auto* first = static_cast<std::byte*>(block->mutable_data_ptr());
  return {{first, bytes}, std::move(block)};
}

}  // namespace

WeightFile weightsFor(const Rung& rung, const std::filesystem::path& file, const Context& ctx) {
  if (rung.weights == WeightForm::full) return openWeights(file);
  return WeightCache().open(file, Conversion::int8, ctx, counted).file;
}

}  // namespace maquette::neural
