#include "classical/superfaces.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr float kLargest = 1.f / 9000.f;  // of the whole area
constexpr float kCreaseWeight = 30.f;
constexpr float kTurnWeight = 2.f;

struct Border {
  std::uint32_t a, b;
  float length, crease;
};

struct Patches {
  std::vector<float> area, perimeter;
  std::vector<Vec3> normal, centre;  // sums weighted by area
  std::vector<Border> borders;       // ascending (a, b)
};

Patches single(const SurfaceGraph& graph, const std::vector<float>& creases) {
  Patches p;
  p.area = graph.areas;
  p.normal.reserve(graph.count());
  p.centre.reserve(graph.count());
  p.perimeter.reserve(graph.count());
  p.borders.reserve(graph.links.size() / 2);
  for (std::uint32_t f = 0; f < graph.count(); ++f) {
    p.normal.push_back(graph.normals[f] * graph.areas[f]);
    p.centre.push_back(graph.centres[f] * graph.areas[f]);
    float round = 0.f;
    for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
      const auto& l = graph.links[i];
      round += l.length;
      if (l.to < f) continue;
      if (!p.borders.empty() && p.borders.back().a == f && p.borders.back().b == l.to) {
        p.borders.back().length += l.length;
        p.borders.back().crease += l.length * creases[i];
      } else {
        p.borders.push_back({f, l.to, l.length, l.length * creases[i]});
      }
    }
    p.perimeter.push_back(round);
  }
  return p;
}

/// What joining costs: growth first (as in Ward's method), dearer across creases, between patches
/// that look elsewhere, and where the result would be ragged.
float costOf(const Patches& p, const Border& e) {
  const float a = p.area[e.a], b = p.area[e.b];
  const float turn = 1.f - dot(p.normal[e.a], p.normal[e.b]) /
                               std::max(length(p.normal[e.a]) * length(p.normal[e.b]), 1e-30f);
  const float crease = e.length > 0.f ? e.crease / e.length : 0.f;
  const float round = std::max(p.perimeter[e.a] + p.perimeter[e.b] - 2.f * e.length, 0.f);
  const float ragged = std::max(1.f, round * round / (16.f * (a + b)));
  return a * b / (a + b) * (1.f + kCreaseWeight * crease + kTurnWeight * turn) * ragged;
}

/// Best partner of each patch; ties go to the lower index, so the order of rounds is fixed.
std::vector<std::uint32_t> partnersOf(const Patches& p, float largest, const Context& ctx) {
  std::vector<float> costs(p.borders.size());
  constexpr std::size_t kGrain = 32768;
  parallelFor(costs.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t i = begin; i < end; ++i)
      costs[i] = p.area[p.borders[i].a] + p.area[p.borders[i].b] > largest
                     ? std::numeric_limits<float>::infinity()
                     : costOf(p, p.borders[i]);
  });
  std::vector<float> best(p.area.size(), std::numeric_limits<float>::infinity());
  std::vector<std::uint32_t> partner(p.area.size(), kNone);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const Border& e = p.borders[i];
    if (costs[i] == std::numeric_limits<float>::infinity()) continue;
    for (const auto& [one, other] : {std::pair{e.a, e.b}, std::pair{e.b, e.a}})
      if (costs[i] < best[one] || (costs[i] == best[one] && other < partner[one])) {
        best[one] = costs[i];
        partner[one] = other;
      }
  }
  return partner;
}

/// Insertion sort, stable: the groups hold a handful.
void sortByUpper(std::vector<Border>& borders, std::uint32_t begin, std::uint32_t end) {
  if (end - begin > 32) {
    std::stable_sort(borders.begin() + begin, borders.begin() + end,
                     [](const Border& l, const Border& r) { return l.b < r.b; });
    return;
  }
  for (std::uint32_t i = begin + 1; i < end; ++i) {
    const Border e = borders[i];
    std::uint32_t j = i;
    for (; j > begin && borders[j - 1].b > e.b; --j) borders[j] = borders[j - 1];
    borders[j] = e;
  }
}

/// Joins mutual partners. @return how many pairs
std::size_t contract(Patches& p, std::vector<std::uint32_t>& of,
                     const std::vector<std::uint32_t>& partner, const Context& ctx) {
  std::vector<std::uint32_t> to(p.area.size());
  std::uint32_t next = 0;
  std::size_t pairs = 0;
  for (std::uint32_t i = 0; i < to.size(); ++i) {
    const std::uint32_t other = partner[i];
    const bool mutual = other != kNone && partner[other] == i;
    if (mutual && other < i) {
      to[i] = to[other];
      ++pairs;
    } else {
      to[i] = next++;
    }
  }
  if (pairs == 0) return 0;
  Patches q;
  q.area.assign(next, 0.f);
  q.perimeter.assign(next, 0.f);
  q.normal.assign(next, {});
  q.centre.assign(next, {});
  for (std::uint32_t i = 0; i < to.size(); ++i) {
    q.area[to[i]] += p.area[i];
    q.perimeter[to[i]] += p.perimeter[i];
    q.normal[to[i]] += p.normal[i];
    q.centre[to[i]] += p.centre[i];
  }
  // Counting sort by the lower patch, then a small sort in each group.
  std::vector<std::uint32_t> first(next + 1, 0);
  for (Border& e : p.borders) {
    e.a = to[e.a];
    e.b = to[e.b];
    if (e.a == e.b) q.perimeter[e.a] -= 2.f * e.length;
    if (e.a > e.b) std::swap(e.a, e.b);
    if (e.a != e.b) ++first[e.a + 1];
  }
  for (std::uint32_t i = 1; i <= next; ++i) first[i] += first[i - 1];
  ctx.check();
  std::vector<Border> grouped(first[next]);
  std::vector<std::uint32_t> at(first.begin(), first.end() - 1);
  for (const Border& e : p.borders)
    if (e.a != e.b) grouped[at[e.a]++] = e;
  constexpr std::size_t kGrain = 16384;
  parallelFor(next, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) sortByUpper(grouped, first[i], first[i + 1]);
  });
  ctx.check();
  q.borders.reserve(grouped.size());
  for (const Border& e : grouped) {
    if (!q.borders.empty() && q.borders.back().a == e.a && q.borders.back().b == e.b) {
      q.borders.back().length += e.length;
      q.borders.back().crease += e.crease;
    } else {
      q.borders.push_back(e);
    }
  }
  for (std::uint32_t& f : of) f = to[f];
  p = std::move(q);
  return pairs;
}

}  // namespace

Superfaces superfacesOf(const SurfaceGraph& graph, const std::vector<float>& creases,
                        const Context& ctx) {
  Patches p = single(graph, creases);
  ctx.check();
  std::vector<std::uint32_t> of(graph.count());
  for (std::uint32_t f = 0; f < of.size(); ++f) of[f] = f;
  const float largest = kLargest * float(graph.area);
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds; ++round) {
    ctx.report(1.f - 1.f / (1.f + 0.3f * float(round)));
    if (contract(p, of, partnersOf(p, largest, ctx), ctx) == 0) break;
  }
  Superfaces out;
  out.of = std::move(of);
  out.areas = p.area;
  for (std::size_t i = 0; i < p.area.size(); ++i) out.centres.push_back(p.centre[i] / p.area[i]);
  for (const Border& e : p.borders) out.borders.push_back({e.a, e.b, e.length, e.crease});
  return out;
}

}  // namespace maquette
