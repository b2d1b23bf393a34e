#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/image/image.h"
#include "core/jobs/context.h"

namespace maquette {

/// Where the views of the object are; empty where there is none.
struct PicturePaths {
  std::string front, left, right, back;
};

/// Adds the front picture and the options for the other views; `paths` must outlive the command.
void addPictures(CLI::App& command, PicturePaths& paths);

/// @throws FileError  one of them cannot be read
ImageSet readViews(const PicturePaths& paths, const Context& ctx);

}  // namespace maquette
