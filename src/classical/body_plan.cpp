#include "classical/body_plan.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/base/log.h"

namespace maquette {
namespace {

constexpr std::uint8_t kInside = 128;

/// Length of the outline in pixels, from how often lines in four directions cross it (Crofton).
double perimeterOf(const Mask& mask) {
  const auto in = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.at(x, y) >= kInside;
  };
  double straight = 0., diagonal = 0.;
  for (int y = -1; y < mask.height; ++y)
    for (int x = -1; x < mask.width; ++x) {
      const bool a = in(x, y), b = in(x + 1, y), c = in(x, y + 1), d = in(x + 1, y + 1);
      straight += (a != b) + (a != c);
      diagonal += (a != d) + (b != c);
    }
  return std::numbers::pi / 8. * (straight + diagonal / std::numbers::sqrt2);
}

/// 1 / pixels. At roundness 0 the object is about an eighth as deep as its widest place is wide; at
/// 1 it swells freely.
double stiffnessFor(const Silhouette& silhouette, const ShapeParams& params) {
  const double r = double(params.roundness);
  if (r >= 1.) return 0.;
  const double plateau = silhouette.inradius * (0.12 + 0.5 * r * r) / (1. - r);
  return std::numbers::sqrt2 / plateau;
}

/// Strokes of even width: their widest place is hardly wider than they are on average.
bool looksCutFromAPlate(const Silhouette& s, double strokeWidth) {
  constexpr double kEven = 1.75;   // a disc and a square have 2, a strip 1
  constexpr double kSlender = 7.;  // of the whole against the largest disc within
  const bool even = 2. * s.inradius < kEven * strokeWidth;
  const bool slender = s.longest() > kSlender * s.inradius;
  return even && slender && (s.count.holes > 0 || s.count.pieces > 1);
}

/// What an object stands on: the section at one row goes straight down to the line that is the
/// bed's, and the rest is cut off. Cut alone, feet would be narrow where they stand or the object
/// much shorter than in the picture; straight down to its lowest point, it would stand on stumps.
struct Sole {
  int row = 0;
  int bed = 0;  ///< the first row below the object
};

/// Finds out how an object stands, if it stands at all.
class Ground {
 public:
  Ground(const Mask& mask, const Silhouette& s) : mask_(mask), s_(s) {}

  std::optional<Sole> sole() const {
    if (s_.width > kLying * s_.height) return std::nullopt;
    const int deep = std::max(1, static_cast<int>(std::lround(kMostCut * s_.height)));
    const Contact low = contactAt(std::max(1, deep / 4)), high = contactAt(deep);
    const Contact above = contactAt(4 * deep);
    if (high.width < kLeastContact * s_.width || !carries(high)) return std::nullopt;
    // A level line is nearly as wide where it begins as a little above.
    if (low.width > kLevel * above.width) return soleAt(0.25 * deep, 0.25 * deep);
    if (high.runs < 2) return std::nullopt;  // a ball, a leaf's tip: it would only look cut
    return soleAt(0.75 * deep, 0.4 * deep);
  }

 private:
  static constexpr double kMostCut = 0.012;      // of the height
  static constexpr double kLeastContact = 0.06;  // of the width
  static constexpr double kLevel = 0.6;
  static constexpr double kLying = 3.;  // width against height: a plank lies, it does not stand

  /// At these heights above the lowest pixel.
  Sole soleAt(double section, double bed) const {
    const auto row = [&](double above) {
      return s_.top + s_.height - std::max(1, static_cast<int>(std::lround(above)));
    };
    return {row(section), row(bed) + 1};
  }

  struct Contact {
    double width = 0.;  // pixels inside
    int left = 0, right = -1, runs = 0;
  };
  Contact contactAt(int above) const {
    Contact c;
    const int y = std::max(s_.top, s_.top + s_.height - above);
    bool before = false;
    c.left = mask_.width;
    for (int x = 0; x < mask_.width; ++x) {
      const bool in = mask_.at(x, y) >= kInside;
      if (in) {
        c.width += 1.;
        c.left = std::min(c.left, x);
        c.right = x;
        c.runs += !before;
      }
      before = in;
    }
    return c;
  }
  /// Whether the centre of mass is above the contact, a little inwards.
  bool carries(const Contact& c) const {
    double sum = 0., count = 0.;
    for (int y = s_.top; y < s_.top + s_.height; ++y)
      for (int x = s_.left; x < s_.left + s_.width; ++x)
        if (mask_.at(x, y) >= kInside) {
          sum += x;
          count += 1.;
        }
    const double middle = sum / count, inset = 0.05 * (c.right - c.left);
    return middle > c.left + inset && middle < c.right - inset;
  }

  const Mask& mask_;
  const Silhouette& s_;
};

void makeLevel(Mask& mask, const Sole& sole) {
  for (int y = sole.row; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      mask.at(x, y) = y < sole.bed && mask.at(x, sole.row) >= kInside ? 255 : 0;
}

/// Whether the outline ends upwards in one straight line, as a mug does: a head does not, and the
/// side of a bar that lies there is no end.
bool hasLevelTop(const Mask& mask, const Silhouette& s) {
  constexpr int kLeast = 8;           // pixels
  constexpr double kWide = 0.3;       // of the whole
  constexpr double kStraight = 0.85;  // of the width a little below
  constexpr double kUpright = 0.6;    // of what is under the line's middle, against its length
  struct Run {
    int left = 0, width = 0, runs = 0;
  };
  const auto runAt = [&](double depth) {
    const int y = s.top + static_cast<int>(depth * s.height);
    Run run;
    for (int x = 0; x < mask.width; ++x) {
      if (mask.at(x, y) < kInside) continue;
      if (x == 0 || mask.at(x - 1, y) < kInside) {
        ++run.runs;
        run.left = x;
      }
      ++run.width;
    }
    return run;
  };
  const Run upper = runAt(0.005), lower = runAt(0.03);
  if (upper.runs != 1 || lower.runs != 1 || upper.width < kLeast) return false;
  if (upper.width < kWide * s.width || upper.width < kStraight * lower.width) return false;
  const int middle = upper.left + upper.width / 2;
  int y = s.top;
  while (y < mask.height && mask.at(middle, y) >= kInside) ++y;
  return y - s.top >= kUpright * upper.width;
}

/// The picture's soft edge made hard, so that it is a line.
void hardenTop(Mask& mask, int top) {
  for (int y = 0; y <= top; ++y)
    for (int x = 0; x < mask.width; ++x)
      mask.at(x, y) = y == top && mask.at(x, y) >= kInside ? 255 : 0;
}

}  // namespace

BodyPlan planBody(Mask& mask, const ShapeParams& params, const Context& ctx) {
  BodyPlan plan;
  Silhouette s = lookAt(mask, ctx);
  const double pixelsPerMm = s.longest() / double(params.sizeMm);
  plan.leastHalf = 0.5 * double(params.thinnestMm) * pixelsPerMm;
  if (params.thinnestMm > 0.f && widenThinParts(mask, 2. * plan.leastHalf, ctx) > 1e-4 * s.area)
    plan.notes.push_back(fmt::format("What was thinner than {:g} mm was widened so that it prints.",
                                     double(params.thinnestMm)));
  if (params.flatBottom)
    if (const auto sole = Ground(mask, s).sole()) {
      Mask standing = mask;
      makeLevel(standing, *sole);
      if (lookAt(standing, ctx).count == lookAt(mask, ctx).count) {
        plan.levels.push_back(sole->bed);
        mask = std::move(standing);
      }
    }
  s = lookAt(mask, ctx);
  const double stroke = 2. * s.area / perimeterOf(mask);
  const bool automatic = params.style == ShapeStyle::automatic;
  plan.flat = automatic ? looksCutFromAPlate(s, stroke) : params.style == ShapeStyle::flat;
  log("shape")->debug("stroke {:.1f}, inradius {:.1f}, longest {}, {} holes", stroke, s.inradius,
                      s.longest(), s.count.holes);
  if (automatic)
    plan.notes.push_back(
        plan.flat ? "The outline looks like lettering or a cut-out, so it became a plate; choose "
                    "the body Round to have it swollen."
                  : "The body was made round; choose Flat for a plate of even thickness.");
  if (plan.flat) {
    const double whole = s.longest();
    plan.halfThickness =
        std::max(plan.leastHalf, 0.5 * double(params.thickness) *
                                     std::clamp(0.6 * stroke, 0.03 * whole, 0.12 * whole));
    plan.edge = std::max(0.6 * plan.halfThickness, 1e-3);
  } else {
    if (params.flatTop && hasLevelTop(mask, s)) {
      hardenTop(mask, s.top);
      plan.levels.push_back(s.top);
    }
    plan.stiffness = stiffnessFor(s, params);
    plan.scale = double(params.thickness);
  }
  return plan;
}

}  // namespace maquette
