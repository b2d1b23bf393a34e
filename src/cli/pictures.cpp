#include "cli/pictures.h"

#include <memory>
#include <utility>

#include "picture/picture_file.h"

namespace maquette {

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
