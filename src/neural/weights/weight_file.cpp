#include "neural/weights/weight_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/mapped_file.h"
#include "neural/weights/safetensors.h"
#include "neural/weights/shard_index.h"

namespace maquette {

WeightFile::WeightFile(std::filesystem::path path, std::string container, std::uint64_t fileBytes,
                       std::vector<TensorView> tensors, std::map<std::string, std::string> metadata)
    : path_(std::move(path)),
      container_(std::move(container)),
      fileBytes_(fileBytes),
      tensors_(std::move(tensors)),
      metadata_(std::move(metadata)),
      byName_(tensors_.size()) {
  std::iota(byName_.begin(), byName_.end(), std::size_t{0});
  const auto nameAt = [this](std::size_t i) -> const std::string& { return tensors_[i].name; };
  std::ranges::sort(byName_, {}, nameAt);
  const auto twice = std::ranges::adjacent_find(byName_, {}, nameAt);
  if (twice != byName_.end())
    throwDamagedWeights(
        path_, fmt::format("is damaged: it has two tensors named {}", shownText(nameAt(*twice))));
}

const TensorView* WeightFile::find(std::string_view name) const {
  const auto nameAt = [this](std::size_t i) -> std::string_view { return tensors_[i].name; };
  const auto found = std::ranges::lower_bound(byName_, name, {}, nameAt);
  return found != byName_.end() && nameAt(*found) == name ? &tensors_[*found] : nullptr;
}

const TensorView& WeightFile::at(std::string_view name) const {
  if (const TensorView* tensor = find(name)) return *tensor;
  throw FileError(fmt::format("{} has no tensor named {}. Is it the right file?", shownName(path_),
                              shownText(name)),
                  path_.string());
}

WeightFile openWeights(const std::filesystem::path& file) {
  const SharedBytes content = mapFile(file);
  const std::string_view start(reinterpret_cast<const char*>(content.bytes.data()),
                               std::min<std::size_t>(content.bytes.size(), 16));
  if (start.starts_with('{')) return readShards(file, content);
  return readSafetensors(file, content);
}

}  // namespace maquette
