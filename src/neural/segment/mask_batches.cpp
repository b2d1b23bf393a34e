#include "neural/segment/mask_batches.h"

#include <ATen/Parallel.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/sigmoid.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "core/jobs/parallel.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::int64_t kLogits = 3;

struct Tile {
  std::int64_t begin = 0, count = 0;
};

/// While it lives, and on the threads that say alone(), the library computes on one thread: tiles
/// side by side do better than threads that wait for each other in every small product.
class OneThreadEach {
 public:
  OneThreadEach() : before_(at::get_num_threads()) {}
  ~OneThreadEach() { at::set_num_threads(before_); }
  OneThreadEach(const OneThreadEach&) = delete;
  OneThreadEach& operator=(const OneThreadEach&) = delete;

  static void alone() { at::set_num_threads(1); }

 private:
  const int before_;
};

/// Works on all tiles, several threads at a time, each with what `make` gives it and hands to
/// `done` after some tiles.
template <class Make, class Work, class Done>
void eachTile(std::int64_t points, const Make& make, const Work& work, const Done& done) {
  constexpr std::size_t kAtOnce = 8;
  const OneThreadEach restored;
  const auto tiles = std::size_t((points + kTile - 1) / kTile);
  parallelFor(tiles, kAtOnce, [&](std::size_t first, std::size_t last) {
    OneThreadEach::alone();
    const c10::InferenceMode inference;  // of this thread
    auto own = make();
    for (auto i = std::int64_t(first); i < std::int64_t(last); ++i)
      work(Tile{i * kTile, std::min(kTile, points - i * kTile)}, own);
    done(own);
  });
}

/// Rows of points in every first layer, as the tile needs them: kept ones, or made here.
PointPieces piecesOf(const MaskHeads& heads, const HeadPoints& points, const Tile& tile) {
  const auto at = [&](const Tensor& rows) { return rows.narrow(0, tile.begin, tile.count); };
  if (!points.kept())
    return heads.pieces(points.cells.index_select(0, at(points.cellOf)), at(points.places));
  PointPieces all;
  for (std::size_t h = 0; h < all.first.size(); ++h) {
    all.first[h] = at(points.pieces.first[h]);
    all.second[h] = at(points.pieces.second[h]);
  }
  all.whole = at(points.pieces.whole);
  all.quality = at(points.pieces.quality);
  return all;
}

void copyInto(PointPieces& all, const PointPieces& part, const Tile& tile) {
  const auto put = [&](Tensor& to, const Tensor& from) {
    to.narrow(0, tile.begin, tile.count).copy_(from);
  };
  for (std::size_t h = 0; h < all.first.size(); ++h) {
    put(all.first[h], part.first[h]);
    put(all.second[h], part.second[h]);
  }
  put(all.whole, part.whole);
  put(all.quality, part.quality);
}

/// What prompts say in a first layer, one at a time: [K, C].
Tensor ofPrompts(const PiecewiseLayers& layers, const Tensor& prompts, const Tensor& whole = {}) {
  std::vector<Tensor> rows;
  for (std::int64_t k = 0; k < prompts.size(0); ++k)
    rows.push_back(layers.ofPrompts(prompts.narrow(0, k, 1),
                                    whole.defined() ? whole.narrow(0, k, 1) : Tensor()));
  return at::cat(rows);
}

Tensor qualityOf(const MaskHeads& heads, const Tensor& pooled) {
  std::vector<Tensor> rows;
  for (std::int64_t k = 0; k < pooled.size(0); ++k)
    rows.push_back(at::sigmoid(heads.qualityOut(pooled.narrow(0, k, 1))));
  return at::cat(rows);
}

bool inside(float logit) {
  // The rule is about the probability, which is a half, rounded, for the smallest logits.
  return logit > 1e-6f || (logit > 0.f && 1.f / (1.f + std::exp(-logit)) > 0.5f);
}

// --- On the processor

/// A thread's own: two layers of a tile, and the largest that it saw of every prompt.
struct Scratch {
  Tensor first[2], second[2];  // [kTile, C]
  Tensor last;                 // [kTile, C]
  Tensor logits;               // [3, kTile]
  Tensor largest;              // [K, C]
};

class OnProcessor {
 public:
  OnProcessor(const MaskHeads& heads, const HeadPoints& points, const Tensor& prompts,
              const Context& ctx, const Watch& watch)
      : heads_(heads),
        points_(points),
        prompts_(prompts),
        k_(prompts.size(0)),
        n_(points.count()),
        ctx_(ctx),
        watch_(watch) {}

  MaskBatch run() {
    logits_ = at::empty({k_, kLogits, n_}, points_.places.options());
    const Tensor whole = firstPass();
    show(watch_, "whole", whole);
    MaskBatch batch;
    batch.words = (n_ + 63) / 64;
    batch.bits.assign(std::size_t(k_ * kLogits * batch.words), 0);
    const Tensor pooled = secondPass(whole, batch);
    show(watch_, "pooled", pooled);
    const Tensor quality = qualityOf(heads_, pooled).contiguous();
    batch.quality.assign(quality.const_data_ptr<float>(),
                         quality.const_data_ptr<float>() + k_ * kLogits);
    return batch;
  }

 private:
  Scratch scratch() const {
    const auto make = [&](std::int64_t rows, std::int64_t width) {
      return at::empty({rows, width}, points_.places.options());
    };
    const std::int64_t wide = heads_.first[0].point.size(0), narrow = heads_.whole.point.size(0);
    Scratch s;
    for (int i = 0; i < 2; ++i) {
      s.first[i] = make(kTile, wide);
      s.second[i] = make(kTile, narrow);
    }
    s.last = make(kTile, narrow);
    s.logits = make(kLogits, kTile);
    s.largest =
        at::full({k_, narrow}, -std::numeric_limits<double>::infinity(), points_.places.options());
    return s;
  }

  /// Second and third layer of what the first one gave, in `sum`; `next` is room for the second.
  static void rest(const ThreeLayers& layers, Tensor& sum, Tensor& next, Tensor out) {
    at::gelu_(sum);
    at::addmm_out(next, layers.second.bias, sum, layers.second.weight.t());
    at::gelu_(next);
    at::addmm_out(out, layers.third.bias, next, layers.third.weight.t());
  }

  /// Both passes: every tile with every prompt, and the largest of what `work` leaves in
  /// Scratch::last.
  template <class Work>
  Tensor eachPair(const Work& work) const {
    Tensor largest;
    std::mutex mutex;  // guards it
    const auto onTile = [&](const Tile& tile, Scratch& own) {
      ctx_.check();
      const PointPieces pieces = piecesOf(heads_, points_, tile);
      for (std::int64_t k = 0; k < k_; ++k) {
        ctx_.check();
        work(tile, k, pieces, own);
        Tensor most = own.largest.select(0, k);
        at::maximum_out(most, most, own.last.narrow(0, 0, tile.count).amax(0));
      }
    };
    const auto hand = [&](const Scratch& own) {
      const std::lock_guard guard(mutex);
      largest = largest.defined() ? at::maximum(largest, own.largest) : own.largest;
    };
    eachTile(
        n_, [&] { return scratch(); }, onTile, hand);
    return largest;
  }

  Tensor firstPass() const {
    std::array<Tensor, 3> asked;
    for (std::size_t h = 0; h < asked.size(); ++h) asked[h] = ofPrompts(heads_.first[h], prompts_);
    const Tensor askedWhole = ofPrompts(heads_.whole, prompts_);
    return eachPair([&](const Tile& tile, std::int64_t k, const PointPieces& pieces, Scratch& s) {
      const auto own = [&](const Tensor& rows) { return rows.narrow(0, 0, tile.count); };
      const Tensor z = logits_.select(0, k).narrow(1, tile.begin, tile.count);  // [3, n]
      for (std::size_t h = 0; h < asked.size(); ++h) {
        Tensor sum = own(s.first[0]), next = own(s.first[1]);
        at::add_out(sum, pieces.first[h], asked[h].select(0, k));
        rest(heads_.first[h].layers, sum, next, z[std::int64_t(h)].unsqueeze(1));
      }
      Tensor sum = own(s.second[0]), next = own(s.second[1]);
      at::add_out(sum, pieces.whole, askedWhole.select(0, k));
      sum.addmm_(z.t(), heads_.whole.logits.t());
      rest(heads_.whole.layers, sum, next, own(s.last));
    });
  }

  Tensor secondPass(const Tensor& whole, MaskBatch& batch) const {
    std::array<Tensor, 3> asked;
    for (std::size_t h = 0; h < asked.size(); ++h)
      asked[h] = ofPrompts(heads_.second[h], prompts_, whole);
    const Tensor askedQuality = ofPrompts(heads_.quality, prompts_, whole);
    return eachPair([&](const Tile& tile, std::int64_t k, const PointPieces& pieces, Scratch& s) {
      const auto own = [&](const Tensor& rows) { return rows.narrow(0, 0, tile.count); };
      const Tensor before = logits_.select(0, k).narrow(1, tile.begin, tile.count);  // [3, n]
      const Tensor z = s.logits.narrow(1, 0, tile.count);
      Tensor sum = own(s.second[0]), next = own(s.second[1]);
      for (std::size_t h = 0; h < asked.size(); ++h) {
        at::add_out(sum, pieces.second[h], asked[h].select(0, k));
        sum.addmm_(before.t(), heads_.second[h].logits.t());
        rest(heads_.second[h].layers, sum, next, z[std::int64_t(h)].unsqueeze(1));
        pack(z[std::int64_t(h)].const_data_ptr<float>(), tile,
             batch.bits.data() + (k * kLogits + std::int64_t(h)) * batch.words);
      }
      at::add_out(sum, pieces.quality, askedQuality.select(0, k));
      sum.addmm_(z.t(), heads_.quality.logits.t());
      rest(heads_.quality.layers, sum, next, own(s.last));
    });
  }

  /// A tile begins at the first bit of a word, so no two threads write one.
  static void pack(const float* logits, const Tile& tile, std::uint64_t* row) {
    static_assert(kTile % 64 == 0);
    for (std::int64_t i = 0; i < tile.count; ++i)
      row[(tile.begin + i) / 64] |= std::uint64_t(inside(logits[i])) << (i % 64);
  }

  const MaskHeads& heads_;
  const HeadPoints& points_;
  const Tensor& prompts_;
  const std::int64_t k_, n_;
  const Context& ctx_;
  const Watch& watch_;
  Tensor logits_;  // [K, 3, N], of the first heads
};

// --- On a graphics card

void keepLargest(Tensor& most, const Tensor& chunk) {  // [K, n, C]
  const Tensor here = chunk.amax(1);
  most = most.defined() ? at::maximum(most, here) : here;
}

class OnCard {
 public:
  OnCard(const MaskHeads& heads, const HeadPoints& points, const Tensor& prompts,
         std::int64_t pairs, const Context& ctx, const Watch& watch)
      : heads_(heads), points_(points), prompts_(prompts), ctx_(ctx), watch_(watch) {
    // Whole words, so that bits of two chunks share none.
    chunk_ = std::max<std::int64_t>(64, pairs / prompts.size(0) / 64 * 64);
  }

  MaskBatch run() {
    const std::int64_t k = prompts_.size(0), n = points_.count(), words = (n + 63) / 64;
    Tensor logits = at::empty({k, n, kLogits}, points_.places.options());
    Tensor whole;
    const Tensor askedWhole = heads_.whole.ofPrompts(prompts_);
    eachChunk([&](const Tile& tile, const PointPieces& pieces) {
      std::vector<Tensor> all;
      for (std::size_t h = 0; h < heads_.first.size(); ++h)
        all.push_back(heads_.first[h](pieces.first[h], heads_.first[h].ofPrompts(prompts_)));
      const Tensor z = at::cat(all, -1);  // [K, n, 3]
      logits.narrow(1, tile.begin, tile.count).copy_(z);
      keepLargest(whole, heads_.whole(pieces.whole, askedWhole, z));
    });
    show(watch_, "whole", whole);
    Tensor bytes = at::empty({k, kLogits, words * 8}, logits.options().dtype(c10::kByte));
    Tensor pooled;
    const Tensor askedQuality = heads_.quality.ofPrompts(prompts_, whole);
    const Tensor weights = bitWeights();
    eachChunk([&](const Tile& tile, const PointPieces& pieces) {
      const Tensor z = logits.narrow(1, tile.begin, tile.count);
      std::vector<Tensor> all;
      for (std::size_t h = 0; h < heads_.second.size(); ++h)
        all.push_back(
            heads_.second[h](pieces.second[h], heads_.second[h].ofPrompts(prompts_, whole), z));
      const Tensor next = at::cat(all, -1);
      const std::int64_t tileWords = (tile.count + 63) / 64;
      Tensor in = at::sigmoid(next).gt(0.5).to(c10::kByte).transpose(1, 2);  // [K, 3, n]
      in = at::constant_pad_nd(in, {0, tileWords * 64 - tile.count}).view({k, kLogits, -1, 8});
      bytes.narrow(2, tile.begin / 8, tileWords * 8)
          .copy_(in.mul(weights).sum(-1, false, c10::kByte));
      keepLargest(pooled, heads_.quality(pieces.quality, askedQuality, next));
    });
    show(watch_, "pooled", pooled);
    return handed(bytes, at::sigmoid(heads_.qualityOut(pooled)), words);
  }

 private:
  Tensor bitWeights() const {
    const Tensor weights = at::empty({8}, at::TensorOptions(c10::kByte));
    for (int bit = 0; bit < 8; ++bit) weights.mutable_data_ptr<std::uint8_t>()[bit] = 1 << bit;
    return weights.to(points_.places.device());
  }

  static MaskBatch handed(const Tensor& bytes, const Tensor& quality, std::int64_t words) {
    MaskBatch batch;
    batch.words = words;
    const Tensor here = bytes.cpu().contiguous();
    const auto* from = here.const_data_ptr<std::uint8_t>();
    batch.bits.assign(std::size_t(here.numel() / 8), 0);
    for (std::int64_t i = 0; i < here.numel(); ++i)
      batch.bits[std::size_t(i / 8)] |= std::uint64_t(from[i]) << (i % 8 * 8);
    const Tensor scores = quality.cpu().to(c10::kFloat).contiguous();
    batch.quality.assign(scores.const_data_ptr<float>(),
                         scores.const_data_ptr<float>() + scores.numel());
    return batch;
  }

  template <class Work>
  void eachChunk(const Work& work) const {
    for (std::int64_t begin = 0; begin < points_.count(); begin += chunk_) {
      ctx_.check();
      const Tile tile{begin, std::min(chunk_, points_.count() - begin)};
      work(tile, piecesOf(heads_, points_, tile));
    }
  }

  const MaskHeads& heads_;
  const HeadPoints& points_;
  const Tensor& prompts_;
  const Context& ctx_;
  const Watch& watch_;
  std::int64_t chunk_ = 0;
};

PointPieces roomFor(const MaskHeads& heads, const HeadPoints& points) {
  const auto room = [&](const PiecewiseLayers& layers) {
    return at::empty({points.count(), layers.point.size(0)}, points.places.options());
  };
  PointPieces all;
  for (std::size_t h = 0; h < all.first.size(); ++h) {
    all.first[h] = room(heads.first[h]);
    all.second[h] = room(heads.second[h]);
  }
  all.whole = room(heads.whole);
  all.quality = room(heads.quality);
  return all;
}

}  // namespace

void keepPieces(const MaskHeads& heads, HeadPoints& points, const Context& ctx) {
  if (points.kept()) return;
  PointPieces all = roomFor(heads, points);
  if (points.places.is_cpu()) {
    const auto onTile = [&](const Tile& tile, int) {
      ctx.check();
      copyInto(all, piecesOf(heads, points, tile), tile);
    };
    eachTile(
        points.count(), [] { return 0; }, onTile, [](int) {});
  } else {
    constexpr std::int64_t kRows = 64 * kTile;
    for (std::int64_t begin = 0; begin < points.count(); begin += kRows) {
      ctx.check();
      const Tile tile{begin, std::min(kRows, points.count() - begin)};
      copyInto(all, piecesOf(heads, points, tile), tile);
    }
  }
  points.pieces = std::move(all);
}

MaskBatch askedAt(const MaskHeads& heads, const HeadPoints& points, const Tensor& prompts,
                  std::int64_t pairs, const Context& ctx, const Watch& watch) {
  if (points.places.is_cpu() && points.places.scalar_type() == c10::kFloat)
    return OnProcessor(heads, points, prompts, ctx, watch).run();
  return OnCard(heads, points, prompts, pairs, ctx, watch).run();
}

}  // namespace maquette::neural
