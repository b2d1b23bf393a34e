#include "neural/staging.h"

#include <ATen/ops/empty.h>

#include <cstddef>

namespace maquette::neural {

at::Tensor broughtTo(const at::Tensor& host, c10::Device device, c10::ScalarType dtype) {
  if (device.is_cpu() || !host.device().is_cpu()) return host.to(device, dtype);
  // libtorch keeps page-locked blocks and gives one out again when the copy from it has ended. The
  // type changes on this side where that makes the copy smaller.
  const bool smaller = c10::elementSize(dtype) < std::size_t(host.element_size());
  const auto options = host.options().dtype(smaller ? dtype : host.scalar_type());
  const at::Tensor locked = at::empty(host.sizes(), options.pinned_memory(true));
  locked.copy_(host);
  return locked.to(device, /*non_blocking=*/true).to(dtype);
}

}  // namespace maquette::neural
