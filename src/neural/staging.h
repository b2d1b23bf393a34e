#pragma once

#include <ATen/core/Tensor.h>

namespace maquette::neural {

/// A tensor of the host where it will be computed with, in a type of its own.
///
/// To a graphics card it goes through page-locked memory, on the current stream, without being
/// waited for: that copies at the full speed of the bus and beside what computes on other streams.
/// On the processor, and in the same type, nothing is copied.
at::Tensor broughtTo(const at::Tensor& host, c10::Device device, c10::ScalarType dtype);

}  // namespace maquette::neural
