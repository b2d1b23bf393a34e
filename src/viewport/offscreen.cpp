#include "viewport/offscreen.h"

#ifdef MAQUETTE_WITH_X11
#include <X11/Xlib.h>
#endif
#include <vtkRenderWindow.h>
#include <vtkSmartPointer.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/base/error.h"
#include "viewport/scene.h"

namespace maquette {
namespace {

/// Averages n x n samples; rows come bottom up and leave top down.
Image reduced(const vtkUnsignedCharArray& samples, int width, int height, int n) {
  Image image{width, height, std::vector<Rgba>(std::size_t(width) * std::size_t(height))};
  const std::uint8_t* in = const_cast<vtkUnsignedCharArray&>(samples).GetPointer(0);
  const std::size_t stride = std::size_t(width) * std::size_t(n) * 3;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      std::array<unsigned, 3> sum{};
      for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i) {
          const std::size_t row = std::size_t((height - 1 - y) * n + j);
          const std::uint8_t* p = in + row * stride + std::size_t(x * n + i) * 3;
          for (std::size_t c = 0; c < 3; ++c) sum[c] += p[c];
        }
      const auto mean = [&](std::size_t c) {
        return static_cast<std::uint8_t>((sum[c] + unsigned(n * n) / 2) / unsigned(n * n));
      };
      image.at(x, y) = {mean(0), mean(1), mean(2), 255};
    }
  return image;
}

void requireDisplay() {
  if (!canRenderOffscreen())
    throw Unsupported("There is no display to draw with. Run under xvfb-run, or set DISPLAY.",
                      "XOpenDisplay failed");
}

/// The rest of the line that begins with `name`.
std::string valueIn(const std::string& lines, const std::string& name) {
  std::size_t begin = lines.find(name);
  if (begin == std::string::npos) return {};
  begin = lines.find_first_not_of(' ', begin + name.size());
  return begin == std::string::npos ? std::string()
                                    : lines.substr(begin, lines.find('\n', begin) - begin);
}

}  // namespace

OffscreenFacts offscreenFacts() {
  requireDisplay();
  auto window = vtkSmartPointer<vtkRenderWindow>::New();
  window->SetOffScreenRendering(true);
  window->SetSize(16, 16);
  window->Render();
  const char* said = window->ReportCapabilities();
  const std::string lines = said ? said : "";
  OffscreenFacts facts{valueIn(lines, "OpenGL renderer string:"),
                       valueIn(lines, "OpenGL version string:")};
  for (const char* name : {"llvmpipe", "softpipe", "swrast", "SWR", "Software"})
    facts.software |= facts.renderer.find(name) != std::string::npos;
  return facts;
}

bool canRenderOffscreen() {
#ifdef MAQUETTE_WITH_X11
  // VTK ends the process where there is no display, so ask first. The connection is kept until the
  // next question: a virtual server resets itself, and refuses for a moment, when its last client
  // leaves between our asking and VTK's drawing.
  struct Close {
    void operator()(Display* display) const { XCloseDisplay(display); }
  };
  static std::unique_ptr<Display, Close> held;
  std::unique_ptr<Display, Close> display(XOpenDisplay(nullptr));
  if (!display) return false;
  held = std::move(display);
#endif
  return true;
}

Image renderOffscreen(const Document& document, const OffscreenView& view, int width, int height) {
  if (width < 1 || height < 1 || width > 8192 || height > 8192)
    throw InvalidInput("A picture can be 1 to 8192 pixels wide and high.");
  requireDisplay();
  const int n = std::clamp(view.supersampling, 1, 4);
  auto window = vtkSmartPointer<vtkRenderWindow>::New();
  window->SetOffScreenRendering(true);
  window->SetMultiSamples(0);
  window->SetSize(width * n, height * n);

  Scene scene;
  scene.setSize({float(width * n), float(height * n)}, float(n));
  scene.setLook(view.look);
  scene.present(document);
  scene.setProposal(view.proposal);
  CameraPose pose = scene.camera();
  pose.azimuthDegrees = view.azimuthDegrees;
  pose.elevationDegrees = view.elevationDegrees;
  scene.setCamera(pose);
  scene.setCamera(scene.framing(scene.bounds()));
  scene.attach(*window);
  window->Render();
  auto samples = vtkSmartPointer<vtkUnsignedCharArray>::New();
  window->GetPixelData(0, 0, width * n - 1, height * n - 1, 0, samples);
  if (samples->GetNumberOfTuples() < vtkIdType(width) * n * height * n)
    throw Unsupported("The picture could not be drawn: OpenGL gave nothing back.");
  Image image = reduced(*samples, width, height, n);
  scene.detach();
  return image;
}

}  // namespace maquette
