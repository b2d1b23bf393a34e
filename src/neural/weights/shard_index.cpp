#include "neural/weights/shard_index.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/json_reader.h"

namespace maquette {
namespace {

constexpr std::size_t kMaxIndexBytes = std::size_t{64} << 20;

using ShardOf = std::map<std::string, std::string>;  // tensor -> file

ShardOf readMap(const std::filesystem::path& index, const SharedBytes& content) {
  if (content.bytes.size() > kMaxIndexBytes)
    throwDamagedWeights(index, "is too large for an index of weights");
  JsonReader json({reinterpret_cast<const char*>(content.bytes.data()), content.bytes.size()},
                  index);
  ShardOf shards;
  bool isIndex = false;
  json.object([&](const std::string& key) {
    if (key != "weight_map") return json.skip();
    isIndex = true;
    json.object([&](const std::string& name) { shards[name] = json.string(); });
  });
  json.end();
  if (!isIndex)
    throw FileError(fmt::format("{} is a JSON file, but no index of weights. Choose the weight "
                                "file itself (.safetensors or .ckpt).",
                                shownName(index)),
                    index.string());
  if (shards.empty()) throwDamagedWeights(index, "is damaged: it names no weights");
  return shards;
}

/// Only a plain name beside the index; an index must not lead elsewhere.
void checkName(const std::filesystem::path& index, const std::string& shard) {
  if (shard.empty() || shard == "." || shard == ".." || shard.find('/') != shard.npos ||
      shard.find('\0') != shard.npos || shard.ends_with(".json"))
    throwDamagedWeights(index, fmt::format("is damaged: it names {}, which is no weight file "
                                           "beside it",
                                           shownText(shard)));
}

}  // namespace

WeightFile readShards(const std::filesystem::path& index, const SharedBytes& content) {
  const ShardOf shardOf = readMap(index, content);
  std::map<std::string, std::size_t> promised;  // shard -> number of its tensors
  for (const auto& [name, shard] : shardOf) ++promised[shard];

  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
  std::uint64_t bytes = 0;
  for (const auto& [shard, count] : promised) {
    checkName(index, shard);
    const WeightFile part = openWeights(index.parent_path() / shard);
    bytes += part.fileBytes();
    metadata.insert(part.metadata().begin(), part.metadata().end());
    for (const TensorView& tensor : part.tensors()) {
      const auto found = shardOf.find(tensor.name);
      if (found == shardOf.end() || found->second != shard)
        throwDamagedWeights(index, fmt::format("does not belong to {}: it does not name {}",
                                               shownText(shard), shownText(tensor.name)));
      tensors.push_back(tensor);
    }
    if (part.tensors().size() != count)
      throwDamagedWeights(index, fmt::format("does not belong to {}: it promises {} tensors there, "
                                             "and there are {}",
                                             shownText(shard), count, part.tensors().size()));
  }
  return {index, fmt::format("{} shards", promised.size()), bytes, std::move(tensors),
          std::move(metadata)};
}

}  // namespace maquette
