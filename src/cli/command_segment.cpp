#include <algorithm>
#include <cmath>
#include <memory>

#include "cli/automatic.h"
#include "cli/commands.h"
#include "cli/labels.h"
#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/geometry/triangle_tree.h"
#include "io/labelled_file.h"
#include "io/mesh_file.h"
#include "io/npy.h"

namespace maquette {
namespace {

using Point = std::array<float, 3>;

struct Options {
  std::string mesh, labels, coloured;
  std::vector<Point> clicks, nots;
  int candidate = -1;
  std::optional<float> mmPerUnit;
  AutomaticOptions automatic;
};

/// "12,3.5,-4" as three finite numbers.
Point parsePoint(const std::string& text) {
  Point point{};
  std::size_t at = 0;
  try {
    for (std::size_t k = 0; k < 3; ++k) {
      std::size_t used = 0;
      point[k] = std::stof(text.substr(at), &used);
      at += used;
      if (!std::isfinite(point[k]) || (k < 2 && (at >= text.size() || text[at++] != ','))) throw 0;
    }
    if (at != text.size()) throw 0;
  } catch (...) {
    throw CLI::ValidationError("“" + text + "” is not a point; write it as x,y,z in millimetres");
  }
  return point;
}

Prompts promptsOn(const Mesh& mesh, const Options& options, std::vector<std::string>& notes) {
  const TriangleTree tree(mesh);
  const float far = 0.05f * boundsOf(mesh).diagonal();
  Prompts prompts;
  const auto add = [&](const Point& p, bool positive) {
    const auto nearest = tree.nearest({p[0], p[1], p[2]});
    if (!nearest) throw InvalidInput("A click found no surface. Is the mesh empty?");
    if (std::sqrt(nearest->distanceSquared) > far)
      notes.push_back("A click lies well away from the surface; the nearest triangle was taken.");
    prompts.clicks.push_back({nearest->face, nearest->point, positive});
  };
  for (const Point& p : options.clicks) add(p, true);
  for (const Point& p : options.nots) add(p, false);
  return prompts;
}

Segmentation clicked(const MeshPtr& mesh, const Options& options, Session& session, Report& report,
                     std::vector<std::string>& notes) {
  const Prompts prompts = promptsOn(*mesh, options, notes);
  const AutoParams params = drawnBy(session, options.automatic.params);
  JobSize size = sizeOf(*mesh, params);
  size.prompts = 1;
  const Candidates candidates =
      session.use<PartSegmenter>(options.automatic.model, size, [&](PartSegmenter& model) {
        return model.open(mesh, clickParamsOf(params), session.ctx.part(0.2f, 0.8f))
            ->query(prompts, session.ctx.part(0.8f, 0.9f));
      });
  std::size_t chosen = candidates.preferred;
  if (options.candidate >= 0) {
    if (std::size_t(options.candidate) >= candidates.masks.size())
      throw InvalidInput("There are only " + std::to_string(candidates.masks.size()) +
                         " candidates; --candidate counts from 0.");
    chosen = std::size_t(options.candidate);
  }
  report["candidates"] = Report::array();
  for (const Candidate& candidate : candidates.masks)
    report["candidates"].push_back(
        {{"triangles", std::ranges::count(candidate.faces, 1)}, {"score", candidate.score}});
  report["chosen"] = chosen;
  const FaceMask& mask = candidates.masks[chosen].faces;
  Labels labels(mask.size(), PartId(1));
  for (std::size_t f = 0; f < mask.size(); ++f)
    if (mask[f]) labels[f] = PartId(2);
  Segmentation segmentation;  // numbered as documented: outside 0, inside 1, even if one is empty
  segmentation.parts = {{PartId(1), "Outside", {190, 190, 190}, nullptr},
                        {PartId(2), "Inside", partColour(0), nullptr}};
  segmentation.labels = std::make_shared<Labels>(std::move(labels));
  return segmentation;
}

Report segment(const Options& options, Session& session) {
  if (options.clicks.empty() && !options.nots.empty())
    throw InvalidInput("--not needs at least one --click to take from.");
  for (const std::string& file : {options.labels, options.coloured, options.automatic.saveMasks})
    if (!file.empty()) requireFolderFor(file);
  requireValid(options.automatic.params);
  session.ctx.stage("Reading");
  ReadResult read = readMesh(options.mesh, {options.mmPerUnit}, session.ctx.part(0.f, 0.2f));
  std::vector<std::string> notes = read.notes;
  const auto mesh = std::make_shared<const Mesh>(std::move(read.mesh));
  Report report;
  report["labels"] = options.labels;
  report["model"] = options.automatic.model;
  PartsResult found;
  if (options.clicks.empty())
    found = findParts(mesh, options.automatic, session, session.ctx.part(0.2f, 0.9f));
  else
    found.segmentation = clicked(mesh, options, session, report, notes);
  const Segmentation& segmentation = found.segmentation;
  describeMasks(report, found);
  notes.insert(notes.end(), found.notes.begin(), found.notes.end());
  session.ctx.stage("Writing");
  const std::vector<std::int32_t> numbers = numbersOf(segmentation, found.unassigned);
  if (!options.coloured.empty())
    writeLabelled(options.coloured, *mesh, segmentation, session.ctx.part(0.9f, 1.f));
  writeLabels(options.labels, numbers);
  report["triangles"] = numbers.size();
  report["unassigned"] = std::ranges::count(numbers, -1);
  report["parts"] = Report::array();
  for (std::size_t p = 0; p < segmentation.parts.size(); ++p)
    if (segmentation.parts[p].id != found.unassigned)
      report["parts"].push_back({{"label", p},
                                 {"name", segmentation.parts[p].name},
                                 {"triangles", countOf(segmentation, segmentation.parts[p].id)}});
  report["notes"] = notes;
  return report;
}

}  // namespace

void addSegment(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("segment", "Find the parts of a mesh, or the part under a click");
  command->add_option("mesh", options->mesh, "STL, OBJ, GLB, PLY, 3MF, FBX or DAE")->required();
  command
      ->add_option(
          "--labels", options->labels,
          "NumPy file to write: int32, one per triangle in the order of the file, -1 unassigned; "
          "with clicks 1 inside, 0 outside")
      ->required();
  const auto points = [command](const char* flag, std::vector<Point>& to, const char* help) {
    command
        ->add_option_function<std::vector<std::string>>(
            flag,
            [&to](const std::vector<std::string>& texts) {
              for (const auto& t : texts) to.push_back(parsePoint(t));
            },
            help)
        ->type_name("x,y,z")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  points("--click", options->clicks, "A point of the part, in mm; may be given several times");
  points("--not", options->nots, "A point that is not of the part; may be given several times");
  command
      ->add_option("--candidate", options->candidate,
                   "Which answer to a click, 0 the smallest (default: the best)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("-o,--output", options->coloured,
                      "Also write the mesh in part colours, .ply or .3mf");
  command->add_option("--mm-per-unit", options->mmPerUnit, "How long one unit of the file is")
      ->check(CLI::PositiveNumber);
  addAutomatic(*command, options->automatic, "--model");
  command->callback([options, command, &action] {
    requireFitting(*command, options->automatic);
    if (!options->clicks.empty())
      for (const std::string& file : {options->automatic.masks, options->automatic.saveMasks})
        if (!file.empty())
          throw CLI::ValidationError("Masks are for all parts at once, not for a --click");
    action = [options](Session& s) { return segment(*options, s); };
  });
}

}  // namespace maquette
