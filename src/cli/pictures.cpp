#include "cli/pictures.h"

#include <memory>
#include <utility>

#include "picture/picture_file.h"

namespace maquette {

void addPictures(CLI::App& command, PicturePaths& paths) {
  command.add_option("picture", paths.front, "PNG, JPEG, WebP, BMP, GIF, TIFF or SVG")->required();
  command.add_option(
      "--left", paths.left,
      "Seen from the left-hand side of the front picture: its front looks to the right here");
  command.add_option(
      "--right", paths.right,
      "Seen from the right-hand side of the front picture: its front looks to the left here");
  command.add_option("--back", paths.back, "Seen from behind: left and right are exchanged here");
}

ImageSet readViews(const PicturePaths& paths, const Context& ctx) {
  ImageSet views;
  ctx.stage("Reading the picture");
  for (const auto& [path, view] : {std::pair{&paths.front, &views.front},
                                   {&paths.left, &views.left},
                                   {&paths.right, &views.right},
                                   {&paths.back, &views.back}})
    if (!path->empty())
      view->picture = std::make_shared<Image>(readPicture(*path, ctx.part(0.f, 0.f)));
  return views;
}

}  // namespace maquette
