#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neural/weights/mapped_file.h"
#include "neural/weights/tensor_view.h"

namespace maquette {

/// The tensors of one checkpoint: a file, or the shards that an index names.
class WeightFile {
 public:
  /// @param container  for people: "safetensors"
  /// @param tensors    in the order of the file
  /// @throws FileError  two tensors of one name
  WeightFile(std::filesystem::path path, std::string container, std::uint64_t fileBytes,
             std::vector<TensorView> tensors, std::map<std::string, std::string> metadata);

  const std::filesystem::path& path() const { return path_; }
  const std::string& container() const { return container_; }
  std::uint64_t fileBytes() const { return fileBytes_; }  ///< of all shards
  const std::vector<TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// Null when there is none of that name.
  const TensorView* find(std::string_view name) const;

  /// @throws FileError  there is none of that name
  const TensorView& at(std::string_view name) const;

 private:
  std::filesystem::path path_;
  std::string container_;
  std::uint64_t fileBytes_ = 0;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
  std::vector<std::size_t> byName_;  // places in tensors_, ordered by name
};

/// Opens a checkpoint without reading its tensors; what it is, its content decides.
///
/// Takes safetensors, PyTorch archives (.ckpt, .pt, .pth, .bin) and index files of shards
/// (*.index.json). Nothing in a file is ever executed.
///
/// @throws FileError  not readable, damaged, none of these, or with content other than weights
WeightFile openWeights(const std::filesystem::path& file);

/// The same of bytes that are at hand; `file` is for messages, and for shards beside it.
WeightFile readWeights(const std::filesystem::path& file, const SharedBytes& content);

}  // namespace maquette
