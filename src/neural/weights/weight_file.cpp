#include "neural/weights/weight_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/checkpoint.h"
#include "neural/weights/safetensors.h"
#include "neural/weights/shard_index.h"
#include "neural/weights/zip_directory.h"

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
  return readWeights(file, mapFile(file));
}

WeightFile readWeights(const std::filesystem::path& file, const SharedBytes& content) {
  const std::string_view start(reinterpret_cast<const char*>(content.bytes.data()),
                               std::min<std::size_t>(content.bytes.size(), 64));
  if (looksLikeZip(content.bytes)) return readCheckpoint(file, content);
  if (looksLikeSafetensors(content.bytes)) return readSafetensors(file, content);
  if (looksLikeLegacyCheckpoint(content.bytes)) refuseLegacyCheckpoint(file);
  if (start.starts_with('{')) return readShards(file, content);
  if (start.starts_with("version https://git-lfs"))
    throw FileError(shownName(file) +
                        " only says where the weights are (Git LFS). Download the "
                        "weight file itself.",
                    file.string());
  if (start.starts_with('<'))
    throw FileError(shownName(file) +
                        " is a web page, not a weight file. Download the weight file "
                        "itself.",
                    file.string());
  throw FileError(shownName(file) +
                      " is no weight file that Maquette knows. Choose a .safetensors "
                      "or PyTorch file (.ckpt, .pt, .pth, .bin).",
                  file.string());
}

}  // namespace maquette
