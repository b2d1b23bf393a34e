#include "app/services.h"

#include "classical/classical.h"

namespace maquette {

Services::Services()
    : monitor(systemMemoryMonitor()),
      ledger(memoryLedgerFile()),
      models(registry, *monitor, &ledger, &neural),
      work("work"),
      gpu("gpu", [this] { models.unloadAll("the program ends"); }) {
  registerClassical(registry);
}

void Services::follow(const Settings& settings) {
  models.setBudget({settings.memoryLimit, kDesktopReserve});
  models.setPolicy({settings.release, std::chrono::minutes(settings.idleMinutes)});
}

}  // namespace maquette
