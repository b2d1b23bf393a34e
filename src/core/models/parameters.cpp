#include "core/models/parameters.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>
#include <type_traits>

#include "core/base/error.h"

namespace maquette {
namespace {

constexpr std::array<Choice, 3> kStyles{
    {{"automatic", "Automatic"}, {"round", "Round"}, {"flat", "Flat"}}};
constexpr std::array<Choice, 3> kSnapping{
    {{"clicks", "Clicked parts"}, {"always", "All parts"}, {"never", "No parts"}}};

constexpr std::array<Field<ShapeParams>, 10> kShape{{
    {"size-mm", "Size", "mm", "The longest side of the finished object.", &ShapeParams::sizeMm, 1,
     2000, 1},
    {"style", "Body", "",
     "Round swells to both sides; flat is a plate of even thickness with soft edges.",
     &ShapeParams::style, 0, 0, 0, false, kStyles},
    {"thickness", "Thickness", "×",
     "How deep the object is for its width; 1 makes arms and legs round.", &ShapeParams::thickness,
     0.05, 4, 0.05},
    {"roundness", "Roundness", "",
     "1 lets wide areas swell like a balloon, 0 keeps them flat like a cushion.",
     &ShapeParams::roundness, 0, 1, 0.05},
    {"detail-mm", "Front detail", "mm",
     "How far light and dark in the picture stand out on the front; a little goes a long way.",
     &ShapeParams::detailMm, 0, 5, 0.1},
    {"thinnest-mm", "Thinnest", "mm",
     "Arms, strokes and edges are made at least this thick, so that they print.",
     &ShapeParams::thinnestMm, 0, 10, 0.1},
    {"flat-bottom", "Flat bottom", "", "What stands in the picture gets a flat patch to stand on.",
     &ShapeParams::flatBottom},
    {"flat-top",
     "Flat top",
     "",
     "A straight upper edge becomes a level face instead of a ridge.",
     &ShapeParams::flatTop,
     0,
     0,
     0,
     false,
     {},
     true},
    {"rounding",
     "Round corners",
     "",
     "With side views: 0 keeps every corner that the outlines allow, 1 makes the object as round "
     "as they allow.",
     &ShapeParams::rounding,
     0,
     1,
     0.05,
     false,
     {},
     true},
    {"resolution",
     "Resolution",
     "cells",
     "Grid cells along the longest side; more keep finer detail and take longer.",
     &ShapeParams::resolution,
     16,
     4096,
     32,
     true,
     {},
     true},
}};

constexpr std::string_view kP3Sam = "p3-sam";

constexpr std::array<Field<AutoParams>, 9> kAuto{{
    {"parts", "Parts", "", "How many parts to find.", &AutoParams::parts, 1, 200, 1, true},
    {"granularity",
     "Granularity",
     "",
     "0 finds few large parts, 1 many small ones; 0.5 is what the network was published with.",
     &AutoParams::granularity,
     0,
     1,
     0.05,
     false,
     {},
     false,
     kP3Sam},
    {"fill",
     "Fill gaps",
     "",
     "What the network leaves open goes to the part beside it.",
     &AutoParams::fill,
     0,
     0,
     0,
     false,
     {},
     false,
     kP3Sam},
    {"join-small",
     "Join small pieces",
     "",
     "Pieces of less than a hundredth of the surface, where they are among the smallest, go to the "
     "largest part beside them.",
     &AutoParams::joinSmall,
     0,
     0,
     0,
     false,
     {},
     true,
     kP3Sam},
    {"snap", "Snap to edges", "",
     "Whose borders come to lie on edges of the surface: what was clicked, or also what was found "
     "at once.",
     &AutoParams::snap, 0, 0, 0, false, kSnapping, true, kP3Sam},
    {"snap-mm",
     "Snap within",
     "mm",
     "How far a border may move to reach an edge; by itself about as far as samples lie apart.",
     &AutoParams::snapMm,
     0.01,
     1000,
     0.1,
     true,
     {},
     true,
     kP3Sam},
    {"prompts",
     "Prompts",
     "",
     "Places where the network is asked for parts, unless you click; fewer is faster and overlooks "
     "small parts.",
     &AutoParams::prompts,
     1,
     2000,
     50,
     true,
     {},
     true,
     kP3Sam},
    {"points",
     "Points",
     "",
     "Samples of the surface that the network sees, for clicks, too. With a quarter of them a "
     "prompt "
     "takes a quarter of the time; small parts blur, and borders get coarser.",
     &AutoParams::points,
     1000,
     1000000,
     10000,
     true,
     {},
     true,
     kP3Sam},
    {"faithful",
     "As published",
     "",
     "Follows the published procedure to the letter, its oddities included.",
     &AutoParams::faithful,
     0,
     0,
     0,
     false,
     {},
     true,
     kP3Sam},
}};

constexpr std::array<Field<CompleteParams>, 2> kComplete{{
    {"voxel-mm", "Detail", "mm",
     "The finest detail that the solids keep; smaller takes more time and memory.",
     &CompleteParams::voxelMm, 0.01, 50, 0.05, true},
    {"smoothing", "Cut smoothing", "", "How smooth the surfaces between parts become.",
     &CompleteParams::smoothing, 0, 4, 0.25},
}};

template <class Params>
void require(const Params& params, std::span<const Field<Params>> fields) {
  for (const Field<Params>& field : fields) {
    // The limits are rounded like the value, or 0.01f would lie below 0.01.
    const auto [value, min, max] = std::visit(
        [&](auto member) {
          using Value = std::remove_cvref_t<decltype(params.*member)>;
          return std::array{double(params.*member), double(Value(field.least())),
                            double(Value(field.most()))};
        },
        field.member);
    if (field.zeroIsAutomatic && value == 0.) continue;
    if (!std::isfinite(value) || value < min || value > max)
      throw InvalidInput(fmt::format("{} must lie between {} and {}{}{}, not {}.", field.label,
                                     field.min, field.max, field.unit.empty() ? "" : " ",
                                     field.unit, value));
  }
}

}  // namespace

std::span<const Field<ShapeParams>> shapeFields() { return kShape; }
std::span<const Field<AutoParams>> autoFields() { return kAuto; }
std::span<const Field<CompleteParams>> completeFields() { return kComplete; }

ClickParams clickParamsOf(const AutoParams& params) {
  return {params.points, params.seed, params.snap != Snapping::never, params.snapMm};
}

void requireValid(const ShapeParams& params) { require(params, shapeFields()); }
void requireValid(const AutoParams& params) { require(params, autoFields()); }
void requireValid(const CompleteParams& params) { require(params, completeFields()); }

}  // namespace maquette
