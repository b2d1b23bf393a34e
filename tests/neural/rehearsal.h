#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/models/registry.h"

namespace maquette::test {

/// How large the rehearsal network is.
struct RehearsalSize {
  std::int64_t blocks = 3;
  std::int64_t channels = 64;
  std::int64_t tokens = 192;  ///< of its input
};

/// Writes its weights, in half precision, as safetensors.
void writeRehearsal(const std::filesystem::path& file, const RehearsalSize& size);

/// A transformer with weights from a file, that uses memory as the official networks will: planned
/// before it is loaded, in chunks, streamed from its file, half as precise; it makes a "mesh" whose
/// vertices are what it computed.
///
/// @param device  what it may compute on besides the processor
ModelEntry rehearsal(const std::filesystem::path& file, const RehearsalSize& size);

/// The numbers that it computed, all of them.
std::vector<float> numbersOf(const ShapeResult& result);

}  // namespace maquette::test
