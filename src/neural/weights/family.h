#pragma once

#include <string>
#include <vector>

#include "neural/weights/weight_file.h"

namespace maquette {

/// A network that a file, or a part of it, holds.
struct Family {
  std::string part;     ///< what its names begin with: "model.", mostly ""
  std::string name;     ///< "Hunyuan3D 2.0 denoiser"
  std::string details;  ///< "16 double and 32 single blocks, width 1024"
};

/// Tells from names and shapes which networks of those that Maquette knows a file holds. Says
/// nothing about whether they are complete.
std::vector<Family> familiesOf(const WeightFile& file);

}  // namespace maquette
