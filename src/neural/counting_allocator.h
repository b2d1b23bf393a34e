#pragma once

#include <cstdint>

#include "core/models/neural_abi.h"

namespace maquette::neural {

/// From here on every tensor in main memory is counted and may be refused. Before the first tensor;
/// again: nothing.
///
/// libtorch's own allocator still does the work. libtorch's libraries (oneDNN's scratch memory) ask
/// through the same door and are counted, too; weights that lie in a mapped file are not.
void countTensors();

/// What tensors hold now, and the most since resetTensorPeak().
NeuralMemory tensorMemory();
void resetTensorPeak();

/// Tensors that would bring their sum above this many bytes are refused with OutOfMemory; 0: none.
void setTensorLimit(std::int64_t bytes);

/// See NeuralTable::injectFailure.
std::int64_t injectTensorFailure(const NeuralInjection& injection);

}  // namespace maquette::neural
