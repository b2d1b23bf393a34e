#pragma once

#include <filesystem>

#include "neural/weights/mapped_file.h"
#include "neural/weights/weight_file.h"

namespace maquette {

/// Opens the shards that an index (model.safetensors.index.json) names, beside it.
///
/// @throws FileError  the index or a shard is damaged, a shard is missing or elsewhere, or the
///                    tensors of the shards are not exactly those that the index promises
WeightFile readShards(const std::filesystem::path& index, const SharedBytes& content);

}  // namespace maquette
