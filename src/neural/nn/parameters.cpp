#include "neural/nn/parameters.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/staging.h"
#include "neural/weights/int8.h"

namespace maquette::neural {
namespace {

using at::Tensor;

std::vector<std::int64_t> shapeOf(const Tensor& tensor) { return tensor.sizes().vec(); }

/// [all else, in]
Tensor asMatrix(const Tensor& tensor) { return tensor.reshape({-1, tensor.size(-1)}); }

}  // namespace

struct Parameters::Source {
  struct Stored {
    Tensor tensor;
    Tensor scales;  // of a matrix that lies in 8 bits
    bool taken = false;
    bool ignored = false;
  };

  std::filesystem::path file;
  Placement placement;
  bool planned = false;
  std::map<std::string, Stored, std::less<>> stored;
  std::vector<NamedShape> wanted;                         // once each
  std::map<std::string, std::size_t, std::less<>> known;  // places in wanted
  std::vector<std::string> missing, misshapen;
  std::int64_t bytes = 0;
  mutable std::mutex mutex;  // guards what is known of what was taken

  Tensor absent(at::IntArrayRef shape, c10::ScalarType dtype) const {
    return at::empty(shape, at::TensorOptions(c10::kMeta).dtype(dtype));
  }

  /// What is stored under this name, or why it cannot be given: noted once. Under the mutex.
  Stored* found(const std::string& name, at::IntArrayRef shape, bool first) {
    const auto at = stored.find(name);
    if (at == stored.end()) {
      if (!planned && first) missing.push_back(name);
      return nullptr;
    }
    at->second.taken = true;
    if (at->second.tensor.sizes() == shape) return &at->second;
    if (first)
      misshapen.push_back(fmt::format("{}: {} instead of {}", name,
                                      shownShape(shapeOf(at->second.tensor)),
                                      shownShape(shape.vec())));
    return nullptr;
  }

  /// Whether this name was not asked for before. Under the mutex.
  bool isFirst(const std::string& name, at::IntArrayRef shape) {
    const bool first = known.emplace(name, wanted.size()).second;
    if (first) wanted.push_back({name, shape.vec()});
    return first;
  }

  void count(bool first, std::int64_t more) {
    const std::lock_guard lock(mutex);
    if (first) bytes += more;
  }

  Tensor take(const std::string& name, at::IntArrayRef shape, c10::ScalarType dtype, bool shapes) {
    std::unique_lock lock(mutex);
    const bool first = isFirst(name, shape);
    const Stored* one = found(name, shape, first);
    lock.unlock();  // bringing it may take a while
    if (!one || shapes) {
      const Tensor none = absent(shape, dtype);
      count(first && planned, std::int64_t(none.nbytes()));
      return none;
    }
    Tensor tensor = one->tensor;
    if (one->scales.defined())
      tensor = unrounded({asMatrix(tensor), one->scales}, dtype).view(shape);
    const bool fractions = tensor.is_floating_point();
    tensor = broughtTo(tensor, placement.device, fractions ? dtype : tensor.scalar_type());
    count(first, std::int64_t(tensor.nbytes()));
    return tensor;
  }

  /// Whether a matrix is to be kept in 8 bits, unless it lies so already.
  bool isToBeRounded(const std::string& name, at::IntArrayRef shape) const {
    if (placement.int8 == 0 || !worthInt8(name, shape, placement.int8)) return false;
    const auto at = stored.find(name);
    return at == stored.end() ? planned : at->second.tensor.is_floating_point();
  }

  std::pair<Tensor, Int8Matrix> takeMatrix(const std::string& name, at::IntArrayRef shape,
                                           bool shapes) {
    const auto at = stored.find(name);
    const bool scaled = at != stored.end() && at->second.scales.defined();
    const bool fits = at == stored.end() || at->second.tensor.sizes() == shape;
    if (!fits || (!scaled && !isToBeRounded(name, shape)))
      return {take(name, shape, placement.dtype, shapes), {}};
    std::unique_lock lock(mutex);
    const bool first = isFirst(name, shape);
    const Stored* one = found(name, shape, first);
    lock.unlock();
    Int8Matrix matrix;
    if (!one || shapes)
      matrix = roundedMatrix(absent(shape, placement.dtype), name);
    else if (scaled)
      matrix = {asMatrix(one->tensor), one->scales};
    else
      matrix = roundedMatrix(one->tensor, name);
    if (one && !shapes)
      matrix = {broughtTo(matrix.codes, placement.device, c10::kChar),
                broughtTo(matrix.scales, placement.device, c10::kFloat)};
    count(first && (planned || !shapes), matrix.bytes());
    return {Tensor(), matrix};
  }

  /// Scales go to their matrices and have no name of their own any more.
  void joinScales() {
    for (auto& [name, one] : stored) {
      if (one.tensor.scalar_type() != c10::kChar || one.tensor.dim() < 2 || one.tensor.numel() == 0)
        continue;
      const auto scales = stored.find(scaleName(name));
      if (scales == stored.end() || scales->second.tensor.scalar_type() != c10::kFloat ||
          scales->second.tensor.sizes() !=
              at::IntArrayRef{one.tensor.numel() / one.tensor.size(-1)})
        continue;
      one.scales = scales->second.tensor;
    }
    std::erase_if(stored, [&](const auto& one) {
      const std::string_view name = one.first;
      const std::string ending = scaleName("");
      if (!name.ends_with(ending)) return false;
      const auto matrix = stored.find(name.substr(0, name.size() - ending.size()));
      return matrix != stored.end() && matrix->second.scales.defined();
    });
  }
};

c10::ScalarType scalarTypeOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::Bool:
      return c10::kBool;
    case Dtype::U8:
      return c10::kByte;
    case Dtype::I8:
      return c10::kChar;
    case Dtype::U16:
      return c10::kUInt16;
    case Dtype::I16:
      return c10::kShort;
    case Dtype::U32:
      return c10::kUInt32;
    case Dtype::I32:
      return c10::kInt;
    case Dtype::U64:
      return c10::kUInt64;
    case Dtype::I64:
      return c10::kLong;
    case Dtype::F8E4M3:
      return c10::kFloat8_e4m3fn;
    case Dtype::F8E5M2:
      return c10::kFloat8_e5m2;
    case Dtype::F16:
      return c10::kHalf;
    case Dtype::BF16:
      return c10::kBFloat16;
    case Dtype::F32:
      return c10::kFloat;
    case Dtype::F64:
      return c10::kDouble;
  }
  throw Error("A weight file holds numbers of an unknown type.");
}

Tensor tensorOf(const TensorView& view) {
  const auto options = at::TensorOptions(c10::kCPU).dtype(scalarTypeOf(view.dtype));
  if (view.elements() == 0) return at::empty(view.shape, options);
  if (!view.aligned()) {
    Tensor copy = at::empty(view.shape, options);
    copyContiguous(view, {static_cast<std::byte*>(copy.mutable_data_ptr()), copy.nbytes()});
    return copy;
  }
  // libtorch has no tensors for reading only.
  return at::for_blob(const_cast<std::byte*>(view.data()), view.shape)
      .strides(view.strides)
      .deleter([owner = view.owner](void*) mutable { owner.reset(); })
      .options(options)
      .make_tensor();
}

Parameters::Parameters(const WeightFile& file, Placement placement)
    : source_(std::make_shared<Source>()) {
  source_->file = file.path();
  source_->placement = placement;
  for (const TensorView& view : file.tensors()) source_->stored[view.name].tensor = tensorOf(view);
  source_->joinScales();
}

Parameters::Parameters(const MappedWeights& weights, const WeightFile& file, Placement placement)
    : source_(std::make_shared<Source>()) {
  source_->file = file.path();
  source_->placement = placement;
  for (const auto& [name, view] : weights.tensors) source_->stored[name].tensor = tensorOf(view);
  source_->joinScales();
}

Parameters::Parameters(const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::filesystem::path& source, Placement placement)
    : source_(std::make_shared<Source>()) {
  source_->file = source;
  source_->placement = placement;
  for (const auto& [name, tensor] : tensors) source_->stored[name].tensor = tensor;
  source_->joinScales();
}

Parameters Parameters::planned(Placement placement) {
  auto source = std::make_shared<Source>();
  source->placement = placement;
  source->planned = true;
  return Parameters(std::move(source), {});
}

Parameters Parameters::at(std::string_view prefix) const {
  return Parameters(source_, prefix_ + std::string(prefix), shapesOnly_);
}

Parameters Parameters::shapesOnly() const { return Parameters(source_, prefix_, true); }

Tensor Parameters::take(std::string_view name, at::IntArrayRef shape) const {
  return take(name, shape, source_->placement.dtype);
}

Tensor Parameters::take(std::string_view name, at::IntArrayRef shape, c10::ScalarType dtype) const {
  return source_->take(prefix_ + std::string(name), shape, dtype, shapesOnly_);
}

std::pair<Tensor, Int8Matrix> Parameters::takeMatrix(std::string_view name,
                                                     at::IntArrayRef shape) const {
  return source_->takeMatrix(prefix_ + std::string(name), shape, shapesOnly_);
}

bool Parameters::has(std::string_view name) const {
  return source_->stored.contains(prefix_ + std::string(name));
}

std::vector<std::int64_t> Parameters::shape(std::string_view name) const {
  const std::string full = prefix_ + std::string(name);
  const auto found = source_->stored.find(full);
  if (found == source_->stored.end())
    throw FileError(fmt::format("{} does not hold this model: {} is missing. Choose another file.",
                                shownName(source_->file), shownText(full)),
                    source_->file.string());
  return shapeOf(found->second.tensor);
}

std::int64_t Parameters::size(std::string_view name, std::size_t dimension) const {
  const std::vector<std::int64_t> sizes = shape(name);
  if (dimension < sizes.size()) return sizes[dimension];
  throw FileError(
      fmt::format("{} does not hold this model: {} has the shape {}. Choose another file.",
                  shownName(source_->file), shownText(prefix_ + std::string(name)),
                  shownShape(sizes)),
      source_->file.string());
}

std::size_t Parameters::layers(std::string_view stem) const {
  for (std::size_t count = 0;; ++count) {
    const std::string start = fmt::format("{}{}.{}.", prefix_, stem, count);
    const auto next = source_->stored.lower_bound(start);
    if (next == source_->stored.end() || !next->first.starts_with(start)) return count;
  }
}

void Parameters::ignore(std::string_view prefix) const {
  const std::string start = prefix_ + std::string(prefix);
  for (auto next = source_->stored.lower_bound(start);
       next != source_->stored.end() && next->first.starts_with(start); ++next)
    next->second.ignored = true;
}

const Placement& Parameters::placement() const { return source_->placement; }

NameReport Parameters::report() const {
  const std::lock_guard lock(source_->mutex);
  NameReport report;
  const auto inside = [&](const std::string& name) { return name.starts_with(prefix_); };
  for (auto next = source_->stored.lower_bound(prefix_);
       next != source_->stored.end() && inside(next->first); ++next) {
    if (next->second.taken) continue;
    if (next->second.ignored)
      ++report.unused;
    else
      report.unexpected.push_back(next->first);
  }
  std::ranges::copy_if(source_->missing, std::back_inserter(report.missing), inside);
  std::ranges::copy_if(source_->misshapen, std::back_inserter(report.misshapen), inside);
  const auto wantedHere = std::ranges::count_if(
      source_->wanted, [&](const NamedShape& one) { return inside(one.name); });
  report.consumed = source_->planned
                        ? 0
                        : std::size_t(wantedHere) - report.missing.size() - report.misshapen.size();
  std::ranges::sort(report.missing);
  std::ranges::sort(report.misshapen);
  return report;
}

void Parameters::requireComplete(Unexpected unexpected) const {
  maquette::requireComplete(report(), source_->file, unexpected);
}

std::vector<NamedShape> Parameters::wanted() const {
  const std::lock_guard lock(source_->mutex);
  return source_->wanted;
}

std::int64_t Parameters::bytes() const {
  const std::lock_guard lock(source_->mutex);
  return source_->bytes;
}

}  // namespace maquette::neural
