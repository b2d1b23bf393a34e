#include "solid/label_levels.h"

#include <algorithm>

namespace maquette {

Claims Claims::sole(Material part) {
  Claims claims;
  claims.part[0] = part;
  claims.share[0] = 1.f;
  return claims;
}

void ClaimSum::add(Material part, float share) {
  for (std::size_t e = 0; e < count_; ++e)
    if (entries_[e].part == part) {
      entries_[e].share += share;
      return;
    }
  if (count_ < entries_.size()) entries_[count_++] = {part, share};
}

void ClaimSum::add(const Claims& claims, float weight) {
  for (std::size_t c = 0; c < Claims::kMost && claims.part[c] != kOutside; ++c)
    add(claims.part[c], claims.share[c] * weight);
}

Claims ClaimSum::result() {
  const auto end = entries_.begin() + std::ptrdiff_t(count_);
  std::sort(entries_.begin(), end, [](const Entry& l, const Entry& r) {
    return l.share != r.share ? l.share > r.share : l.part < r.part;
  });
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
