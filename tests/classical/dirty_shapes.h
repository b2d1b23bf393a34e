#pragma once

#include <string>
#include <vector>

#include "classical/solid_shapes.h"

namespace maquette::test {

/// Closed shapes that are spoilt in one way or several, with what must come of them all the same.
struct DirtyShape {
  LabelledShape shape;             ///< `volume` is that of the shape before it was spoilt
  Mesh reference;                  ///< the surface without holes: the skin stays near it
  std::vector<std::string> words;  ///< each must be in a note
};

/// The ways to spoil a shape, by name.
std::vector<std::string> kindsOfDirt();

/// What the dirt is put on.
enum class Clean { box, cylinderOfNeedles };

/// A shape of about 40 mm and two parts, spoilt one way after the other.
DirtyShape dirtyShape(Clean base, const std::vector<std::string>& dirt);

/// How a shape stands: turned evenly among all rotations, then scaled, then moved.
struct Stand {
  unsigned seed = 0;  ///< 0 does not turn
  double scale = 1.;
  Vec3 moveMm;
};
DirtyShape standing(DirtyShape shape, const Stand& stand);

}  // namespace maquette::test
