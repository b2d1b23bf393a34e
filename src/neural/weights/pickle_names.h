#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "neural/weights/tensor_view.h"

namespace maquette {

/// What a name of Python code means to us.
enum class PickleName : std::uint8_t {
  OrderedDict,
  Size,
  Device,
  RebuildTensor,
  RebuildTensorV2,
  RebuildTensorV3,
  RebuildParameter,
  Storage,
  Type,
};

struct KnownPickleName {
  std::string_view module, name;
  PickleName meaning;
  std::optional<Dtype> dtype = {};  ///< of a storage or a type; none for plain bytes
};

/// The short list of names that a checkpoint may contain; null for any other.
const KnownPickleName* findPickleName(std::string_view module, std::string_view name);

}  // namespace maquette
