#pragma once

#include <cstdint>

namespace maquette::neural {

/// What the graphics card's caching allocator may take, cached blocks included; beyond it, it gives
/// those back, and then refuses as it does where the card is full. 0: all there is.
///
/// Begins to use the card. Where this was built without CUDA's headers only checkDeviceLimit()
/// holds it.
///
/// @param total  bytes of the whole card
void setDeviceLimit(std::int64_t bytes, std::int64_t total);

/// Between the steps of a network. @throws OutOfMemory  its tensors exceed the limit
void checkDeviceLimit();

}  // namespace maquette::neural
