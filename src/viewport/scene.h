#pragma once

#include <memory>
#include <optional>

#include "core/document/document.h"
#include "viewport/camera.h"
#include "viewport/look.h"
#include "viewport/picker.h"

class vtkRenderWindow;

namespace maquette {

/// A document in its space: turns it into actors, knows the camera, answers what is under a pixel.
///
/// GUI thread only. Draws into any VTK render window; knows neither Qt nor where the window is.
class Scene {
 public:
  Scene();
  ~Scene();
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  /// Shows the scene in this window, which must outlive the scene or be detached.
  void attach(vtkRenderWindow& window);
  void detach();

  /// Shows this document; rebuilds only what differs from the one shown before.
  void present(const Document& document);
  void setProposal(std::shared_ptr<const FaceMask> mask);  ///< F flags; null clears
  void setLook(const Look& look);
  const Look& look() const;

  void setCamera(const CameraPose& pose);
  const CameraPose& camera() const;
  /// Tells the size that will be drawn, in physical pixels; ratio of physical to logical ones.
  void setSize(PictureSize size, float pixelRatio = 1.f);
  PictureSize size() const;

  /// Softens edges after drawing (FXAA), for windows without several samples a pixel.
  void smoothEdges(bool on);

  bool empty() const;                              ///< nothing to see
  Bounds bounds() const;                           ///< of what is visible, moved apart as it is
  Bounds boundsOfPart(PartId part) const;          ///< empty where it is not shown
  CameraPose framing(const Bounds& bounds) const;  ///< the camera as it is, moved to show all this

  /// @param x, y  physical pixels, y down
  std::optional<Pick> pick(float x, float y) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maquette
