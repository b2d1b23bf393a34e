#include "app/services.h"

#include "classical/classical.h"

namespace maquette {

Services::Services()
    : monitor(systemMemoryMonitor()),
      models(registry, *monitor),
      parked(std::make_shared<ParkedSession>()),
      work("work"),
      gpu("gpu", [this] {
        *parked = {};
        models.unload();
      }) {
  registerClassical(registry);
}

}  // namespace maquette
