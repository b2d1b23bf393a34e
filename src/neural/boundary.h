#pragma once

#include <utility>

namespace maquette::neural {

/// Throws what is in flight again, as one of ours: libtorch's classes mean nothing outside of the
/// plug-in. Call inside a catch block.
///
/// @throws OutOfMemory  the device or the host had no room
/// @throws Unsupported  the graphics card cannot run what was built for it
/// @throws Error        anything else that libtorch said
[[noreturn]] void throwOurs();

/// Runs `work` at the plug-in's border: whatever it throws comes out as ours.
template <class Work>
auto atBoundary(Work&& work) -> decltype(work()) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    throwOurs();
  }
}

}  // namespace maquette::neural
