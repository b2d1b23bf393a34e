#include "neural/nn/parameters.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/staging.h"
namespace maquette::neural {
namespace {

using at::Tensor;

std::vector<std::int64_t> shapeOf(const Tensor& tensor) { return tensor.sizes().vec(); }

}  // namespace

struct Parameters::Source {
  struct Stored {
    Tensor tensor;
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

  Tensor absent(at::IntArrayRef shape, c10::ScalarType dtype) const {
    return at::empty(shape, at::TensorOptions(c10::kMeta).dtype(dtype));
  }

  Tensor take(const std::string& name, at::IntArrayRef shape, c10::ScalarType dtype) {
    const bool first = known.emplace(name, wanted.size()).second;
    if (first) wanted.push_back({name, shape.vec()});
    const auto found = stored.find(name);
    if (found == stored.end() || found->second.tensor.sizes() != shape) {
      const Tensor none = absent(shape, dtype);
      if (planned && first) bytes += std::int64_t(none.nbytes());
      if (!planned && first && found == stored.end()) missing.push_back(name);
      if (found != stored.end()) {
        found->second.taken = true;
        if (first)
          misshapen.push_back(fmt::format("{}: {} instead of {}", name,
                                          shownShape(shapeOf(found->second.tensor)),
                                          shownShape(shape.vec())));
      }
      return none;
    }
    Tensor tensor = found->second.tensor;
    const bool fractions = tensor.is_floating_point();
    tensor = broughtTo(tensor, placement.device, fractions ? dtype : tensor.scalar_type());
    if (first) bytes += std::int64_t(tensor.nbytes());
    found->second.taken = true;
    return tensor;
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
}

Parameters::Parameters(const MappedWeights& weights, const WeightFile& file, Placement placement)
    : source_(std::make_shared<Source>()) {
  source_->file = file.path();
  source_->placement = placement;
  for (const auto& [name, view] : weights.tensors) source_->stored[name].tensor = tensorOf(view);
}

Parameters::Parameters(const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::filesystem::path& source, Placement placement)
    : source_(std::make_shared<Source>()) {
  source_->file = source;
  source_->placement = placement;
  for (const auto& [name, tensor] : tensors) source_->stored[name].tensor = tensor;
}

Parameters Parameters::planned(Placement placement) {
  auto source = std::make_shared<Source>();
  source->placement = placement;
  source->planned = true;
  return Parameters(std::move(source), {});
}

Parameters Parameters::at(std::string_view prefix) const {
  return Parameters(source_, prefix_ + std::string(prefix));
}

Tensor Parameters::take(std::string_view name, at::IntArrayRef shape) const {
  return take(name, shape, source_->placement.dtype);
}

Tensor Parameters::take(std::string_view name, at::IntArrayRef shape, c10::ScalarType dtype) const {
  return source_->take(prefix_ + std::string(name), shape, dtype);
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

std::vector<NamedShape> Parameters::wanted() const { return source_->wanted; }

std::int64_t Parameters::bytes() const { return source_->bytes; }

}  // namespace maquette::neural
