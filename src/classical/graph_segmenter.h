#pragma once

#include <memory>

#include "core/models/interfaces.h"

namespace maquette {

/// Parts by geometry alone: patches joined into a hierarchy along the weakest creases, cut by a
/// number or by clicks. Needs no weights; the same mesh gives the same parts on every machine,
/// whatever the order of its triangles or the number of threads.
std::unique_ptr<PartSegmenter> makeGraphSegmenter();

/// For a mesh of about 600k triangles.
Footprint graphSegmenterFootprint();

}  // namespace maquette
