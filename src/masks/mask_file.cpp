#include "masks/mask_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>
#include <vector>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/atomic_file.h"
#include "neural/weights/safetensors.h"

namespace maquette {
namespace {

constexpr const char* kFormat = "maquette-masks";
constexpr const char* kVersion = "1";

std::string header(const MaskSet& masks) {
  const auto n = std::int64_t(masks.samples()), k = std::int64_t(masks.masks());
  return safetensorsHeader({{"format", kFormat},
                            {"version", kVersion},
                            {"model", masks.model},
                            {"seed", std::to_string(masks.seed)},
                            {"faithful", masks.faithful ? "true" : "false"},
                            {"mesh", fmt::format("{:016x}", masks.mesh)}},
                           {{"places", Dtype::F64, {n, 3}},
                            {"bits", Dtype::U8, {k, 8 * std::int64_t(masks.words())}},
                            {"faces", Dtype::I32, {n}},
                            {"prompts", Dtype::I32, {k}},
                            {"quality", Dtype::F32, {k}}});
}

/// Reads what a mask file has to have.
class Reading {
 public:
  Reading(const std::filesystem::path& path, const WeightFile& file) : path_(path), file_(file) {
    if (text("format") != kFormat) refuse("holds no masks of Maquette's");
    if (text("version") != kVersion)
      refuse("was written by another version of Maquette; make the masks again");
  }

  [[noreturn]] void refuse(const std::string& what) const { throwDamaged(path_, what); }

  std::string text(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    return found == file_.metadata().end() ? std::string() : found->second;
  }

  std::uint64_t number(const std::string& key, int base) const {
    const std::string digits = text(key);
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
      refuse(fmt::format("has no number for \"{}\"", key));
    return value;
  }

  /// @param columns  of a row; 0: there are no rows, just numbers
  template <class T>
  std::vector<T> all(std::string_view name, Dtype dtype, std::int64_t rows,
                     std::int64_t columns = 0) const {
    const TensorView* tensor = file_.find(name);
    std::vector<std::int64_t> shape{rows};
    if (columns > 0) shape.push_back(columns);
    if (!tensor || tensor->dtype != dtype || tensor->shape != shape)
      refuse(fmt::format("has no \"{}\" that fits the rest", name));
    std::vector<T> numbers(tensor->bytes() / sizeof(T));
    copyContiguous(*tensor, std::as_writable_bytes(std::span(numbers)));
    return numbers;
  }

  /// The length of a tensor of one dimension.
  std::int64_t lengthOf(std::string_view name) const {
    const TensorView* tensor = file_.find(name);
    if (!tensor || tensor->shape.size() != 1) refuse(fmt::format("has no \"{}\"", name));
    return tensor->shape[0];
  }

 private:
  const std::filesystem::path& path_;
  const WeightFile& file_;
};

void requireSound(const Reading& reading, const MaskSet& masks) {
  const auto above = [](const std::vector<std::uint32_t>& all, std::size_t limit) {
    return std::ranges::any_of(all, [&](std::uint32_t i) { return i >= limit; });
  };
  const auto finite = [](const auto& all) {
    return std::ranges::all_of(all, [](auto x) { return std::isfinite(x); });
  };
  constexpr auto kMost = std::size_t(std::numeric_limits<std::int32_t>::max());
  if (above(masks.faces, kMost)) reading.refuse("has a sample on a face that cannot be");
  if (above(masks.prompts, masks.samples())) reading.refuse("has a prompt that is no sample");
  if (!finite(masks.places)) reading.refuse("has a sample whose place is not a number");
  if (!finite(masks.quality)) reading.refuse("has a mask whose quality is not a number");
  if (const std::size_t rest = masks.samples() % 64; rest != 0)
    for (std::size_t m = 0; m < masks.masks(); ++m)
      if (masks.row(m).back() >> rest) reading.refuse("has a mask longer than its samples");
}

}  // namespace

void writeMasks(const std::filesystem::path& file, const MaskSet& masks) {
  AtomicFile out(file);
  const auto write = [&](const auto& all) {
    out.write(all.data(), all.size() * sizeof(all.front()));
  };
  out.write(header(masks));
  write(masks.places);
  write(masks.bits);
  write(masks.faces);
  write(masks.prompts);
  write(masks.quality);
  out.commit();
}

MaskSet readMasks(const std::filesystem::path& file) { return readMasks(file, mapFile(file)); }

MaskSet readMasks(const std::filesystem::path& file, const SharedBytes& content) {
  if (!looksLikeSafetensors(content.bytes)) throwDamaged(file, "is not a file of masks");
  const WeightFile tensors = readSafetensors(file, content);
  const Reading reading(file, tensors);
  MaskSet masks;
  masks.model = reading.text("model");
  masks.seed = reading.number("seed", 10);
  masks.mesh = reading.number("mesh", 16);
  masks.faithful = reading.text("faithful") == "true";
  const std::int64_t n = reading.lengthOf("faces"), k = reading.lengthOf("quality");
  if (n == 0) reading.refuse("has no samples");
  masks.faces = reading.all<std::uint32_t>("faces", Dtype::I32, n);
  masks.places = reading.all<double>("places", Dtype::F64, n, 3);
  masks.quality = reading.all<float>("quality", Dtype::F32, k);
  masks.prompts = reading.all<std::uint32_t>("prompts", Dtype::I32, k);
  masks.bits = reading.all<std::uint64_t>("bits", Dtype::U8, k, 8 * std::int64_t(masks.words()));
  requireSound(reading, masks);
  return masks;
}

}  // namespace maquette
