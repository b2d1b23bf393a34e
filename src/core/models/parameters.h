#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace maquette {

/// What kind of body a single picture becomes.
enum class ShapeStyle {
  automatic,  ///< flat for lettering and cut-outs of even stroke, else round
  round,      ///< swollen to both sides
  flat,       ///< a plate of even thickness with soft edges
};

/// What a shape generator may be told.
struct ShapeParams {
  float sizeMm = 100.f;  ///< longest side of the result's bounding box
  ShapeStyle style = ShapeStyle::automatic;
  float thickness = 1.f;   ///< depth against width: 1 makes limbs round, 0.5 half as deep
  float roundness = 1.f;   ///< 1 swells freely; towards 0 wide areas stay flat like a cushion
  float rounding = 0.3f;   ///< with side views: 0 the exact visual hull, 1 elliptical sections
  float detailMm = 0.f;    ///< mm that light and dark stand out on the front at most
  float thinnestMm = 1.f;  ///< nothing is thinner, in depth and in the picture's plane; 0: anything
  bool flatBottom = true;  ///< standing objects get a flat patch to stand on
  bool flatTop = true;     ///< a straight upper edge becomes a level face instead of a ridge
  int resolution = 0;      ///< grid cells along the longest side; 0 picks enough for 100k triangles
  std::uint64_t seed = 0;  ///< for generators that draw random numbers
};

/// What parts are drawn with unless somebody says otherwise: P3-SAM's own program starts with it,
/// and a network knows no better one.
inline constexpr std::uint64_t kPartsSeed = 42;

/// Which borders of a network's parts come to lie on edges of the surface.
enum class Snapping {
  clicks,  ///< of parts that were clicked
  always,  ///< of those that were found at once, too
  never,
};

/// What segmentation may be told.
struct AutoParams {
  int parts = 0;                    ///< how many; 0 lets the segmenter decide
  std::uint64_t seed = kPartsSeed;  ///< for segmenters that draw random numbers
  float granularity =
      0.5f;          ///< of networks: 0 few large parts, 0.5 as published, 1 many small ones
  int points = 0;    ///< samples of the surface that a network sees; 0 suits the machine
  int prompts = 0;   ///< places where a network is asked for a part; 0 suits the machine
  bool fill = true;  ///< what no mask covers goes to the part beside it
  bool joinSmall =
      false;              ///< pieces below a hundredth of the surface go to the largest beside them
  bool faithful = false;  ///< a network's published procedure to the letter, its oddities included
  Snapping snap = Snapping::clicks;
  float snapMm = 0.f;  ///< how far a border may move to an edge; 0: as far as samples lie apart
};

/// What of it holds for clicks, as well. Sessions that were opened with the same are the same.
struct ClickParams {
  int points = 0;
  std::uint64_t seed = kPartsSeed;
  bool snap = true;
  float snapMm = 0.f;
  bool operator==(const ClickParams&) const = default;
};
ClickParams clickParamsOf(const AutoParams& params);

/// What a part completer may be told.
struct CompleteParams {
  float voxelMm = 0.f;    ///< edge of a voxel; 0 picks about 1/200 of the longest side
  float smoothing = 1.f;  ///< of the cut surfaces: 0 none, 1 as usual
};

/// One answer of a parameter that is a choice.
struct Choice {
  std::string_view name;   ///< "flat": what the command line and files say
  std::string_view label;  ///< "Flat", sentence case
};

/// One row of a parameter table: the panel, the command line and the project file read the same.
template <class Params>
struct Field {
  std::string_view name;   ///< "size-mm": the flag without dashes
  std::string_view label;  ///< "Size", sentence case
  std::string_view unit;   ///< "mm" or empty
  std::string_view help;   ///< what it does, one sentence
  std::variant<float Params::*, int Params::*, bool Params::*, ShapeStyle Params::*,
               Snapping Params::*>
      member;
  double min = 0., max = 0., step = 0.;  ///< of numbers
  bool zeroIsAutomatic = false;
  std::span<const Choice> choices = {};  ///< of an enum, in the order of its values
  bool more = false;                     ///< seldom needed: out of sight until asked for
  std::string_view model = {};           ///< id of the only model that knows it; empty: all do

  bool isSwitch() const { return std::holds_alternative<bool Params::*>(member); }
  bool isChoice() const { return !choices.empty(); }
  double least() const { return isSwitch() || isChoice() ? 0. : min; }
  double most() const { return isSwitch() ? 1. : isChoice() ? double(choices.size() - 1) : max; }
};

std::span<const Field<ShapeParams>> shapeFields();
std::span<const Field<AutoParams>> autoFields();
std::span<const Field<CompleteParams>> completeFields();

/// @throws InvalidInput  a field lies outside its row's limits; the message names it
void requireValid(const ShapeParams& params);
void requireValid(const AutoParams& params);
void requireValid(const CompleteParams& params);

}  // namespace maquette
