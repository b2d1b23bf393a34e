#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace maquette {

/// What a shape generator may be told.
struct ShapeParams {
  float sizeMm = 100.f;    ///< longest side of the result's bounding box
  float thickness = 1.f;   ///< depth against width: 1 makes limbs round, 0.5 half as deep
  float roundness = 1.f;   ///< 1 swells freely; towards 0 wide areas stay flat like a cushion
  int resolution = 0;      ///< grid cells along the longest side; 0 picks enough for 100k triangles
  std::uint64_t seed = 0;  ///< for generators that draw random numbers
};

/// What automatic segmentation may be told.
struct AutoParams {
  int parts = 0;           ///< how many; 0 lets the segmenter decide
  std::uint64_t seed = 0;  ///< for segmenters that draw random numbers
};

/// What a part completer may be told.
struct CompleteParams {
  float voxelMm = 0.f;    ///< edge of a voxel; 0 picks about 1/200 of the longest side
  float smoothing = 1.f;  ///< of the cut surfaces: 0 none, 1 as usual
};

/// One row of a parameter table: the panel, the command line and the project file read the same.
template <class Params>
struct Field {
  std::string_view name;   ///< "size-mm": the flag without dashes
  std::string_view label;  ///< "Size", sentence case
  std::string_view unit;   ///< "mm" or empty
  std::string_view help;   ///< what it does, one sentence
  std::variant<float Params::*, int Params::*> member;
  double min = 0., max = 0., step = 0.;
  bool zeroIsAutomatic = false;
};

std::span<const Field<ShapeParams>> shapeFields();
std::span<const Field<AutoParams>> autoFields();
std::span<const Field<CompleteParams>> completeFields();

/// @throws InvalidInput  a field lies outside its row's limits; the message names it
void requireValid(const ShapeParams& params);
void requireValid(const AutoParams& params);
void requireValid(const CompleteParams& params);

}  // namespace maquette
