#pragma once

#include <filesystem>
#include <string>

#include "core/files/regular_file.h"
#include "core/jobs/context.h"

namespace maquette {

/// A regular file with something in it, open for reading.
class InputFile : public RegularFile {
 public:
  /// @throws FileError  missing, not readable, not a regular file, or empty
  explicit InputFile(std::filesystem::path file);

  /// Everything from the start to the end, in slices that report and can be stopped.
  std::string readAll(const Context& ctx) const;
};

}  // namespace maquette
