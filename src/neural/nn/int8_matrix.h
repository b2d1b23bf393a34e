#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace maquette::neural {

/// A matrix [out, in] kept in 8 bits, one scale a row: see neural/weights/int8.h.
struct Int8Matrix {
  at::Tensor codes;   // int8 [out, in]
  at::Tensor scales;  // float [out]

  bool defined() const { return codes.defined(); }
  /// Every so many-th row from one on, where they lie.
  Int8Matrix rows(std::int64_t first, std::int64_t step) const;
  std::int64_t bytes() const;
};

/// Rounds a matrix of fractions on the processor, or says what it would be (on `meta`). All before
/// the last dimension counts as one.
Int8Matrix roundedMatrix(const at::Tensor& matrix, const std::string& name);

/// The matrix it stands for.
at::Tensor unrounded(const Int8Matrix& matrix, c10::ScalarType dtype);

/// x W^T + b over the last dimension, in the type of x.
///
/// What at::linear makes of the unrounded matrix, in single precision bit for bit, but only some
/// rows of that exist at a time: as fast as with a whole matrix, or faster where there are few rows
/// of x, because fewer bytes are read.
///
/// @param bias  [out], or none
at::Tensor linearOf(const at::Tensor& x, const Int8Matrix& matrix, const at::Tensor& bias);

}  // namespace maquette::neural
