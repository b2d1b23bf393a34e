#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#include "fuzz/fuzz.h"
#include "neural/weights/weight_file.h"

namespace maquette::fuzz {

/// A copy of exactly `size` bytes: reading one more is a finding.
inline SharedBytes inMemory(const std::uint8_t* data, std::size_t size) {
  const std::shared_ptr<std::byte[]> copy(new std::byte[size]);
  if (size > 0) std::memcpy(copy.get(), data, size);
  return {{copy.get(), size}, copy};
}

/// Reads every number that a reader hands out, up to a megabyte a tensor.
inline void touch(const WeightFile& file) {
  for (const TensorView& tensor : file.tensors()) {
    if (file.find(tensor.name) != &tensor) throw std::logic_error("a tensor is not found by name");
    if (tensor.bytes() > (1u << 20)) continue;
    std::vector<std::byte> copy(tensor.bytes());
    copyContiguous(tensor, copy);
    if (floatsOf(tensor).size() != tensor.elements()) throw std::logic_error("elements are lost");
  }
}

}  // namespace maquette::fuzz
