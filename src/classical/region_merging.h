#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <tuple>
#include <vector>

#include "classical/normal_fit.h"
#include "classical/sight.h"

namespace maquette {

/// Joins regions of a surface two by two, those with the weakest border between them first.
///
/// Weak is a border without a crease, whose sides see each other through the inside and together
/// are as simple a shape as each alone; that is long for what it borders, around something small.
class RegionMerging {
 public:
  struct Region {
    float area = 0.f;       ///< mm^2
    float perimeter = 0.f;  ///< mm, shared with other regions
    float crease = 0.f;     ///< mm of it, weighted by creases
    NormalFit fit;
    Sight::Flags places;    ///< of `sight` that lie in it
    std::uint8_t side = 0;  ///< regions of different sides other than 0 never join
  };
  struct Join {
    std::uint32_t a = 0, b = 0;  ///< regions
    float cost = 0.f;
  };

  /// @param sight  must outlive this
  /// @param area   mm^2, of the whole surface
  RegionMerging(const Sight& sight, double area) : sight_(sight), area_(area) {}

  /// Regions are counted from 0, in this order.
  void add(Region region);
  /// That these two share a border, or more of one.
  ///
  /// @param length  mm
  /// @param crease  mm of it, weighted by creases
  void touch(std::uint32_t a, std::uint32_t b, float length, float crease);

  /// Joins until no pair is left. The first join makes the region after the last added one, and so
  /// on.
  ///
  /// @throws Cancelled
  std::vector<Join> run(const Context& ctx);

  const Region& region(std::uint32_t index) const { return regions_[index]; }

 private:
  struct Contact {
    float length = 0.f, crease = 0.f;
  };
  using Entry = std::tuple<float, std::uint32_t, std::uint32_t>;

  float costOf(std::uint32_t a, std::uint32_t b, const Contact& contact) const;
  float hiddenness(std::uint32_t a, std::uint32_t b) const;
  void push(std::uint32_t a, std::uint32_t b, const Contact& contact);
  void join(std::uint32_t a, std::uint32_t b);

  const Sight& sight_;
  double area_;
  std::vector<Region> regions_;
  std::vector<double> residuals_;   // of their fits
  std::vector<std::uint8_t> gone_;  // joined into another
  std::vector<std::map<std::uint32_t, Contact>> neighbours_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace maquette
