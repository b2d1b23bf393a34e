#include "app/services.h"

#include "app/file_path.h"
#include "classical/classical.h"

namespace maquette {

Services::Services()
    : monitor(systemMemoryMonitor()),
      weights({officialCatalogue(), modelPlaces()}),
      ledger(memoryLedgerFile()),
      models(registry, *monitor, &ledger, &neural),
      work("work"),
      gpu("gpu", [this] { models.unloadAll("the program ends"); }) {
  registerClassical(registry);
  registerNetworks(registry, weights, neural);
}

void Services::follow(const Settings& settings) {
  models.setBudget({settings.memoryLimit, kDesktopReserve, settings.int8Weights});
  const bool told = qEnvironmentVariableIsSet("MAQUETTE_MODELS");
  weights.setStore({officialCatalogue(),
                    modelPlaces(told ? std::filesystem::path() : pathOf(settings.modelsFolder))});
  models.setPolicy({settings.release, std::chrono::minutes(settings.idleMinutes)});
}

}  // namespace maquette
