#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/jobs/context.h"
#include "neural/weights/int8.h"
#include "neural/weights/weight_file.h"

namespace maquette {

/// What the weights of a file become.
enum class Conversion : std::uint8_t {
  int8,  ///< matrices and convolutions of repeated layers in 8 bits (see int8.h), all else as it is
  f16,   ///< every fraction a half
  bf16,
};

/// With its version: "int8-per-channel v1", "f16", "bf16".
std::string_view nameOf(Conversion conversion);

/// One tensor that is converted.
struct ConvertedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::uint64_t before = 0, after = 0;  ///< bytes, scales included
  MatrixError error;                    ///< of 8 bits only
};

/// What converting a file does.
struct ConversionReport {
  Conversion conversion = Conversion::int8;
  std::uint64_t before = 0, after = 0;   ///< bytes of all tensors, converted or not
  std::vector<ConvertedTensor> tensors;  ///< the converted ones, in the order of the file

  double meanRelative() const;           ///< of the matrices' relative errors, by their size
  const ConvertedTensor* worst() const;  ///< with the largest relative error; null without any
  const ConvertedTensor* worstRow() const;
};

/// What a converted file will look like, before any weight is read: a safetensors file that holds
/// everything that the original holds, under its names, and the scales beside their matrices.
class ConversionPlan {
 public:
  /// @param key    of the original's content; kept inside
  /// @param least  numbers of the smallest matrix that is kept in 8 bits
  ConversionPlan(const WeightFile& from, Conversion conversion, std::string key,
                 std::int64_t least = kInt8Numbers);

  bool changesSomething() const { return !report_.tensors.empty(); }
  std::uint64_t fileBytes() const { return headerBytes_ + dataBytes_; }
  const std::string& key() const { return key_; }
  const ConversionReport& report() const { return report_; }  ///< without errors

  /// Where the bytes of a converted file go; called from several threads.
  using Write = std::function<void(std::uint64_t offset, std::span<const std::byte>)>;

  /// Reads every tensor once and writes what becomes of it, all but the header.
  ///
  /// @return  with errors
  /// @throws Cancelled, FileError
  ConversionReport convert(const Write& write, const Context& ctx) const;

  /// The header, once the data is there.
  ///
  /// @param data  all behind the header
  std::string header(const ConversionReport& made, std::span<const std::byte> data,
                     const Context& ctx) const;
  std::uint64_t headerBytes() const { return headerBytes_; }

 private:
  struct Piece {
    TensorView from;
    Dtype to = Dtype::I8;
    std::uint64_t offset = 0, scaleOffset = 0;  // behind the header
    std::size_t converted = 0;                  // place in the report, where `changed`
    bool changed = false;
  };
  struct Slice {
    const Piece* piece;
    std::int64_t begin, end;  // rows of a matrix, or numbers
  };

  std::string headerText(const ConversionReport& made, const std::string& sum) const;
  static std::int64_t rowsOf(const Piece& piece);
  std::vector<Slice> slices() const;

  Conversion conversion_;
  std::string key_;
  std::vector<Piece> pieces_;
  ConversionReport report_;
  std::uint64_t dataBytes_ = 0, headerBytes_ = 0;
};

/// The weights to use instead of a file's own, and what was done to them.
struct ConvertedFile {
  WeightFile file;
  ConversionReport report;
};

/// Reads a converted file whose every byte is as it was written.
///
/// @param shown  the original's name, for messages about its tensors
/// @param plan   of the original: only what was made by the same one is taken
/// @throws FileError  cut short, changed, or of another content
ConvertedFile readConverted(const std::filesystem::path& shown, const SharedBytes& content,
                            const ConversionPlan& plan, const Context& ctx);

}  // namespace maquette
