#include <spdlog/fmt/fmt.h>

#include <fstream>
#include <thread>

#include "core/device/memory_monitor.h"
#include "core/device/nvml.h"
#include "probe/teller.h"

namespace maquette {
namespace {

/// The value of the first line of a file that begins with `name`, without quotes.
std::string valueIn(const char* file, const std::string& name, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t at = line.find_first_not_of(" \t\"", line.find(separator) + 1);
    return at == std::string::npos ? "" : line.substr(at, line.find('"', at) - at);
  }
  return {};
}

void tellCard(const NvmlCard& card) {
  tell("card.name", card.name);
  tell("card.capability", card.computeMajor * 10. + card.computeMinor);
  if (card.memory) {
    tell("card.total", double(card.memory->total));
    tell("card.free", double(card.memory->free));
  }
  if (card.celsius) tell("card.celsius", std::to_string(*card.celsius));
}

}  // namespace

void tellMachine() {
  tellDoing("reading the machine's memory");
  const MemoryFigures host = hostMemory();
  tell("threads", double(std::thread::hardware_concurrency()));
  tell("memory.free", double(host.free));
  tell("processor", valueIn("/proc/cpuinfo", "model name", ':'));
  tell("system", valueIn("/etc/os-release", "PRETTY_NAME", '='));
  tell("memory.total", double(host.total));

  tellDoing("asking the driver for its cards");
  Nvml nvml;
  const NvmlFacts facts = nvml.facts();
  const VisibleCard visible = visibleCard();
  const bool found = !visible.none && (visible.uuid.empty() ? nvml.choose(visible.index)
                                                            : nvml.choose(visible.uuid));
  if (facts.driver && visible.none) tell("hidden", "yes");
  if (facts.driver && !found && !visible.none) tell("driver.trouble", nvml.trouble());
  tell("driver.version", facts.version);
  tell("driver.cuda", facts.cuda);
  tell("cards", std::to_string(facts.cards.size()));
  if (const auto card = found ? nvml.reading() : std::nullopt)
    tellCard(*card);
  else if (!facts.cards.empty())
    tellCard(facts.cards.front());
  tell("driver", facts.driver ? "yes" : "no");
}

}  // namespace maquette
