#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maquette {

/// What the elements of a stored tensor are; little-endian.
enum class Dtype : std::uint8_t {
  Bool,
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  U64,
  I64,
  F8E4M3,
  F8E5M2,
  F16,
  BF16,
  F32,
  F64,
};

std::size_t bytesOf(Dtype dtype);      ///< of one element
std::string_view nameOf(Dtype dtype);  ///< as safetensors files name it: "F16"
std::optional<Dtype> dtypeNamed(std::string_view name);

/// A stored tensor where it lies: nothing is copied, several may share one storage.
///
/// Readers only hand out views whose every element lies inside `storage`.
struct TensorView {
  std::string name;
  Dtype dtype = Dtype::F32;
  std::vector<std::int64_t> shape;     ///< sizes >= 0; empty: one number
  std::vector<std::int64_t> strides;   ///< elements >= 0, one for each size
  std::int64_t offset = 0;             ///< of the first element in `storage`, in elements
  std::span<const std::byte> storage;  ///< may begin at any address
  std::shared_ptr<const void> owner;   ///< keeps `storage` alive

  const std::byte* data() const { return storage.data() + byteOffset(); }
  std::size_t byteOffset() const { return static_cast<std::size_t>(offset) * bytesOf(dtype); }
  std::uint64_t elements() const;
  std::uint64_t bytes() const { return elements() * bytesOf(dtype); }  ///< of a contiguous copy
  bool contiguous() const;  ///< in row-major order without gaps
  bool aligned() const;     ///< data() fits the element's size
};

/// The product of `shape`, or nothing where it does not fit 63 bits or a size is negative. Sizes of
/// zero do not hide the others: the product of those must fit too.
std::optional<std::uint64_t> elementCount(std::span<const std::int64_t> shape);

/// Strides of a contiguous tensor. `shape` has an element count.
std::vector<std::int64_t> rowMajorStrides(std::span<const std::int64_t> shape);

/// "[2, 3]"
std::string shownShape(std::span<const std::int64_t> shape);

/// Copies the elements in row-major order.
///
/// @param to  exactly tensor.bytes()
/// @throws InvalidInput  `to` has another size
void copyContiguous(const TensorView& tensor, std::span<std::byte> to);

/// The elements in row-major order as floats; 64-bit values are rounded, booleans are 0 and 1. One
/// after the other: for small tensors and for checks.
std::vector<float> floatsOf(const TensorView& tensor);

}  // namespace maquette
