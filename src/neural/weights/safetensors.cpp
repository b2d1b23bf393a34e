#include "neural/weights/safetensors.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/json_reader.h"

namespace maquette {
namespace {

constexpr std::size_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own library
constexpr std::size_t kMaxRank = 32;

struct Entry {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> offsets;  // begin and end behind the header
};

/// Reads a list of whole numbers, at most `most` of them.
std::vector<std::int64_t> readNumbers(JsonReader& json, std::size_t most) {
  std::vector<std::int64_t> numbers;
  json.array([&] {
    if (numbers.size() == most) json.fail("a list is too long");
    numbers.push_back(json.integer());
    if (numbers.back() < 0) json.fail("a negative number");
  });
  return numbers;
}

Entry readEntry(JsonReader& json, const std::string& name) {
  Entry entry;
  entry.name = name;
  bool hasShape = false;
  json.object([&](const std::string& key) {
    if (key == "dtype") {
      entry.dtype = json.string();
    } else if (key == "shape") {
      entry.shape = readNumbers(json, kMaxRank);
      hasShape = true;
    } else if (key == "data_offsets") {
      entry.offsets = readNumbers(json, 2);
    } else {
      json.skip();
    }
  });
  if (entry.dtype.empty() || !hasShape || entry.offsets.size() != 2)
    json.fail("a tensor lacks its type, shape or place");
  return entry;
}

TensorView viewOf(const Entry& entry, std::span<const std::byte> data,
                  const std::shared_ptr<const void>& owner, const std::filesystem::path& file) {
  const std::string shown = shownText(entry.name);
  const auto dtype = dtypeNamed(entry.dtype);
  if (!dtype)
    throw FileError(
        fmt::format("{} cannot be used: {} holds numbers of a type that Maquette does not know "
                    "({}). Use a version of the file in F16, BF16 or F32.",
                    shownName(file), shown, shownText(entry.dtype, 20)),
        file.string());
  const auto begin = static_cast<std::uint64_t>(entry.offsets[0]),
             end = static_cast<std::uint64_t>(entry.offsets[1]);
  if (end > data.size() && begin <= end)
    throwDamagedWeights(file, fmt::format("is cut short: {} should end at byte {} of the data, and "
                                          "there are {}",
                                          shown, end, data.size()));
  const auto count = elementCount(entry.shape);
  if (begin > end || !count || *count > data.size() / bytesOf(*dtype) ||
      *count * bytesOf(*dtype) != end - begin)
    throwDamagedWeights(file, fmt::format("is damaged: {} has the shape {} and {} bytes of {}",
                                          shown, shownShape(entry.shape),
                                          entry.offsets[1] - entry.offsets[0], nameOf(*dtype)));
  return {.name = entry.name,
          .dtype = *dtype,
          .shape = entry.shape,
          .strides = rowMajorStrides(entry.shape),
          .offset = 0,
          .storage = data.subspan(begin, end - begin),
          .owner = owner};
}

/// Every byte of `data` belongs to exactly one tensor.
void checkCover(const std::vector<TensorView>& tensors, std::span<const std::byte> data,
                const std::filesystem::path& file) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  const auto endOf = [](const TensorView* t) { return t->storage.data() + t->storage.size(); };
  std::ranges::sort(order, [&](const TensorView* a, const TensorView* b) {
    return std::pair(a->storage.data(), endOf(a)) < std::pair(b->storage.data(), endOf(b));
  });
  const std::byte* covered = data.data();
  for (const TensorView* tensor : order) {
    if (tensor->storage.data() < covered)
      throwDamagedWeights(file, fmt::format("is damaged: {} shares bytes with another tensor",
                                            shownText(tensor->name)));
    if (tensor->storage.data() > covered)
      throwDamagedWeights(file, fmt::format("is damaged: bytes before {} belong to no tensor",
                                            shownText(tensor->name)));
    covered = endOf(tensor);
  }
  if (covered != data.data() + data.size())
    throwDamagedWeights(file, fmt::format("is damaged: its last {} bytes belong to no tensor",
                                          data.data() + data.size() - covered));
}

std::string jsonText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else if (c == '"' || c == '\\')
      (quoted += '\\') += c;
    else
      quoted += c;
  return quoted + '"';
}

}  // namespace

bool looksLikeSafetensors(std::span<const std::byte> content) {
  return content.size() > 8 && content[8] == std::byte{'{'};
}

WeightFile readSafetensors(const std::filesystem::path& file, const SharedBytes& content) {
  if (content.bytes.size() < 8)
    throwDamagedWeights(file, "is cut short: it is no whole safetensors file");
  std::uint64_t length = 0;
  std::memcpy(&length, content.bytes.data(), sizeof length);
  const std::uint64_t left = content.bytes.size() - sizeof length;
  if (length > left)
    throwDamagedWeights(file, fmt::format("is cut short or damaged: its header should have {} "
                                          "bytes, and the file has {}",
                                          length, content.bytes.size()));
  if (length > kMaxHeaderBytes)
    throwDamagedWeights(file, fmt::format("is damaged: a header of {} bytes is too long", length));
  const std::string_view header(reinterpret_cast<const char*>(content.bytes.data()) + 8, length);
  if (!header.starts_with('{')) throwDamagedWeights(file, "is damaged: its header is no header");

  const auto data = content.bytes.subspan(8 + length);
  std::vector<TensorView> tensors;
  std::map<std::string, std::string> metadata;
  JsonReader json(header, file);
  json.object([&](const std::string& name) {
    if (name != "__metadata__")
      tensors.push_back(viewOf(readEntry(json, name), data, content.owner, file));
    else
      json.object([&](const std::string& key) { metadata[key] = json.string(); });
  });
  json.end();
  checkCover(tensors, data, file);
  return {file, "safetensors", content.bytes.size(), std::move(tensors), std::move(metadata)};
}

std::uint64_t TensorRow::bytes() const { return elementCount(shape).value() * bytesOf(dtype); }

std::string safetensorsHeader(const std::vector<std::pair<std::string, std::string>>& metadata,
                              const std::vector<TensorRow>& tensors) {
  std::string text, separator;
  for (const auto& [name, value] : metadata) {
    text += fmt::format("{}{}:{}", separator, jsonText(name), jsonText(value));
    separator = ",";
  }
  if (!text.empty()) text = fmt::format(R"("__metadata__":{{{}}})", text);
  std::uint64_t at = 0;
  for (const TensorRow& row : tensors) {
    const std::uint64_t end = at + row.bytes();
    text += fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", separator,
                        jsonText(row.name), nameOf(row.dtype), fmt::join(row.shape, ","), at, end);
    separator = ",";
    at = end;
  }
  text = "{" + text + "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::string header(sizeof length, '\0');
  std::memcpy(header.data(), &length, sizeof length);
  return header + text;
}

}  // namespace maquette
