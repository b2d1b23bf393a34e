#include "models/verification.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/regular_file.h"
#include "models/digest.h"
#include "neural/weights/weight_file.h"

namespace maquette {
namespace {

constexpr std::size_t kPiece = std::size_t{4} << 20;

[[noreturn]] void throwOther(const ModelFile& file, const std::filesystem::path& where,
                             const std::string& what) {
  throw FileError(fmt::format("{} is not the published file: {}. Remove it and download it again, "
                              "or import another copy.",
                              shownText(file.name()), what),
                  where.string());
}

void checkSize(const ModelFile& file, const std::filesystem::path& where, std::uint64_t bytes) {
  if (file.bytes && bytes != *file.bytes)
    throwOther(file, where, fmt::format("it has {} bytes instead of {}", bytes, *file.bytes));
  if (bytes == 0) throwOther(file, where, "it is empty");
}

}  // namespace

std::string namesDigest(std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors) {
  std::ranges::sort(tensors);
  Digest digest;
  for (const auto& [name, shape] : tensors) {
    std::string line = name + " [";
    for (std::size_t i = 0; i < shape.size(); ++i)
      line += (i == 0 ? "" : ",") + std::to_string(shape[i]);
    line += "]\n";
    digest.add(line.data(), line.size());
  }
  return digest.hex();
}

void checkStructure(const ModelFile& file, const std::filesystem::path& where) {
  checkSize(file, where, RegularFile(where).size());
  if (file.namesSha256.empty()) return;
  const WeightFile weights = openWeights(where);
  if (weights.tensors().size() != file.tensors)
    throwOther(
        file, where,
        fmt::format("it holds {} tensors instead of {}", weights.tensors().size(), file.tensors));
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors;
  for (const TensorView& tensor : weights.tensors())
    tensors.emplace_back(tensor.name, tensor.shape);
  if (namesDigest(std::move(tensors)) != file.namesSha256)
    throwOther(file, where, "its tensors have other names or shapes");
}

Verified verifyFile(const ModelFile& file, const std::filesystem::path& where, const Context& ctx) {
  ctx.stage("Checking " + file.name());
  checkStructure(file, where);
  const RegularFile input(where);
  Digest sha;
  std::optional<Digest> md5;
  if (!file.md5.empty()) md5.emplace(Digest::Kind::md5);
  std::vector<char> piece(kPiece);
  Verified verified;
  while (const std::size_t bytes = input.readAt(verified.bytes, piece.data(), piece.size())) {
    sha.add(piece.data(), bytes);
    if (md5) md5->add(piece.data(), bytes);
    verified.bytes += bytes;
    ctx.report(static_cast<float>(
        std::min(1., double(verified.bytes) / double(std::max<std::uint64_t>(1, input.size())))));
  }
  checkSize(file, where, verified.bytes);
  verified.sha256 = sha.hex();
  if (file.bytes) verified.checked.emplace_back("its size");
  if (!file.namesSha256.empty())
    verified.checked.push_back(fmt::format("names and shapes of {} tensors", file.tensors));
  if (!file.sha256.empty() && verified.sha256 != file.sha256)
    throwOther(file, where, "its SHA-256 is another");
  if (!file.sha256.empty()) verified.checked.emplace_back("its SHA-256");
  if (md5 && md5->hex() != file.md5) throwOther(file, where, "its MD5 is another");
  if (!file.md5.empty()) verified.checked.emplace_back("its MD5");
  return verified;
}

}  // namespace maquette
