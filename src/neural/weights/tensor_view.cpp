#include "neural/weights/tensor_view.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"

namespace maquette {
namespace {

static_assert(std::endian::native == std::endian::little, "weights are used as they lie in files");

struct DtypeFacts {
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<DtypeFacts, 15> kFacts{{{"BOOL", 1},
                                             {"U8", 1},
                                             {"I8", 1},
                                             {"U16", 2},
                                             {"I16", 2},
                                             {"U32", 4},
                                             {"I32", 4},
                                             {"U64", 8},
                                             {"I64", 8},
                                             {"F8_E4M3", 1},
                                             {"F8_E5M2", 1},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"F32", 4},
                                             {"F64", 8}}};

template <class T>
T valueAt(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// A float of `exponentBits` and `mantissaBits` after its sign, as IEEE 754 composes them.
float smallFloat(unsigned bits, int exponentBits, int mantissaBits, bool hasInfinity) {
  const unsigned mantissaMask = (1u << mantissaBits) - 1, exponentMask = (1u << exponentBits) - 1;
  const unsigned mantissa = bits & mantissaMask, exponent = bits >> mantissaBits & exponentMask;
  const bool negative = bits >> (mantissaBits + exponentBits) & 1;
  const int bias = (1 << (exponentBits - 1)) - 1;
  float value = 0;
  if (exponent == exponentMask && hasInfinity)
    value = mantissa != 0 ? std::numeric_limits<float>::quiet_NaN()
                          : std::numeric_limits<float>::infinity();
  else if (exponent == exponentMask && mantissa == mantissaMask)  // E4M3: the one NaN
    value = std::numeric_limits<float>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(static_cast<float>(mantissa), 1 - bias - mantissaBits);
  else
    value = std::ldexp(static_cast<float>(mantissa + mantissaMask + 1),
                       static_cast<int>(exponent) - bias - mantissaBits);
  return negative ? -value : value;
}

float floatAt(Dtype dtype, const std::byte* at) {
  switch (dtype) {
    case Dtype::Bool:
      return valueAt<std::uint8_t>(at) != 0 ? 1.f : 0.f;
    case Dtype::U8:
      return valueAt<std::uint8_t>(at);
    case Dtype::I8:
      return valueAt<std::int8_t>(at);
    case Dtype::U16:
      return valueAt<std::uint16_t>(at);
    case Dtype::I16:
      return valueAt<std::int16_t>(at);
    case Dtype::U32:
      return static_cast<float>(valueAt<std::uint32_t>(at));
    case Dtype::I32:
      return static_cast<float>(valueAt<std::int32_t>(at));
    case Dtype::U64:
      return static_cast<float>(valueAt<std::uint64_t>(at));
    case Dtype::I64:
      return static_cast<float>(valueAt<std::int64_t>(at));
    case Dtype::F8E4M3:
      return smallFloat(valueAt<std::uint8_t>(at), 4, 3, false);
    case Dtype::F8E5M2:
      return smallFloat(valueAt<std::uint8_t>(at), 5, 2, true);
    case Dtype::F16:
      return smallFloat(valueAt<std::uint16_t>(at), 5, 10, true);
    case Dtype::BF16:
      return std::bit_cast<float>(std::uint32_t{valueAt<std::uint16_t>(at)} << 16);
    case Dtype::F32:
      return valueAt<float>(at);
    case Dtype::F64:
      return static_cast<float>(valueAt<double>(at));
  }
  return 0;
}

/// Calls `visit` with each element's place in row-major order.
template <class Visit>
void visitElements(const TensorView& tensor, Visit&& visit) {
  const std::size_t rank = tensor.shape.size(), size = bytesOf(tensor.dtype);
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t at = 0;  // elements from the first
  for (std::uint64_t left = tensor.elements(); left > 0; --left) {
    visit(tensor.data() + static_cast<std::size_t>(at) * size);
    for (std::size_t d = rank; d-- > 0;) {
      at += tensor.strides[d];
      if (++index[d] < tensor.shape[d]) break;
      at -= tensor.strides[d] * tensor.shape[d];
      index[d] = 0;
    }
  }
}

}  // namespace

std::size_t bytesOf(Dtype dtype) { return kFacts[static_cast<std::size_t>(dtype)].bytes; }

std::string_view nameOf(Dtype dtype) { return kFacts[static_cast<std::size_t>(dtype)].name; }

std::optional<Dtype> dtypeNamed(std::string_view name) {
  for (std::size_t i = 0; i < kFacts.size(); ++i)
    if (kFacts[i].name == name) return static_cast<Dtype>(i);
  return {};
}

std::uint64_t TensorView::elements() const { return elementCount(shape).value_or(0); }

bool TensorView::contiguous() const {
  if (elements() == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] != 1 && strides[d] != expected) return false;
    expected *= shape[d];
  }
  return true;
}

bool TensorView::aligned() const {
  return reinterpret_cast<std::uintptr_t>(data()) % bytesOf(dtype) == 0;
}

std::optional<std::uint64_t> elementCount(std::span<const std::int64_t> shape) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t count = 1;
  bool none = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return {};
    none = none || size == 0;
    if (size == 0) continue;
    const auto factor = static_cast<std::uint64_t>(size);
    if (count > kMost / factor) return {};
    count *= factor;
  }
  return none ? 0 : count;
}

std::vector<std::int64_t> rowMajorStrides(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    strides[d] = stride;
    if (shape[d] > 0) stride *= shape[d];
  }
  return strides;
}

std::string shownShape(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

void copyContiguous(const TensorView& tensor, std::span<std::byte> to) {
  if (to.size() != tensor.bytes())
    throw InvalidInput(fmt::format("The tensor “{}” has {} bytes; the place for it has {}.",
                                   tensor.name, tensor.bytes(), to.size()));
  if (to.empty()) return;
  if (tensor.contiguous()) {
    std::memcpy(to.data(), tensor.data(), to.size());
    return;
  }
  const std::size_t size = bytesOf(tensor.dtype);
  std::byte* next = to.data();
  visitElements(tensor, [&](const std::byte* at) {
    std::memcpy(next, at, size);
    next += size;
  });
}

std::vector<float> floatsOf(const TensorView& tensor) {
  std::vector<float> values;
  values.reserve(tensor.elements());
  visitElements(tensor, [&](const std::byte* at) { values.push_back(floatAt(tensor.dtype, at)); });
  return values;
}

}  // namespace maquette
