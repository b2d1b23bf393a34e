#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neural/weights/tensor_view.h"

// Weights in 8 bits: symmetric, one scale for every output channel (row of a matrix [out, in]), of
// a convolution for every one at every place. w is kept as the whole number nearest to w / scale,
// -127 to 127, where scale = max |row| / 127; no weight is off by more than half a scale, 1/254 of
// the largest of its row.

namespace maquette {

/// How far one row is from what it was.
struct RowError {
  double squared = 0.;  ///< sum of squared differences
  double whole = 0.;    ///< sum of squared weights
  float largest = 0.f;  ///< difference of one weight, as a share of the row's largest weight
};

/// How far a matrix is from what it was. Relative errors are Euclidean.
struct MatrixError {
  double relative = 0.;  ///< of the matrix
  double worstRow = 0.;  ///< of the row that lost most
  double largest = 0.;   ///< of one weight, as a share of the largest in its row: at most 1/254
};

MatrixError errorOf(std::span<const RowError> rows);

/// Rounds rows `begin` up to `end` of a matrix. Each row by itself: any chunks give the same bits.
///
/// @param matrix  [out, in] of fractions, see matrixOf()
/// @param codes   (end - begin) * in
/// @param scales  end - begin; 0 for a row of zeros
/// @param errors  end - begin
/// @throws FileError  a weight is no number, or infinite; names `matrix`
void roundRows(const TensorView& matrix, std::int64_t begin, std::int64_t end,
               std::span<std::int8_t> codes, std::span<float> scales, std::span<RowError> errors);

/// A row as it is computed with: code times scale, as float or rounded to a half.
/// @{
void unroundRow(std::span<const std::int8_t> codes, float scale, float* to);
void unroundRow(std::span<const std::int8_t> codes, float scale, Dtype half, std::uint16_t* to);
/// @}

/// Smaller matrices save too little to lose anything for: kept as they are.
inline constexpr std::int64_t kInt8Numbers = std::int64_t{1} << 16;

/// A tensor with all before its last dimension as one: as what a convolution [out, x, y, z, in] is
/// kept in 8 bits, a scale for every output channel and place. Not of one that has gaps, unless it
/// has two dimensions already.
TensorView matrixOf(TensorView tensor);

/// Whether a tensor is the matrix of one of a network's repeated layers (attention, feed-forward
/// parts, experts, modulation), or their convolution over cells [out, x, y, z, in]: that is where
/// the bytes are. All else stays as it is: norms, biases, embeddings, what brings numbers in and
/// out, the layers of the time, the gates that choose experts, and heads whose columns are used
/// apart.
///
/// @param least  numbers that make it worth while
bool worthInt8(std::string_view name, std::span<const std::int64_t> shape,
               std::int64_t least = kInt8Numbers);

/// Bytes of a matrix or convolution [..., in] in 8 bits, scales included.
std::uint64_t bytesInInt8(const TensorView& tensor);

/// The name of the scales that belong to a matrix of 8 bits: float, one a row.
std::string scaleName(std::string_view matrix);

/// Numbers as floats, or floats as halves, rounded to nearest, ties to even. What is beyond the
/// range of halves becomes infinite.
/// @{
void toFloats(const std::byte* from, Dtype dtype, std::span<float> to);
void toHalves(std::span<const float> from, std::uint16_t* to);
void toBrainHalves(std::span<const float> from, std::uint16_t* to);
/// @}

}  // namespace maquette
