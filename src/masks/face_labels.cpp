#include "masks/face_labels.h"

#include <algorithm>
#include <utility>

namespace maquette {
namespace {

constexpr int kMostPasses = 50;

/// The most frequent of some sorted labels, the smallest of equally frequent ones.
std::int32_t mostFrequent(std::span<const std::int32_t> sorted) {
  std::int32_t best = sorted[0];
  std::size_t bestCount = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i > bestCount) {
      bestCount = end - i;
      best = sorted[i];
    }
    i = end;
  }
  return best;
}

/// What a face takes from its neighbours; negative: nothing.
std::int32_t labelBeside(const FaceLinks& links, const std::vector<std::int32_t>& labels,
                         std::uint32_t face, std::vector<std::int32_t>& scratch) {
  scratch.clear();
  for (const std::uint32_t other : links.of(face))
    if (labels[other] >= 0) scratch.push_back(labels[other]);
  if (scratch.empty()) return kUncovered;
  std::ranges::sort(scratch);
  return mostFrequent(scratch);
}

}  // namespace

std::vector<std::int32_t> votedLabels(std::span<const std::uint32_t> faces,
                                      std::span<const std::int32_t> labels, std::size_t faceCount) {
  std::vector<std::uint32_t> first(faceCount + 1, 0);
  for (const std::uint32_t f : faces) ++first[f + 1];
  for (std::size_t f = 0; f < faceCount; ++f) first[f + 1] += first[f];
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  std::vector<std::int32_t> byFace(faces.size());
  for (std::size_t i = 0; i < faces.size(); ++i) byFace[next[faces[i]]++] = labels[i];
  std::vector<std::int32_t> voted(faceCount, kUnknown);
  for (std::size_t f = 0; f < faceCount; ++f) {
    if (first[f] == first[f + 1]) continue;
    std::sort(byFace.begin() + first[f], byFace.begin() + first[f + 1]);
    voted[f] = mostFrequent({byFace.data() + first[f], first[f + 1] - first[f]});
  }
  return voted;
}

void grow(const FaceLinks& links, std::vector<std::int32_t>& labels, const Context& ctx) {
  std::vector<std::uint32_t> open;
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    if (labels[f] < 0) open.push_back(f);
  std::vector<std::int32_t> scratch;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (i % 65536 == 0) ctx.check();
      const std::int32_t label = labelBeside(links, labels, open[i], scratch);
      if (label >= 0)
        labels[open[i]] = label;  // and the next faces see it
      else
        open[left++] = open[i];
    }
    if (left == open.size()) break;
    open.resize(left);
  }
}

void growOverUnknown(const FaceLinks& links, std::vector<std::int32_t>& labels,
                     const Context& ctx) {
  for (std::int32_t& label : labels) ++label;
  grow(links, labels, ctx);
  for (std::int32_t& label : labels) --label;
}

void spreadOverUnknown(const FaceLinks& links, std::vector<std::int32_t>& labels,
                       const Context& ctx) {
  // Faces beside known ones, then those beside these; a whole ring decides before any of it counts.
  std::vector<std::uint32_t> ring, next;
  std::vector<std::uint8_t> waiting(labels.size(), 0);
  const auto queue = [&](std::uint32_t face) {
    for (const std::uint32_t other : links.of(face))
      if (labels[other] == kUnknown && !std::exchange(waiting[other], std::uint8_t{1}))
        next.push_back(other);
  };
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    if (labels[f] != kUnknown) queue(f);
  std::vector<std::int32_t> decided, scratch;
  while (!next.empty()) {
    ctx.check();
    ring.swap(next);
    next.clear();
    decided.clear();
    for (const std::uint32_t f : ring) {
      scratch.clear();
      for (const std::uint32_t other : links.of(f))
        if (labels[other] != kUnknown) scratch.push_back(labels[other]);
      // As an unsigned number, kUncovered comes last.
      std::ranges::sort(scratch, {}, [](std::int32_t label) { return std::uint32_t(label); });
      decided.push_back(mostFrequent(scratch));
    }
    for (std::size_t i = 0; i < ring.size(); ++i) labels[ring[i]] = decided[i];
    for (const std::uint32_t f : ring) queue(f);
  }
}

}  // namespace maquette
