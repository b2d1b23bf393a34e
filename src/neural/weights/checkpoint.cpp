#include "neural/weights/checkpoint.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/pickle.h"
#include "neural/weights/zip_directory.h"

namespace maquette {
namespace {

constexpr int kMaxDepth = 32;                                  // official files: 2
constexpr std::size_t kMaxVisits = 1'000'000;                  // values may be shared many times
constexpr std::size_t kMaxNameBytes = std::size_t{256} << 20;  // of all names together
constexpr std::size_t kMaxRank = 32;
constexpr std::uint64_t kMaxExpandedBytes = std::uint64_t{64} << 20;

using Kind = PickledValue::Kind;

class Checkpoint {
 public:
  Checkpoint(const std::filesystem::path& file, const SharedBytes& content)
      : file_(file), content_(content), records_(readZipDirectory(file, content.bytes)) {}

  WeightFile read();

 private:
  const ZipRecord* record(const std::string& name) const;
  void findPickle();
  void checkByteOrder() const;
  void visit(std::uint32_t index, const std::string& name, int depth);
  void visitItems(const PickledValue& value, const std::string& name, int depth);
  std::string keyText(const PickledValue& key) const;
  void addStorage(const PickledValue& value, const std::string& name);
  void addTensor(const PickledValue& value, const std::string& name);
  std::span<const std::byte> storageBytes(const PickledValue& storage,
                                          const std::string& name) const;
  std::vector<std::int64_t> numbers(std::uint32_t index) const;
  void checkReach(const TensorView& tensor) const;

  [[noreturn]] void damaged(const std::string& what) const {
    throwDamagedWeights(file_, "is damaged: " + what);
  }

  const std::filesystem::path& file_;
  const SharedBytes& content_;
  std::vector<ZipRecord> records_;
  std::string folder_;  // of the records: "archive/"
  Pickle pickle_;
  std::vector<TensorView> tensors_;
  std::size_t visits_ = 0, nameBytes_ = 0;
};

const ZipRecord* Checkpoint::record(const std::string& name) const {
  const auto found = std::ranges::lower_bound(records_, name, {}, &ZipRecord::name);
  return found != records_.end() && found->name == name ? &*found : nullptr;
}

/// All records lie in one folder, whose name is the writer's choice.
void Checkpoint::findPickle() {
  const ZipRecord* pickle = nullptr;
  for (const ZipRecord& candidate : records_) {
    const std::size_t slash = candidate.name.find('/');
    if (slash == candidate.name.npos || candidate.name.substr(slash) != "/data.pkl") continue;
    if (pickle != nullptr) damaged("it holds two descriptions of tensors");
    pickle = &candidate;
    folder_ = candidate.name.substr(0, slash + 1);
  }
  if (pickle == nullptr)
    throw FileError(shownName(file_) +
                        " is an archive, but not one of PyTorch weights. Choose the weight file "
                        "itself (.safetensors or .ckpt).",
                    file_.string());
  if (record(folder_ + "constants.pkl") != nullptr)
    throw FileError(shownName(file_) +
                        " holds a program (TorchScript), which Maquette does not run. Use the "
                        "weights that it was made from.",
                    file_.string());
  pickle_ = readPickle(file_, pickle->bytes);
}

void Checkpoint::checkByteOrder() const {
  const ZipRecord* order = record(folder_ + "byteorder");
  constexpr std::string_view kLittle = "little";  // files before PyTorch 2.1 do not say
  if (order == nullptr || (order->bytes.size() == kLittle.size() &&
                           std::memcmp(order->bytes.data(), kLittle.data(), kLittle.size()) == 0))
    return;
  throw FileError(shownName(file_) +
                      " was written on a machine of another byte order. Save it again on a "
                      "common computer, or use a .safetensors file of it.",
                  file_.string());
}

std::string Checkpoint::keyText(const PickledValue& key) const {
  if (key.kind == Kind::Text) return std::string(key.text);
  if (key.kind == Kind::Integer) return std::to_string(key.number);
  return "?";
}

void Checkpoint::visitItems(const PickledValue& value, const std::string& name, int depth) {
  const std::size_t stride = value.kind == Kind::Dict ? 2 : 1;
  for (std::size_t i = 0; i < value.items.size(); i += stride) {
    const std::string key =
        stride == 2 ? keyText(pickle_.values[value.items[i]]) : std::to_string(i);
    nameBytes_ += name.size() + key.size();
    if (nameBytes_ > kMaxNameBytes) damaged("its tensors have too many or too long names");
    visit(value.items[i + stride - 1], name.empty() ? key : name + "." + key, depth + 1);
  }
}

void Checkpoint::visit(std::uint32_t index, const std::string& name, int depth) {
  const PickledValue& value = pickle_.values[index];
  if (depth > kMaxDepth || ++visits_ > kMaxVisits) damaged("its tensors are nested too deeply");
  if (value.kind == Kind::Dict || value.kind == Kind::List || value.kind == Kind::Tuple)
    return visitItems(value, name, depth);
  if (value.kind != Kind::Tensor && value.kind != Kind::Storage) return;
  if (value.kind == Kind::Tensor)
    addTensor(value, name);
  else
    addStorage(value, name);
}

std::vector<std::int64_t> Checkpoint::numbers(std::uint32_t index) const {
  std::vector<std::int64_t> found;
  for (const std::uint32_t item : pickle_.values[index].items)
    found.push_back(pickle_.values[item].number);
  return found;
}

/// The claim in the pickle counts only as far as the archive has bytes for it.
std::span<const std::byte> Checkpoint::storageBytes(const PickledValue& storage,
                                                    const std::string& name) const {
  const ZipRecord* data = record(fmt::format("{}data/{}", folder_, storage.text));
  if (data == nullptr) damaged(fmt::format("the numbers of {} are missing", shownText(name)));
  const std::size_t size = storage.dtype ? bytesOf(*storage.dtype) : 1;
  const auto claimed = static_cast<std::uint64_t>(storage.number);
  if (claimed > data->bytes.size() / size)
    damaged(fmt::format("{} should have {} numbers, and the file has {} bytes for it",
                        shownText(name), claimed, data->bytes.size()));
  return data->bytes.first(claimed * size);
}

/// Every element lies within the storage.
void Checkpoint::checkReach(const TensorView& tensor) const {
  const std::string shown = shownText(tensor.name);
  const auto wrong = [&] {
    damaged(fmt::format("{} has the shape {}, strides {} and offset {}, but only {} bytes", shown,
                        shownShape(tensor.shape), shownShape(tensor.strides), tensor.offset,
                        tensor.storage.size()));
  };
  const auto isNegative = [](std::int64_t n) { return n < 0; };
  if (tensor.shape.size() > kMaxRank || tensor.shape.size() != tensor.strides.size() ||
      tensor.offset < 0 || std::ranges::any_of(tensor.strides, isNegative))
    wrong();
  const auto count = elementCount(tensor.shape);
  if (!count) wrong();
  const std::uint64_t there = tensor.storage.size() / bytesOf(tensor.dtype);
  auto last = static_cast<std::uint64_t>(tensor.offset);
  if (last > there) wrong();
  if (*count == 0) return;
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    const auto steps = static_cast<std::uint64_t>(tensor.shape[d] - 1),
               stride = static_cast<std::uint64_t>(tensor.strides[d]);
    if (stride != 0 && steps > there / stride) wrong();
    last += steps * stride;
    if (last >= there) wrong();
  }
  if (last >= there) wrong();  // also without dimensions
  // Views that repeat elements are fine; billions out of one number are not.
  if (*count > std::max(there, kMaxExpandedBytes / bytesOf(tensor.dtype))) wrong();
}

void Checkpoint::addTensor(const PickledValue& value, const std::string& name) {
  const PickledValue& storage = pickle_.values[value.items[0]];
  TensorView tensor{.name = name,
                    .dtype = *value.dtype,
                    .shape = numbers(value.items[1]),
                    .strides = numbers(value.items[2]),
                    .offset = value.number,
                    .storage = storageBytes(storage, name),
                    .owner = content_.owner};
  checkReach(tensor);
  tensors_.push_back(std::move(tensor));
}

void Checkpoint::addStorage(const PickledValue& value, const std::string& name) {
  const Dtype dtype = value.dtype.value_or(Dtype::U8);
  const auto bytes = storageBytes(value, name);
  tensors_.push_back({.name = name,
                      .dtype = dtype,
                      .shape = {value.number},
                      .strides = {1},
                      .offset = 0,
                      .storage = bytes,
                      .owner = content_.owner});
}

WeightFile Checkpoint::read() {
  findPickle();
  checkByteOrder();
  visit(pickle_.root, {}, 0);
  if (tensors_.empty())
    throw FileError(shownName(file_) + " holds no tensors. Is it the right file?", file_.string());
  return {file_, "PyTorch checkpoint", content_.bytes.size(), std::move(tensors_), {}};
}

}  // namespace

bool looksLikeLegacyCheckpoint(std::span<const std::byte> content) {
  return content.size() >= 2 && content[0] == std::byte{0x80} && content[1] <= std::byte{5};
}

void refuseLegacyCheckpoint(const std::filesystem::path& file) {
  throw FileError(
      fmt::format(
          "{} is in PyTorch's format before version 1.6, which Maquette does not read. Save "
          "it again with today's PyTorch: torch.save(torch.load(FILE, weights_only=True), "
          "NEW_FILE)",
          shownName(file)),
      file.string());
}

WeightFile readCheckpoint(const std::filesystem::path& file, const SharedBytes& content) {
  return Checkpoint(file, content).read();
}

}  // namespace maquette
