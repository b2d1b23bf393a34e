#include "masks/face_links.h"

#include <algorithm>

namespace maquette {
namespace {

/// Every side of every face, sorted by larger vertex, then by smaller one, then by face.
struct SideTable {
  std::vector<std::uint32_t> first;  // V + 1, by larger vertex
  std::vector<std::uint64_t> sides;  // smaller vertex << 32 | face
};

SideTable sideTable(std::span<const Triangle> faces, std::size_t vertices, const Context& ctx) {
  SideTable table;
  table.first.assign(vertices + 1, 0);
  table.sides.resize(3 * faces.size());
  const auto forEachSide = [&](auto&& visit) {
    for (std::size_t f = 0; f < faces.size(); ++f) {
      if (f % 65536 == 0) ctx.check();
      for (std::size_t k = 0; k < 3; ++k) {
        const std::uint32_t a = faces[f][k], b = faces[f][(k + 1) % 3];
        visit(std::max(a, b), std::min(a, b), f);
      }
    }
  };
  forEachSide([&](std::uint32_t larger, std::uint32_t, std::size_t) { ++table.first[larger + 1]; });
  for (std::size_t v = 0; v < vertices; ++v) table.first[v + 1] += table.first[v];
  std::vector<std::uint32_t> next(table.first.begin(), table.first.end() - 1);
  forEachSide([&](std::uint32_t larger, std::uint32_t smaller, std::size_t f) {
    table.sides[next[larger]++] = std::uint64_t(smaller) << 32 | f;
  });
  for (std::size_t v = 0; v < vertices; ++v) {
    if (v % 65536 == 0) ctx.check();
    std::sort(table.sides.begin() + table.first[v], table.sides.begin() + table.first[v + 1]);
  }
  return table;
}

void fillLists(FaceLinks& links, std::size_t faces) {
  links.first.assign(faces + 1, 0);
  for (const FacePair& pair : links.pairs)
    for (const std::uint32_t f : pair) ++links.first[f + 1];
  for (std::size_t f = 0; f < faces; ++f) links.first[f + 1] += links.first[f];
  links.adjacent.resize(2 * links.pairs.size());
  std::vector<std::uint32_t> next(links.first.begin(), links.first.end() - 1);
  for (const auto& [a, b] : links.pairs) {
    links.adjacent[next[a]++] = b;
    links.adjacent[next[b]++] = a;
  }
}

}  // namespace

FaceLinks faceLinksOf(std::span<const Triangle> faces, std::size_t vertices, const Context& ctx) {
  const SideTable table = sideTable(faces, vertices, ctx);
  FaceLinks links;
  links.closed = true;
  for (std::size_t v = 0; v < vertices; ++v) {
    if (v % 65536 == 0) ctx.check();
    for (std::uint32_t i = table.first[v]; i < table.first[v + 1];) {
      std::uint32_t end = i + 1;
      while (end < table.first[v + 1] && table.sides[end] >> 32 == table.sides[i] >> 32) ++end;
      if (end - i != 2) {
        links.closed = false;
      } else if (const auto a = std::uint32_t(table.sides[i]),
                 b = std::uint32_t(table.sides[i + 1]);
                 a != b) {
        links.pairs.push_back({a, b});
      }
      i = end;
    }
  }
  ctx.check();
  fillLists(links, faces.size());
  return links;
}

FaceLinks faceLinksOf(std::vector<FacePair> pairs, std::size_t faces) {
  FaceLinks links;
  links.pairs = std::move(pairs);
  fillLists(links, faces);
  return links;
}

}  // namespace maquette
