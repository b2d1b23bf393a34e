#include "solid/label_levels.h"

#include <algorithm>

namespace maquette {

Claims ClaimSum::strongest() {
  const auto end = entries_.begin() + std::ptrdiff_t(count_);
  const auto before = [](const Entry& l, const Entry& r) {
    return l.share != r.share ? l.share > r.share : l.part < r.part;
  };
  if (count_ <= 4) {
    // Nearly always, and nearly in order.
    for (std::size_t e = 1; e < count_; ++e)
      for (std::size_t f = e; f > 0 && before(entries_[f], entries_[f - 1]); --f)
        std::swap(entries_[f], entries_[f - 1]);
  } else {
    std::sort(entries_.begin(), end, before);
  }
  Claims claims;
  const std::size_t kept = std::min(count_, Claims::kMost);
  float sum = 0.f;
  for (std::size_t e = 0; e < kept; ++e) sum += entries_[e].share;
  if (!(sum > 0.f)) return claims;
  for (std::size_t e = 0; e < kept; ++e) {
    claims.part[e] = entries_[e].part;
    claims.share[e] = entries_[e].share / sum;
  }
  return claims;
}

Claims meanOf(std::span<const Claims* const> claims) {
  if (claims.empty()) return {};
  const auto& parts = claims[0]->part;
  ClaimSum sum;
  if (std::ranges::all_of(claims, [&](const Claims* c) { return c->part == parts; })) {
    // Away from seams: no need to look for each part among those before.
    std::array<float, Claims::kMost> shares = claims[0]->share;
    for (const Claims* c : claims.subspan(1))
      for (std::size_t p = 0; p < Claims::kMost; ++p) shares[p] += c->share[p];
    for (std::size_t p = 0; p < Claims::kMost && parts[p] != kOutside; ++p)
      sum.addNew(parts[p], shares[p]);
  } else {
    for (const Claims* c : claims) sum.add(*c, 1.f);
  }
  return sum.result();
}

Claims interpolated(const LabelLevel& coarse, int i, int j, int k) {
  const int c[3] = {i >> 1, j >> 1, k >> 1};
  const int side[3] = {i & 1 ? 1 : -1, j & 1 ? 1 : -1, k & 1 ? 1 : -1};
  ClaimSum sum;
  for (int corner = 0; corner < 8; ++corner) {
    int at[3];
    float weight = 1.f;
    for (int a = 0; a < 3; ++a) {
      const bool next = corner >> a & 1;
      at[a] = c[a] + (next ? side[a] : 0);
      weight *= next ? 0.25f : 0.75f;
    }
    if (at[0] < 0 || at[1] < 0 || at[2] < 0 || at[0] >= coarse.nx || at[1] >= coarse.ny ||
        at[2] >= coarse.nz)
      continue;
    const std::size_t node = coarse.index(at[0], at[1], at[2]);
    if (coarse.stored.contains(node)) sum.add(coarse.claims[coarse.stored.rank(node)], weight);
  }
  return sum.result();
}

}  // namespace maquette
