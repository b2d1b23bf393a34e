#include "viewport/vtk_log.h"

#include <vtkLogger.h>
#include <vtkNew.h>
#include <vtkObjectFactory.h>
#include <vtkOutputWindow.h>

#include "core/base/log.h"

namespace maquette {
namespace {

class LogWindow : public vtkOutputWindow {
 public:
  static LogWindow* New();
  vtkTypeMacro(LogWindow, vtkOutputWindow);

  void DisplayText(const char* text) override { log("vtk")->info("{}", text); }
  void DisplayErrorText(const char* text) override { log("vtk")->error("{}", text); }
  void DisplayWarningText(const char* text) override { log("vtk")->warn("{}", text); }
  void DisplayGenericWarningText(const char* text) override { log("vtk")->warn("{}", text); }
  void DisplayDebugText(const char* text) override { log("vtk")->debug("{}", text); }
};
vtkStandardNewMacro(LogWindow);

}  // namespace

void routeVtkMessages() {
  vtkLogger::SetStderrVerbosity(vtkLogger::VERBOSITY_OFF);  // it would say everything twice
  const vtkNew<LogWindow> window;
  vtkOutputWindow::SetInstance(window);
}

}  // namespace maquette
