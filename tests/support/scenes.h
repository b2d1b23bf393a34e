#pragma once

#include "core/document/document.h"

namespace maquette::test {

/// A little figure on z = 0, about 40 mm high: body, head and base as one shape of three shells,
/// labelled as three parts with ids 1 body, 2 head, 3 base.
Document threeParts();

/// The same with a closed solid for every part.
Document threeSolids();

}  // namespace maquette::test
