#pragma once

#include <memory>
#include <string>

#include "core/document/document.h"
#include "viewport/camera.h"
#include "viewport/look.h"

namespace maquette {

/// What to draw without a window.
struct OffscreenView {
  Look look;
  float azimuthDegrees = -35.f;
  float elevationDegrees = 20.f;
  int supersampling = 2;                     ///< each pixel averages n x n
  std::shared_ptr<const FaceMask> proposal;  ///< or null
};

/// Draws a document as the viewport would, everything framed.
///
/// @param width, height  pixels, 1 to 8192
/// @throws Unsupported  there is no display to draw with (VTK here needs an X server); core's
///                      drawPicture needs none
/// @throws InvalidInput the size is out of range
Image renderOffscreen(const Document& document, const OffscreenView& view, int width, int height);

/// Who draws here, in OpenGL's words.
struct OffscreenFacts {
  std::string renderer;   ///< "llvmpipe (LLVM 15.0.6, 256 bits)"
  std::string version;    ///< "4.5 (Core Profile) Mesa 22.3.6"
  bool software = false;  ///< the processor draws
};

/// @throws Unsupported  there is no display to draw with
OffscreenFacts offscreenFacts();

/// Whether renderOffscreen can work here.
bool canRenderOffscreen();

}  // namespace maquette
