#pragma once

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette::test {

/// An axis-aligned cube around the origin, 12 triangles, triangles 2k and 2k+1 share a side.
Mesh makeCube(float edge);

/// A box with each side split into n x n squares (12 n^2 triangles), centred at the origin.
Mesh makeBox(Vec3 size, int n);

/// A sphere around the origin from a subdivided octahedron: 8 * 4^levels triangles.
Mesh makeSphere(float radius, int levels);

/// A torus around +Z: genus 1, 2 * around * across triangles.
Mesh makeTorus(float majorRadius, float minorRadius, int around, int across);

/// A closed cylinder along +Z, centred; `around` segments, `along` rings.
Mesh makeCylinder(float radius, float height, int around, int along);

Mesh moved(Mesh mesh, Vec3 by);
Mesh flipped(Mesh mesh);                    ///< every triangle turned over
Mesh joined(const Mesh& a, const Mesh& b);  ///< both in one mesh, not welded

/// A context that was asked to stop before the work began.
Context stopped();

}  // namespace maquette::test
