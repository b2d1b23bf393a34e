#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/models/interfaces.h"
#include "masks/mask_border.h"
#include "masks/masked_surface.h"

namespace maquette {

/// What a network answers to one click: three masks over the samples of a surface.
struct SampleMasks {
  std::vector<std::uint64_t> bits;  ///< three rows of whole words: bit i of a row is sample i
  std::vector<float> quality;       ///< three, [0, 1]
};

/// Turns what a network says to single clicks into answers to all of them, on the triangles of the
/// mesh as it was given.
///
/// The network knows one wanted click at a time and no unwanted ones, so this is set logic: wanted
/// clicks unite, size by size; an unwanted one picks a smaller mask that leaves it out, or takes
/// away what the network finds at it; where the two are still at odds, the surface decides. Borders
/// come to lie on edges of the surface within reach.
class ClickAnswers {
 public:
  using Ask = std::function<SampleMasks(const Click& click, const Context& ctx)>;

  /// @param faces  of the cleaned surface, on which the samples lie
  /// @param reach  mm that a border may move to an edge, see reachOf()
  /// @throws Cancelled
  ClickAnswers(MaskedSurfacePtr surface, std::span<const std::uint32_t> faces, const Context& ctx,
               float reach = kUsualReach);

  /// @param ask  called once for every click that was not asked about before
  /// @throws InvalidInput  no positive click, or a face out of range
  Candidates to(const Prompts& prompts, const Ask& ask, const Context& ctx);

 private:
  static constexpr std::size_t kSizes = 3;
  struct Pick {
    std::uint32_t node = 0;
    Click click;
    bool operator==(const Pick& other) const {
      return node == other.node && click.positive == other.click.positive &&
             click.position == other.click.position;
    }
  };
  struct Level {
    NodeFlags nodes;
    float quality = 0.f;
  };
  using Levels = std::array<Level, kSizes>;  // from small to large
  /// What a query comes to, so that one more click needs no more than itself.
  struct Memory {
    std::vector<Pick> picks;
    std::array<NodeFlags, kSizes> sets;
    std::array<float, kSizes> scores{};
  };

  std::vector<Pick> picksOf(const Prompts& prompts) const;
  const Levels& levelsAt(const Pick& pick, const Ask& ask, const Context& ctx);
  NodeFlags nodesOf(std::span<const std::uint64_t> row) const;
  void follow(const Pick& pick, Memory& now, const Ask& ask, const Context& ctx);
  void unite(const Pick& pick, Memory& now, const Ask& ask, const Context& ctx);
  void takeAway(const Pick& pick, std::size_t size, Memory& now, const Ask& ask,
                const Context& ctx);
  void settle(const Memory& now, NodeFlags& set) const;
  Candidates candidatesOf(const Memory& now) const;
  double areaOf(const NodeFlags& nodes) const;

  MaskedSurfacePtr surface_;
  SurfaceGraph graph_;
  float reach_;
  std::vector<std::uint32_t> faces_;  // N
  std::vector<std::uint32_t>
      sampledFor_;  // node -> cleaned face that has samples and speaks for it
  std::vector<std::pair<Pick, Levels>> asked_;
  Memory last_;
};

}  // namespace maquette
