#include "neural/nn/int8_matrix.h"

#include <ATen/Parallel.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/jobs/parallel.h"
#include "neural/weights/int8.h"

namespace maquette::neural {
namespace {

using at::Tensor;

// Small enough for a core's cache, large enough for the products to be as fast as of a whole matrix
// (measured from 64 to 8192: bench_int8). The same for every caller, so that a product is always
// the same sums.
constexpr std::int64_t kRows = 256;
constexpr std::int64_t kNumbersOnCard = std::int64_t{1} << 24;
constexpr std::int64_t kGrain = 16;

TensorView viewOf(const Tensor& matrix, const std::string& name) {
  TensorView view;
  view.name = name;
  view.dtype = matrix.scalar_type() == c10::kHalf       ? Dtype::F16
               : matrix.scalar_type() == c10::kBFloat16 ? Dtype::BF16
               : matrix.scalar_type() == c10::kDouble   ? Dtype::F64
                                                        : Dtype::F32;
  view.shape = matrix.sizes().vec();
  view.strides = matrix.strides().vec();
  view.storage = {static_cast<const std::byte*>(matrix.const_data_ptr()), matrix.nbytes()};
  return view;
}

/// Rows `first` and on of the matrix, as many as `to` has: float, bfloat16 or half [rows, in].
void unroundRows(const Int8Matrix& matrix, std::int64_t first, const Tensor& to) {
  const std::int64_t width = to.size(1);
  const std::int64_t step = matrix.codes.stride(0), scaleStep = matrix.scales.stride(0);
  const auto* codes = matrix.codes.const_data_ptr<std::int8_t>() + first * step;
  const auto* scales = matrix.scales.const_data_ptr<float>() + first * scaleStep;
  const auto dtype = to.scalar_type();
  at::parallel_for(0, to.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::span from(codes + row * step, std::size_t(width));
      if (dtype == c10::kFloat)
        unroundRow(from, scales[row * scaleStep], to.mutable_data_ptr<float>() + row * width);
      else
        unroundRow(from, scales[row * scaleStep], dtype == c10::kHalf ? Dtype::F16 : Dtype::BF16,
                   static_cast<std::uint16_t*>(to.mutable_data_ptr()) + row * width);
    }
  });
}

Tensor onProcessor(const Tensor& x, const Int8Matrix& matrix, const Tensor& bias) {
  const std::int64_t out = matrix.codes.size(0), in = matrix.codes.size(1);
  Tensor y = at::empty({x.size(0), out}, x.options());
  const Tensor rows = at::empty({std::min(kRows, out), in}, x.options());
  for (std::int64_t at = 0; at < out; at += kRows) {
    const std::int64_t count = std::min(kRows, out - at);
    const Tensor some = rows.narrow(0, 0, count);
    unroundRows(matrix, at, some);
    Tensor part = y.narrow(1, at, count);
    if (bias.defined())
      at::addmm_out(part, bias.narrow(0, at, count), x, some.t());
    else
      at::mm_out(part, x, some.t());
  }
  return y;
}

/// With libtorch's own operations: on a graphics card, and where there are only shapes.
Tensor elsewhere(const Tensor& x, const Int8Matrix& matrix, const Tensor& bias) {
  const std::int64_t out = matrix.codes.size(0);
  const std::int64_t most = std::max<std::int64_t>(1, kNumbersOnCard / matrix.codes.size(1));
  const auto linear = [&](std::int64_t at, std::int64_t count) {
    const Int8Matrix some{matrix.codes.narrow(0, at, count), matrix.scales.narrow(0, at, count)};
    return at::linear(
        x, unrounded(some, x.scalar_type()),
        bias.defined() ? std::optional<Tensor>(bias.narrow(0, at, count)) : std::nullopt);
  };
  if (out <= most) return linear(0, out);
  Tensor y = at::empty({x.size(0), out}, x.options());
  for (std::int64_t at = 0; at < out; at += most) {
    const std::int64_t count = std::min(most, out - at);
    y.narrow(1, at, count).copy_(linear(at, count));
  }
  return y;
}

bool isPlain(const Tensor& x) {
  const auto dtype = x.scalar_type();
  return x.is_cpu() && (dtype == c10::kFloat || dtype == c10::kHalf || dtype == c10::kBFloat16);
}

}  // namespace

std::int64_t Int8Matrix::bytes() const {
  return defined() ? std::int64_t(codes.nbytes() + scales.nbytes()) : 0;
}

Int8Matrix Int8Matrix::rows(std::int64_t first, std::int64_t step) const {
  const std::int64_t end = codes.size(0);
  return {codes.slice(0, first, end, step), scales.slice(0, first, end, step)};
}

Int8Matrix roundedMatrix(const Tensor& weights, const std::string& name) {
  const Tensor matrix = weights.reshape({-1, weights.size(-1)});
  const std::int64_t out = matrix.size(0);
  Int8Matrix rounded{at::empty(matrix.sizes(), matrix.options().dtype(c10::kChar)),
                     at::empty({out}, matrix.options().dtype(c10::kFloat))};
  if (matrix.is_meta()) return rounded;
  const TensorView view = viewOf(matrix, name);
  const auto width = std::size_t(matrix.size(1));
  std::vector<RowError> errors(static_cast<std::size_t>(out));
  const std::span codes(rounded.codes.mutable_data_ptr<std::int8_t>(), std::size_t(out) * width);
  const std::span scales(rounded.scales.mutable_data_ptr<float>(), std::size_t(out));
  parallelFor(std::size_t(out), kRows, [&](std::size_t begin, std::size_t end) {
    roundRows(view, std::int64_t(begin), std::int64_t(end),
              codes.subspan(begin * width, (end - begin) * width),
              scales.subspan(begin, end - begin), std::span(errors).subspan(begin, end - begin));
  });
  return rounded;
}

Tensor unrounded(const Int8Matrix& matrix, c10::ScalarType dtype) {
  return matrix.codes.to(c10::kFloat).mul_(matrix.scales.unsqueeze(1)).to(dtype);
}

Tensor linearOf(const Tensor& x, const Int8Matrix& matrix, const Tensor& bias) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = matrix.codes.size(0);
  const Tensor rows = x.reshape({-1, matrix.codes.size(1)});  // [M, in]
  if (rows.size(0) == 0) return at::empty(shape, x.options());
  return (isPlain(x) ? onProcessor(rows, matrix, bias) : elsewhere(rows, matrix, bias)).view(shape);
}

}  // namespace maquette::neural
