#include "neural/weights/int8.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/base/error.h"
#include "core/base/file_error.h"

// Written so that compilers make vector code of it: no branches within loops, sums in sixteen lanes
// whatever the machine's width is, so that every machine gets the same bits. Compiled without
// contraction of products and sums, for the same reason.

#if defined(__x86_64__) && defined(__GNUC__)
#define MAQUETTE_WIDE __attribute__((target("avx2")))
#define MAQUETTE_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define MAQUETTE_ALWAYS_INLINE inline
#endif

namespace maquette {
namespace {

constexpr std::size_t kLanes = 16;
constexpr float kSteps = 127.f;
constexpr float kToWhole = 12582912.f;  // 1.5 * 2^23: adding it leaves no bits for fractions

using Lanes = std::array<float, kLanes>;

MAQUETTE_ALWAYS_INLINE float floatOfHalf(std::uint16_t half) {
  const std::uint32_t bits = half & 0x7fffu, sign = std::uint32_t(half & 0x8000u) << 16;
  // The exponent is off by 112; a product puts that right and makes normal numbers of small ones.
  const float scaled = std::bit_cast<float>(bits << 13) * std::bit_cast<float>(0x77800000u);
  const std::uint32_t endless = bits >= 0x7c00u ? 0x7f800000u : 0u;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | endless | sign);
}

MAQUETTE_ALWAYS_INLINE void widen(const std::byte* from, Dtype dtype, std::size_t count,
                                  float* to) {
  switch (dtype) {
    case Dtype::F16:
      for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + 2 * i, sizeof half);
        to[i] = floatOfHalf(half);
      }
      return;
    case Dtype::BF16:
      for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t half;
        std::memcpy(&half, from + 2 * i, sizeof half);
        to[i] = std::bit_cast<float>(std::uint32_t{half} << 16);
      }
      return;
    case Dtype::F64:
      for (std::size_t i = 0; i < count; ++i) {
        double wide;
        std::memcpy(&wide, from + 8 * i, sizeof wide);
        to[i] = static_cast<float>(wide);
      }
      return;
    default:
      std::memcpy(to, from, count * sizeof(float));
  }
}

/// The largest magnitude; infinite or no number where one of them is.
MAQUETTE_ALWAYS_INLINE float largestOf(const float* values, std::size_t count) {
  // As whole numbers magnitudes have the same order, and what is no number comes last.
  std::array<std::uint32_t, kLanes> most{};
  const auto one = [&](std::size_t lane, float value) {
    most[lane] = std::max(most[lane], std::bit_cast<std::uint32_t>(value) & 0x7fffffffu);
  };
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) one(lane, values[i + lane]);
  for (std::size_t lane = 0; i + lane < count; ++lane) one(lane, values[i + lane]);
  return std::bit_cast<float>(*std::max_element(most.begin(), most.end()));
}

double sumOf(const Lanes& lanes) {
  double sum = 0.;
  for (const float lane : lanes) sum += lane;
  return sum;
}

MAQUETTE_ALWAYS_INLINE void roundRow(const float* values, std::size_t count, float largest,
                                     std::int8_t* codes, float& scale, RowError& error) {
  scale = largest / kSteps;
  if (scale < std::numeric_limits<float>::min()) scale = 0.f;
  if (scale == 0.f) {
    std::fill_n(codes, count, std::int8_t{0});
    error = {};
    return;
  }
  Lanes squared{}, whole{}, most{};
  const float step = scale;  // not changed by what is written through `codes`
  const auto one = [&](std::size_t lane, std::size_t at) {
    const float rounded = values[at] / step + kToWhole - kToWhole;
    codes[at] = static_cast<std::int8_t>(static_cast<std::int32_t>(rounded));
    // In units of the row's largest weight, so that squares neither vanish nor overflow.
    const float value = values[at] / largest;
    const float off = (values[at] - rounded * step) / largest;
    squared[lane] += off * off;
    whole[lane] += value * value;
    most[lane] = std::max(most[lane], std::abs(off));
  };
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) one(lane, i + lane);
  for (std::size_t lane = 0; i + lane < count; ++lane) one(lane, i + lane);
  const double unit = double(largest) * double(largest);
  error.squared = sumOf(squared) * unit;
  error.whole = sumOf(whole) * unit;
  error.largest = *std::max_element(most.begin(), most.end());
}

struct RowWork {
  const TensorView& matrix;
  std::int64_t begin, end;
  std::span<std::int8_t> codes;
  std::span<float> scales;
  std::span<RowError> errors;
};

/// One row in row-major order, as floats. @param packed  room for a row that has gaps
MAQUETTE_ALWAYS_INLINE void readRow(const TensorView& matrix, std::int64_t row,
                                    std::vector<std::byte>& packed, std::vector<float>& values) {
  const std::size_t size = bytesOf(matrix.dtype), width = values.size();
  const std::byte* first = matrix.data() + static_cast<std::size_t>(row * matrix.strides[0]) * size;
  if (matrix.strides[1] != 1 && width > 1) {
    packed.resize(width * size);
    const auto step = static_cast<std::size_t>(matrix.strides[1]) * size;
    for (std::size_t i = 0; i < width; ++i)
      std::memcpy(packed.data() + i * size, first + i * step, size);
    first = packed.data();
  }
  widen(first, matrix.dtype, width, values.data());
}

/// @return  the first row that has something other than numbers; -1 if none has
MAQUETTE_ALWAYS_INLINE std::int64_t roundAll(const RowWork& work) {
  const auto width = static_cast<std::size_t>(work.matrix.shape[1]);
  std::vector<float> values(width);
  std::vector<std::byte> packed;
  for (std::int64_t row = work.begin; row < work.end; ++row) {
    const auto at = static_cast<std::size_t>(row - work.begin);
    readRow(work.matrix, row, packed, values);
    const float largest = largestOf(values.data(), width);
    if (!(largest <= std::numeric_limits<float>::max())) return row;
    roundRow(values.data(), width, largest, work.codes.data() + at * width, work.scales[at],
             work.errors[at]);
  }
  return -1;
}

MAQUETTE_ALWAYS_INLINE std::uint16_t halfOf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t size = bits & 0x7fffffffu;
  // From 2^-14 on: the exponent moves by 112, and half a unit less one if even is added.
  const std::uint32_t normal = (size - (112u << 23) + 0xfffu + (size >> 13 & 1u)) >> 13;
  // Below: added to 1/2 the last bit is worth 2^-24, as in the smallest halves.
  const float beside = std::bit_cast<float>(size) + 0.5f;
  const std::uint32_t small = std::bit_cast<std::uint32_t>(beside) - 0x3f000000u;
  std::uint32_t half = size < 0x38800000u ? small : normal;
  half = size >= 0x477ff000u ? 0x7c00u : half;  // 65520 and above
  half = size > 0x7f800000u ? 0x7e00u : half;
  return static_cast<std::uint16_t>(half | (bits >> 16 & 0x8000u));
}

MAQUETTE_ALWAYS_INLINE std::uint16_t brainHalfOf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  return static_cast<std::uint16_t>((bits & 0x7fffffffu) <= 0x7f800000u ? rounded : 0x7fc0u);
}

MAQUETTE_ALWAYS_INLINE void unround(std::span<const std::int8_t> codes, float scale, float* to) {
  for (std::size_t i = 0; i < codes.size(); ++i) to[i] = static_cast<float>(codes[i]) * scale;
}

MAQUETTE_ALWAYS_INLINE void unround(std::span<const std::int8_t> codes, float scale, Dtype half,
                                    std::uint16_t* to) {
  if (half == Dtype::F16)
    for (std::size_t i = 0; i < codes.size(); ++i)
      to[i] = halfOf(static_cast<float>(codes[i]) * scale);
  else
    for (std::size_t i = 0; i < codes.size(); ++i)
      to[i] = brainHalfOf(static_cast<float>(codes[i]) * scale);
}

#ifdef MAQUETTE_WIDE
MAQUETTE_WIDE void unroundWide(std::span<const std::int8_t> codes, float scale, float* to) {
  unround(codes, scale, to);
}
MAQUETTE_WIDE void unroundWide(std::span<const std::int8_t> codes, float scale, Dtype half,
                               std::uint16_t* to) {
  unround(codes, scale, half, to);
}
MAQUETTE_WIDE std::int64_t roundAllWide(const RowWork& work) { return roundAll(work); }
MAQUETTE_WIDE void widenWide(const std::byte* from, Dtype dtype, std::size_t count, float* to) {
  widen(from, dtype, count, to);
}
bool isWide() {
  static const bool wide = __builtin_cpu_supports("avx2") != 0;
  return wide;
}
#endif

/// Words between dots.
std::vector<std::string_view> wordsOf(std::string_view name) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t dot = name.find('.');
    words.push_back(name.substr(0, dot));
    if (dot == name.npos) return words;
    name.remove_prefix(dot + 1);
  }
}

bool isNumber(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

/// "blocks" "3", "layer" "0", "resblocks" "7", "block2": the layers that repeat.
bool isRepeated(std::string_view word, std::string_view next) {
  if (word.starts_with("block") && isNumber(word.substr(5))) return true;
  return isNumber(next) && (word.ends_with("blocks") || word == "layer");
}

}  // namespace

MatrixError errorOf(std::span<const RowError> rows) {
  MatrixError error;
  double squared = 0., whole = 0.;
  for (const RowError& row : rows) {
    squared += row.squared;
    whole += row.whole;
    if (row.whole > 0.)
      error.worstRow = std::max(error.worstRow, std::sqrt(row.squared / row.whole));
    error.largest = std::max(error.largest, double(row.largest));
  }
  error.relative = whole > 0. ? std::sqrt(squared / whole) : 0.;
  return error;
}

void roundRows(const TensorView& matrix, std::int64_t begin, std::int64_t end,
               std::span<std::int8_t> codes, std::span<float> scales, std::span<RowError> errors) {
  const RowWork work{matrix, begin, end, codes, scales, errors};
#ifdef MAQUETTE_WIDE
  const std::int64_t wrong = isWide() ? roundAllWide(work) : roundAll(work);
#else
  const std::int64_t wrong = roundAll(work);
#endif
  if (wrong >= 0)
    throw FileError(fmt::format("The weights cannot be kept in 8 bits: {} has values that are "
                                "no numbers. Download the file again, or use another copy.",
                                shownText(matrix.name)),
                    fmt::format("{}, row {}", matrix.name, wrong));
}

TensorView matrixOf(TensorView tensor) {
  if (tensor.shape.size() == 2 || !tensor.contiguous()) return tensor;
  const std::int64_t in = tensor.shape.empty() ? 0 : tensor.shape.back();
  tensor.shape = {in > 0 ? std::int64_t(tensor.elements()) / in : 0, in};
  tensor.strides = rowMajorStrides(tensor.shape);
  return tensor;
}

bool worthInt8(std::string_view name, std::span<const std::int64_t> shape, std::int64_t least) {
  if (shape.size() != 2 && shape.size() != 5) return false;
  const std::int64_t numbers =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies());
  if (shape.front() < 2 || shape.back() < 16 || numbers < least) return false;
  const std::vector<std::string_view> words = wordsOf(name);
  if (words.size() < 2 || words.back() != "weight") return false;
  if (words[words.size() - 2] == "gate") return false;
  for (std::size_t i = 0; i + 2 < words.size(); ++i)
    if (isRepeated(words[i], words[i + 1])) return true;
  // The only layers of their kind, and as large as those that repeat.
  return std::ranges::any_of(
      words, [](std::string_view w) { return w == "cross_attn" || w == "cross_attn_decoder"; });
}

std::uint64_t bytesInInt8(const TensorView& tensor) {
  return tensor.elements() + tensor.elements() / std::uint64_t(tensor.shape.back()) * sizeof(float);
}

std::string scaleName(std::string_view matrix) { return std::string(matrix) + ".int8_scale"; }

void toFloats(const std::byte* from, Dtype dtype, std::span<float> to) {
#ifdef MAQUETTE_WIDE
  if (isWide()) return widenWide(from, dtype, to.size(), to.data());
#endif
  widen(from, dtype, to.size(), to.data());
}

void toHalves(std::span<const float> from, std::uint16_t* to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = halfOf(from[i]);
}

void toBrainHalves(std::span<const float> from, std::uint16_t* to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = brainHalfOf(from[i]);
}

void unroundRow(std::span<const std::int8_t> codes, float scale, float* to) {
#ifdef MAQUETTE_WIDE
  if (isWide()) return unroundWide(codes, scale, to);
#endif
  unround(codes, scale, to);
}

void unroundRow(std::span<const std::int8_t> codes, float scale, Dtype half, std::uint16_t* to) {
#ifdef MAQUETTE_WIDE
  if (isWide()) return unroundWide(codes, scale, half, to);
#endif
  unround(codes, scale, half, to);
}

}  // namespace maquette
