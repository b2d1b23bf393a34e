#include "neural/rehearsal.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>
#include <c10/core/InferenceMode.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <optional>

#include "core/models/ladder.h"
#include "neural/boundary.h"
#include "neural/counting_allocator.h"
#include "neural/device_limit.h"
#include "neural/layer_stream.h"
#include "neural/staging.h"
#include "neural/weights/safetensors.h"
#include "neural/weights/weight_file.h"

namespace maquette::test {
namespace {

using at::Tensor;
using neural::atBoundary;

constexpr std::int64_t kHeads = 4;
constexpr const char* kLoss =
    "Computed with 8 bits of precision for want of memory: fine detail may differ.";

std::vector<TensorRow> tensorsOf(const RehearsalSize& size) {
  const std::int64_t c = size.channels;
  std::vector<TensorRow> all;
  for (std::int64_t b = 0; b < size.blocks; ++b)
    for (const auto& [name, shape] : {std::pair{"qkv", std::vector{3 * c, c}},
                                      {"out", std::vector{c, c}},
                                      {"up", std::vector{4 * c, c}},
                                      {"down", std::vector{c, 4 * c}}})
      all.push_back({fmt::format("blocks.{}.{}", b, name), Dtype::F16, shape});
  return all;
}

/// The bytes of a file as a tensor.
Tensor stored(const TensorView& view) {
  return at::for_blob(const_cast<std::byte*>(view.data()), view.shape)
      .strides(view.strides)
      .deleter([owner = view.owner](void*) mutable { owner.reset(); })
      .options(at::TensorOptions(at::kHalf))
      .make_tensor();
}

struct Placement {
  c10::Device device{c10::kCPU};
  c10::ScalarType dtype = c10::kFloat;
};

Placement placementOf(const MemoryPlan& plan, const Rung& rung) {
  return {c10::Device(plan.onDevice ? c10::kCUDA : c10::kCPU),
          rung.precision == Precision::bf16 ? c10::kBFloat16 : c10::kFloat};
}

struct Block {
  Tensor qkv, out, up, down;  // [3C, C], [C, C], [4C, C], [C, 4C]

  Block(const WeightFile& file, std::size_t index, Placement to) {
    const auto take = [&](const char* name) {
      return neural::broughtTo(stored(file.at(fmt::format("blocks.{}.{}", index, name))), to.device,
                               to.dtype);
    };
    qkv = take("qkv");
    out = take("out");
    up = take("up");
    down = take("down");
  }

  /// x [N, C] becomes the block's output, `chunk` rows at a time. A product of single rows is
  /// another sum than one of several, so chunks have at least two.
  void apply(Tensor& x, std::int64_t chunk) const {
    const std::int64_t n = x.size(0), c = x.size(1), d = c / kHeads;
    const auto slices = [&](auto&& work) {
      for (std::int64_t at = 0; at < n;) {
        const std::int64_t rows = n - at < chunk + 16 ? n - at : chunk;
        work(at, rows);
        at += rows;
      }
    };
    Tensor heads = at::empty({3, kHeads, n, d}, x.options());  // queries, keys, values
    slices([&](std::int64_t at, std::int64_t rows) {
      const Tensor y = at::linear(at::layer_norm(x.narrow(0, at, rows), {c}), qkv);
      heads.narrow(2, at, rows).copy_(y.view({rows, 3, kHeads, d}).permute({1, 2, 0, 3}));
    });
    const Tensor keys = heads[1].transpose(1, 2), values = heads[2];
    slices([&](std::int64_t at, std::int64_t rows) {
      const Tensor scores =
          at::bmm(heads[0].narrow(1, at, rows), keys).mul_(1. / std::sqrt(double(d)));
      const Tensor seen = at::bmm(at::softmax(scores, -1), values);  // [H, rows, d]
      x.narrow(0, at, rows).add_(at::linear(seen.transpose(0, 1).reshape({rows, c}), out));
    });
    slices([&](std::int64_t at, std::int64_t rows) {
      Tensor part = x.narrow(0, at, rows);
      part.add_(at::linear(at::gelu(at::linear(at::layer_norm(part, {c}), up)), down));
    });
  }
};

class Rehearsal : public ShapeGenerator, public PlannedModel {
 public:
  Rehearsal(const std::filesystem::path& file, const RehearsalSize& size, const MemoryPlan& plan)
      : file_(std::make_shared<WeightFile>(openWeights(file))), size_(size), plan_(plan) {
    atBoundary([&] { use(plan.chosen()); });
  }

  Footprint footprint(const ShapeParams&) const override { return {}; }
  void follow(const MemoryPlan& plan) override { plan_ = plan; }
  MemoryUse used() const override { return use_; }

  ShapeResult generate(const ImageSet&, const ShapeParams& params, const Context& ctx) override {
    const auto begin = std::chrono::steady_clock::now();
    neural::resetTensorPeak();
    const auto step = [&](const Rung& rung) {
      return atBoundary([&] { return forward(rung, params.seed, ctx); });
    };
    auto done = runOnLadder(plan_.ladder, plan_.rung, step, {}, ctx);
    use_ = {done.rung,
            {{"blocks", neural::tensorMemory().allocatedPeak,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()}}};
    return {std::make_shared<Mesh>(std::move(done.value)), std::move(done.notes)};
  }

 private:
  /// The weights as this rung wants them; what it does not want goes first.
  void use(const Rung& rung) {
    const c10::InferenceMode inference;
    const Placement to = placementOf(plan_, rung);
    if (blocks_ && blocks_->streamed() == rung.streamed && to.dtype == dtype_) return;
    blocks_.reset();
    dtype_ = to.dtype;
    blocks_.emplace(
        std::size_t(size_.blocks),
        [file = file_, to](std::size_t index) { return Block(*file, index, to); }, rung.streamed,
        to.device);
  }

  Mesh forward(const Rung& rung, std::uint64_t seed, const Context& ctx) {
    const c10::InferenceMode inference;
    use(rung);
    const Placement to = placementOf(plan_, rung);
    const std::int64_t n = size_.tokens, c = size_.channels;
    Tensor x = at::arange(n * c, at::kFloat)
                   .mul_(0.37 + double(seed))
                   .sin_()
                   .reshape({n, c})
                   .to(to.device, to.dtype);
    for (std::size_t b = 0; b < blocks_->size(); ++b) {
      ctx.report(float(b) / float(blocks_->size()));
      neural::checkDeviceLimit();
      blocks_->at(b).apply(x, rung.chunk > 0 ? rung.chunk : n);
    }
    x = x.to(at::TensorOptions(at::kFloat).device(at::kCPU)).contiguous();
    Mesh mesh;
    const float* values = x.const_data_ptr<float>();
    mesh.positions.resize(std::size_t(n * c + 2) / 3);
    for (std::int64_t i = 0; i < n * c; ++i)
      mesh.positions[std::size_t(i / 3)][int(i % 3)] = values[i];
    return mesh;
  }

  std::shared_ptr<const WeightFile> file_;
  RehearsalSize size_;
  MemoryPlan plan_;
  MemoryUse use_;
  c10::ScalarType dtype_ = c10::kFloat;
  std::optional<neural::LayerStream<Block>> blocks_;
};

Rung rungOf(const RehearsalSize& size, const char* name, std::int64_t chunk, bool streamed,
            Precision precision, const char* loss) {
  const std::int64_t c = size.channels, n = size.tokens, m = chunk > 0 ? chunk + 16 : n;
  const std::int64_t bytes = precision == Precision::f32 ? 4 : 2;
  const std::int64_t block = 12 * c * c * bytes;
  // oneDNN, which multiplies halves, orders a weight anew for itself.
  const std::int64_t reordered = precision == Precision::f32 ? 0 : 4 * c * c * bytes;
  Rung rung;
  rung.name = name;
  rung.precision = precision;
  rung.chunk = int(chunk);
  rung.streamed = streamed;
  rung.loss = loss;
  const std::int64_t attention = 3 * n * c + std::max(2 * kHeads * m * n, 4 * m * c);
  rung.stages = {{"blocks", block * (streamed ? 2 : size.blocks),
                  bytes * (n * c + std::max(attention, 9 * m * c)) + 4 * n * c + reordered,
                  int(chunk)}};
  return rung;
}

}  // namespace

void writeRehearsal(const std::filesystem::path& file, const RehearsalSize& size) {
  const std::vector<TensorRow> tensors = tensorsOf(size);
  std::ofstream out(file, std::ios::binary);
  out << safetensorsHeader({}, tensors);
  double pace = 1.3;
  for (const TensorRow& t : tensors) {
    const std::int64_t count = t.shape[0] * t.shape[1];
    const Tensor values = at::arange(count, at::kDouble)
                              .mul_(pace += 0.017)
                              .sin_()
                              .mul_(1.4 / std::sqrt(double(t.shape[1])))
                              .to(at::kHalf);
    out.write(static_cast<const char*>(values.const_data_ptr()), count * 2);
  }
}

ModelEntry rehearsal(const std::filesystem::path& file, const RehearsalSize& size) {
  ModelEntry entry;
  entry.id = "rehearsal";
  entry.label = "The rehearsal network";
  entry.neural = true;
  entry.weights = [file] { return Weights{{file}}; };
  entry.ladder = [size](const JobSize&) -> Ladder {
    return {rungOf(size, "all at once", 0, false, Precision::f32, ""),
            rungOf(size, "64 at a time", 64, false, Precision::f32, ""),
            rungOf(size, "64 at a time, weights streamed", 64, true, Precision::f32, ""),
            rungOf(size, "16 at a time, weights streamed", 16, true, Precision::f32, ""),
            rungOf(size, "16 at a time, weights streamed, bf16", 16, true, Precision::bf16, kLoss)};
  };
  const Rung best = entry.ladder({}).front();
  entry.footprint = {best.weightBytes(), best.peak()};
  entry.make = ModelEntry::Make<ShapeGenerator>([=](const MemoryPlan& plan, const Context&) {
    return std::make_unique<Rehearsal>(file, size, plan);
  });
  return entry;
}

std::vector<float> numbersOf(const ShapeResult& result) {
  std::vector<float> numbers;
  for (const Vec3& p : result.mesh->positions) numbers.insert(numbers.end(), {p.x, p.y, p.z});
  return numbers;
}

}  // namespace maquette::test
