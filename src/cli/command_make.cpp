#include <chrono>
#include <memory>

#include "cli/automatic.h"
#include "cli/commands.h"
#include "cli/parameter_flags.h"
#include "cli/pictures.h"
#include "cli/solids.h"
#include "core/base/error.h"
#include "core/files/atomic_file.h"
#include "core/geometry/bounds.h"
#include "core/render/raster.h"
#include "picture/picture_file.h"

namespace maquette {
namespace {

namespace fs = std::filesystem;

struct Options {
  PicturePaths pictures;
  std::string folder;
  std::string generator = "classical", completer = "classical";
  ShapeParams shape;
  AutomaticOptions automatic;
  CompleteParams solids;
};

struct Made {
  ShapeResult shape;
  PartsResult parts;
  CompleteResult complete;
};

class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// A folder that is there while it is written into; one made for nothing is taken away again.
class OutputFolder {
 public:
  explicit OutputFolder(const fs::path& folder) : folder_(folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!fs::is_directory(folder, error))
      throw FileError("The folder “" + folder.string() + "” cannot be made. Choose another place.",
                      error.message());
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder() {
    std::error_code ignored;  // fails where there are files, which is what it is for
    fs::remove(folder_, ignored);
  }

 private:
  fs::path folder_;
};

/// The whole in its colours beside the parts in theirs, a little apart.
Image resultPicture(const Made& made, const std::vector<NamedPart>& solids, const Context& ctx) {
  constexpr int kSide = 900;
  const Vec3 centre = boundsOf(*made.complete.whole).centre();
  std::vector<Drawn> apart;
  std::vector<MeshPtr> meshes;
  for (const NamedPart& part : solids) {
    Mesh shifted = *part.mesh;
    const Vec3 by = (boundsOf(shifted).centre() - centre) * 0.35f;
    for (Vec3& p : shifted.positions) p += by;
    meshes.push_back(std::make_shared<Mesh>(std::move(shifted)));
    apart.push_back({meshes.back(), part.colour, false});
  }
  const auto view = [&](const std::vector<MeshPtr>& shown) {
    return framing(shown, 25.f, 15.f, kSide, kSide);
  };
  const Image left = drawPicture({{made.shape.mesh, {200, 200, 200}}}, view({made.shape.mesh}),
                                 kSide, kSide, ctx.part(0.f, 0.5f));
  const Image right = drawPicture(apart, view(meshes), kSide, kSide, ctx.part(0.5f, 1.f));
  Image sheet{2 * kSide, kSide, {}};
  for (int y = 0; y < kSide; ++y)
    for (const Image* half : {&left, &right}) {
      const auto row = half->pixels.begin() + std::ptrdiff_t(y) * kSide;
      sheet.pixels.insert(sheet.pixels.end(), row, row + kSide);
    }
  return sheet;
}

Report write(const fs::path& folder, const Made& made, Report report, const Context& ctx) {
  ctx.stage("Writing");
  const std::vector<NamedPart> solids = namedSolids(made.parts.segmentation, made.complete);
  const Image picture = resultPicture(made, solids, ctx.part(0.f, 0.4f));
  const OutputFolder output(folder);
  writeMesh(folder / "whole.stl", *made.complete.whole, ctx.part(0.4f, 0.5f));
  std::vector<fs::path> files{"whole.stl"};
  for (const fs::path& file : writePartFiles(folder, solids, ctx.part(0.5f, 0.7f)))
    files.push_back(file.filename());
  writeParts(folder / "parts.3mf", solids, ctx.part(0.7f, 0.9f));
  writePng(folder / "picture.png", picture);
  for (const char* name : {"parts.3mf", "picture.png", "report.json"}) files.emplace_back(name);
  report["files"] = Report::array();
  for (const fs::path& file : files) report["files"].push_back(file.string());
  const std::string text = report.dump(2, ' ', false, Report::error_handler_t::replace) + "\n";
  writeFile(folder / "report.json", text);
  return report;
}

Report make(Options options, Session& session) {
  const fs::path folder = options.folder;
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    throw FileError("“" + folder.string() + "” is a file. Choose a folder.");
  requireValid(options.shape);
  requireValid(options.automatic.params);
  if (!options.automatic.saveMasks.empty()) requireFolderFor(options.automatic.saveMasks);
  requireValid(options.solids);
  options.shape.seed = session.seed.value_or(0);
  const Context& ctx = session.ctx;
  Stopwatch watch;
  Report seconds;
  const ImageSet views = readViews(options.pictures, ctx.part(0.f, 0.05f));
  Made made;
  made.shape = session.use<ShapeGenerator>(
      options.generator, sizeOf(options.shape), [&](ShapeGenerator& model) {
        return model.generate(views, options.shape, ctx.part(0.05f, 0.35f));
      });
  seconds["generate"] = watch.lap();
  const MeshPtr& mesh = made.shape.mesh;
  made.parts = findParts(mesh, options.automatic, session, ctx.part(0.35f, 0.5f));
  seconds["segment"] = watch.lap();
  made.complete =
      session.use<PartCompleter>(options.completer, sizeOf(*mesh), [&](PartCompleter& model) {
        return model.complete(mesh, made.parts.segmentation, options.solids, ctx.part(0.5f, 0.9f));
      });
  seconds["complete"] = watch.lap();
  Report report{{"picture", options.pictures.front}, {"folder", folder.string()}};
  report["whole"] = describe(*made.complete.whole);
  report["parts"] = describeSolids(made.parts.segmentation, made.complete);
  describeMasks(report, made.parts);
  std::vector<std::string> notes = made.shape.notes;
  notes.insert(notes.end(), made.parts.notes.begin(), made.parts.notes.end());
  notes.insert(notes.end(), made.complete.notes.begin(), made.complete.notes.end());
  report["notes"] = notes;
  report["seconds"] = seconds;
  return write(folder, made, std::move(report), ctx.part(0.9f, 1.f));
}

}  // namespace

void addMake(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("make", "All of it: a picture becomes a folder of printable parts");
  addPictures(*command, options->pictures);
  command
      ->add_option("-o,--output", options->folder,
                   "Folder for whole.stl, one STL per part, parts.3mf, picture.png and report.json")
      ->required();
  command->add_option("--generator", options->generator, "Which shape generator")
      ->capture_default_str();
  command->add_option("--completer", options->completer, "Which part completer")
      ->capture_default_str();
  addFlags(*command, options->shape, shapeFields());
  addAutomatic(*command, options->automatic, "--segmenter");
  addFlags(*command, options->solids, completeFields());
  command->callback([options, command, &action] {
    requireFitting(*command, options->automatic);
    action = [options](Session& s) { return make(*options, s); };
  });
}

}  // namespace maquette
