#include "neural/weights/conversion.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/jobs/parallel.h"
#include "neural/weights/fingerprint.h"
#include "neural/weights/safetensors.h"

namespace maquette {
namespace {

constexpr std::int64_t kSliceNumbers = std::int64_t{1} << 20;
constexpr std::size_t kSumDigits = 16;
// How safetensorsHeader begins: the sum stands first, so that it is found in a text that may be
// damaged.
constexpr std::string_view kStart = R"({"__metadata__":{"sum":")";

bool hasFractions(Dtype dtype) {
  return dtype == Dtype::F16 || dtype == Dtype::BF16 || dtype == Dtype::F32 || dtype == Dtype::F64;
}

/// Numbers of a fixed width, so that the header's length is known before they are.
std::string shownErrors(const ConversionReport& report) {
  std::string text;
  for (const ConvertedTensor& one : report.tensors)
    text += fmt::format("{:.5e} {:.5e} {:.5e} ", one.error.relative, one.error.worstRow,
                        one.error.largest);
  return text;
}

std::vector<double> numbersIn(std::string_view text) {
  std::vector<double> numbers;
  while (true) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
    double number = 0.;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc()) return numbers;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

/// Part of a tensor in row-major order, as it is stored.
std::vector<std::byte> numbersOf(const TensorView& tensor, std::int64_t begin, std::int64_t end) {
  const std::size_t size = bytesOf(tensor.dtype);
  const auto first = static_cast<std::size_t>(begin) * size,
             last = static_cast<std::size_t>(end) * size;
  if (tensor.contiguous()) return {tensor.data() + first, tensor.data() + last};
  std::vector<std::byte> all(tensor.bytes());  // a slice of a view with gaps is the whole of it
  copyContiguous(tensor, all);
  return {all.begin() + std::ptrdiff_t(first), all.begin() + std::ptrdiff_t(last)};
}

std::vector<std::byte> castOf(const TensorView& tensor, Dtype to, std::int64_t begin,
                              std::int64_t end) {
  const std::vector<std::byte> stored = numbersOf(tensor, begin, end);
  std::vector<float> wide(static_cast<std::size_t>(end - begin));
  toFloats(stored.data(), tensor.dtype, wide);
  std::vector<std::byte> halves(wide.size() * 2);
  auto* first = reinterpret_cast<std::uint16_t*>(halves.data());
  to == Dtype::F16 ? toHalves(wide, first) : toBrainHalves(wide, first);
  return halves;
}

}  // namespace

std::string_view nameOf(Conversion conversion) {
  switch (conversion) {
    case Conversion::f16:
      return "f16";
    case Conversion::bf16:
      return "bf16";
    case Conversion::int8:
      break;
  }
  return "int8-per-channel v2";
}

double ConversionReport::meanRelative() const {
  double sum = 0., bytes = 0.;
  for (const ConvertedTensor& one : tensors) {
    sum += one.error.relative * double(one.before);
    bytes += double(one.before);
  }
  return bytes > 0. ? sum / bytes : 0.;
}

const ConvertedTensor* ConversionReport::worst() const {
  const auto found = std::ranges::max_element(
      tensors, {}, [](const ConvertedTensor& one) { return one.error.relative; });
  return found == tensors.end() ? nullptr : &*found;
}

const ConvertedTensor* ConversionReport::worstRow() const {
  const auto found = std::ranges::max_element(
      tensors, {}, [](const ConvertedTensor& one) { return one.error.worstRow; });
  return found == tensors.end() ? nullptr : &*found;
}

ConversionPlan::ConversionPlan(const WeightFile& from, Conversion conversion, std::string key,
                               std::int64_t least)
    : conversion_(conversion), key_(std::move(key)) {
  report_.conversion = conversion;
  const Dtype cast = conversion == Conversion::f16 ? Dtype::F16 : Dtype::BF16;
  for (const TensorView& tensor : from.tensors()) {
    Piece piece{tensor, tensor.dtype};
    const bool fractions = hasFractions(tensor.dtype);
    std::uint64_t after = tensor.bytes();
    if (conversion != Conversion::int8) {
      piece.changed = fractions && tensor.dtype != cast;
      if (piece.changed) piece.to = cast;
      after = tensor.elements() * bytesOf(piece.to);
    } else if (fractions && worthInt8(tensor.name, tensor.shape, least) &&
               matrixOf(tensor).shape.size() == 2 && !from.find(scaleName(tensor.name))) {
      piece.changed = true;
      piece.to = Dtype::I8;
      after = bytesInInt8(tensor);
    }
    report_.before += tensor.bytes();
    report_.after += after;
    if (piece.changed) {
      piece.converted = report_.tensors.size();
      report_.tensors.push_back({tensor.name, tensor.shape, tensor.bytes(), after, {}});
    }
    pieces_.push_back(std::move(piece));
  }
  // The largest types first, as the format's own library does it: so everything is aligned.
  const auto place = [&](std::size_t size, auto&& offset, auto&& bytes, auto&& wanted) {
    for (Piece& piece : pieces_)
      if (wanted(piece, size)) {
        offset(piece) = dataBytes_;
        dataBytes_ += bytes(piece);
      }
  };
  for (const std::size_t size : {8u, 4u, 2u, 1u}) {
    place(
        size, [](Piece& p) -> std::uint64_t& { return p.offset; },
        [](const Piece& p) { return p.from.elements() * bytesOf(p.to); },
        [](const Piece& p, std::size_t s) { return bytesOf(p.to) == s; });
    if (size == 4)
      place(
          size, [](Piece& p) -> std::uint64_t& { return p.scaleOffset; },
          [](const Piece& p) { return std::uint64_t(rowsOf(p)) * sizeof(float); },
          [](const Piece& p, std::size_t) { return p.changed && p.to == Dtype::I8; });
  }
  headerBytes_ = headerText(report_, std::string(kSumDigits, '0')).size();
}

std::string ConversionPlan::headerText(const ConversionReport& made, const std::string& sum) const {
  // In the order of the bytes; of nothing at all, before what begins at the same place.
  std::vector<std::pair<std::uint64_t, TensorRow>> placed;
  for (const Piece& piece : pieces_) {
    placed.emplace_back(piece.offset, TensorRow{piece.from.name, piece.to, piece.from.shape});
    if (piece.changed && piece.to == Dtype::I8)
      placed.emplace_back(piece.scaleOffset,
                          TensorRow{scaleName(piece.from.name), Dtype::F32, {rowsOf(piece)}});
  }
  std::ranges::stable_sort(
      placed, {}, [](const auto& one) { return std::pair(one.first, one.second.bytes()); });
  std::vector<TensorRow> rows;
  for (auto& one : placed) rows.push_back(std::move(one.second));
  return safetensorsHeader({{"sum", sum},  // first: see kStart
                            {"conversion", std::string(maquette::nameOf(conversion_))},
                            {"key", key_},
                            {"errors", shownErrors(made)}},
                           rows);
}

/// Of what becomes a matrix of 8 bits.
std::int64_t ConversionPlan::rowsOf(const Piece& piece) {
  return std::int64_t(piece.from.elements()) / piece.from.shape.back();
}

std::vector<ConversionPlan::Slice> ConversionPlan::slices() const {
  std::vector<Slice> all;
  for (const Piece& piece : pieces_) {
    const bool byRow = piece.changed && piece.to == Dtype::I8;
    const auto count = byRow ? rowsOf(piece) : std::int64_t(piece.from.elements());
    std::int64_t step =
        byRow ? std::max<std::int64_t>(1, kSliceNumbers / piece.from.shape.back()) : kSliceNumbers;
    if (!byRow && !piece.from.contiguous()) step = std::max<std::int64_t>(1, count);
    for (std::int64_t at = 0; at < count; at += step)
      all.push_back({&piece, at, std::min(count, at + step)});
  }
  return all;
}

ConversionReport ConversionPlan::convert(const Write& write, const Context& ctx) const {
  ConversionReport made = report_;
  std::vector<std::vector<RowError>> errors(made.tensors.size());
  if (conversion_ == Conversion::int8)
    for (const Piece& piece : pieces_)
      if (piece.changed) errors[piece.converted].resize(std::size_t(rowsOf(piece)));
  const std::vector<Slice> all = slices();
  std::atomic<std::size_t> done{0};
  parallelFor(all.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      ctx.check();
      const auto& [piece, begin, end] = all[i];
      const auto rows = std::size_t(end - begin);
      if (!piece->changed) {
        write(headerBytes_ + piece->offset + std::uint64_t(begin) * bytesOf(piece->to),
              numbersOf(piece->from, begin, end));
      } else if (piece->to != Dtype::I8) {
        write(headerBytes_ + piece->offset + std::uint64_t(begin) * bytesOf(piece->to),
              castOf(piece->from, piece->to, begin, end));
      } else {
        const auto width = std::size_t(piece->from.shape.back());
        std::vector<std::int8_t> codes(rows * width);
        std::vector<float> scales(rows);
        roundRows(matrixOf(piece->from), begin, end, codes, scales,
                  std::span(errors[piece->converted]).subspan(std::size_t(begin), rows));
        write(headerBytes_ + piece->offset + std::uint64_t(begin) * width,
              std::as_bytes(std::span(codes)));
        write(headerBytes_ + piece->scaleOffset + std::uint64_t(begin) * sizeof(float),
              std::as_bytes(std::span(scales)));
      }
      ctx.report(float(++done) / float(all.size()));
    }
  });
  for (std::size_t i = 0; i < errors.size(); ++i) made.tensors[i].error = errorOf(errors[i]);
  return made;
}

std::string ConversionPlan::header(const ConversionReport& made, std::span<const std::byte> data,
                                   const Context& ctx) const {
  const std::string blank = headerText(made, std::string(kSumDigits, '0'));
  const std::uint64_t sum = fingerprint(blank, fingerprintOfMuch(data, ctx));
  return headerText(made, shownFingerprint(sum));
}

ConvertedFile readConverted(const std::filesystem::path& shown, const SharedBytes& content,
                            const ConversionPlan& plan, const Context& ctx) {
  const auto damaged = [&](const char* what) {
    throw FileError("The converted copy of " + shownName(shown) + " is damaged.", what);
  };
  constexpr std::size_t kSumAt = sizeof(std::uint64_t) + kStart.size();
  if (content.bytes.size() != plan.fileBytes()) damaged("its length");
  std::string blank(reinterpret_cast<const char*>(content.bytes.data()), plan.headerBytes());
  const std::string sum = blank.substr(kSumAt, kSumDigits);
  blank.replace(kSumAt, kSumDigits, kSumDigits, '0');
  const std::uint64_t data = fingerprintOfMuch(content.bytes.subspan(plan.headerBytes()), ctx);
  if (sum != shownFingerprint(fingerprint(blank, data))) damaged("its sum");

  WeightFile file = readSafetensors(shown, content);
  const auto said = [&](const char* what) {
    const auto found = file.metadata().find(what);
    return found == file.metadata().end() ? std::string() : found->second;
  };
  ConversionReport report = plan.report();
  const std::vector<double> errors = numbersIn(said("errors"));
  if (said("conversion") != nameOf(report.conversion) || said("key") != plan.key() ||
      errors.size() != 3 * report.tensors.size())
    damaged("another content");
  for (std::size_t i = 0; i < report.tensors.size(); ++i)
    report.tensors[i].error = {errors[3 * i], errors[3 * i + 1], errors[3 * i + 2]};
  return {std::move(file), std::move(report)};
}

}  // namespace maquette
