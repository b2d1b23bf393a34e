#include "io/vertex_welder.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/geometry/position_hash.h"

namespace maquette {
namespace {

constexpr auto kEmpty = std::numeric_limits<std::uint32_t>::max();

}  // namespace

VertexWelder::VertexWelder(Mesh& mesh, std::string what, bool coloured, std::size_t expected)
    : mesh_(mesh),
      what_(std::move(what)),
      coloured_(coloured),
      first_(static_cast<std::uint32_t>(mesh.positions.size())),
      table_(std::bit_ceil(std::max<std::size_t>(64, expected + expected / 2 + 2)), kEmpty) {}

std::size_t VertexWelder::slotOf(Vec3 p) const {
  std::size_t slot = positionHash(p) & (table_.size() - 1);
  while (table_[slot] != kEmpty && !(mesh_.positions[table_[slot]] == p))
    slot = (slot + 1) & (table_.size() - 1);
  return slot;
}

void VertexWelder::grow() {
  table_.assign(table_.size() * 2, kEmpty);
  for (std::size_t v = first_; v < mesh_.positions.size(); ++v)
    table_[slotOf(mesh_.positions[v])] = static_cast<std::uint32_t>(v);
}

std::uint32_t VertexWelder::add(Vec3 position, Rgb colour) {
  if (!isFinite(position))
    throw InvalidInput(what_ +
                       " has a coordinate that is not a number. Repair it in the program "
                       "that made it.");
  std::size_t slot = slotOf(position);
  if (table_[slot] != kEmpty) return table_[slot];
  if ((mesh_.positions.size() - first_ + 1) * 3 > table_.size() * 2) {
    grow();
    slot = slotOf(position);
  }
  table_[slot] = static_cast<std::uint32_t>(mesh_.positions.size());
  mesh_.positions.push_back(position);
  if (coloured_) mesh_.colours.push_back(colour);
  return table_[slot];
}

}  // namespace maquette
