#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "neural/weights/tensor_view.h"

namespace maquette {

/// One value of a pickle. Values refer to each other by index: nothing recursive to build or to
/// destroy, whatever the file says.
struct PickledValue {
  enum class Kind : std::uint8_t {
    None,
    Bool,     ///< number: 0 or 1
    Integer,  ///< number
    Other,    ///< a fraction, a number beyond 64 bits, bytes, a device: of no use to us
    Text,     ///< text
    List,     ///< items
    Tuple,    ///< items
    Dict,     ///< items: key, value, key, value, ...
    Type,     ///< number: what it names, known to the reader only
    Storage,  ///< text: its record's key; number: elements; dtype, or none for plain bytes
    Tensor,   ///< items: storage, sizes, strides; number: offset in elements; dtype
  };
  Kind kind = Kind::None;
  std::optional<Dtype> dtype = {};
  std::int64_t number = 0;
  std::string_view text = {};  ///< valid UTF-8, within the pickle's bytes
  std::vector<std::uint32_t> items = {};
};

/// What a pickle describes.
struct Pickle {
  std::vector<PickledValue> values;
  std::uint32_t root = 0;
};

/// Reads the pickle of a PyTorch archive without running anything.
///
/// Builds dicts, lists, tuples, numbers, texts and references to stored tensors. Names of code are
/// compared with a short list (OrderedDict, PyTorch's storages and the functions that rebuild
/// tensors) and never looked up; any other name, and any other instruction, is refused.
///
/// @param file  for messages
/// @throws FileError  damaged, too large, or with anything that is not weights
Pickle readPickle(const std::filesystem::path& file, std::span<const std::byte> bytes);

}  // namespace maquette
