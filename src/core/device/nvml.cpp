#include "core/device/nvml.h"

#include <dlfcn.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/base/log.h"

namespace maquette {
namespace {

// NVML API reference, "NVML Return Values" and "Device Enums".
constexpr int kSuccess = 0, kUninitialised = 1, kNoPermission = 4, kInsufficientSize = 7,
              kDriverNotLoaded = 9, kGpuLost = 15, kVersionMismatch = 18;
constexpr unsigned kTemperatureGpu = 0;
constexpr unsigned long long kNotAvailable = ~0ull;

struct Memory {
  unsigned long long total, free, used;
};
struct Utilisation {
  unsigned gpu, memory;
};
struct Process {
  unsigned pid;
  unsigned long long usedGpuMemory;
  unsigned gpuInstanceId, computeInstanceId;
};
using ProcessList = int(void*, unsigned*, Process*);

std::string troubleOf(int code) {
  switch (code) {
    case kDriverNotLoaded:
      return "The NVIDIA driver is installed but does not run. Restart the computer; if that does "
             "not help, install the driver again.";
    case kVersionMismatch:
      return "The NVIDIA driver has been updated since the computer was started. Restart it.";
    case kNoPermission:
      return "You may not use the graphics card. Ask whoever looks after this machine.";
    case kGpuLost:
      return "The graphics card does not answer any more. Restart the computer.";
    default:
      return fmt::format("The NVIDIA driver does not answer (error {}). Restart the computer.",
                         code);
  }
}

std::string libraryFile(const std::string& given) {
  if (!given.empty()) return given;
  const char* chosen = std::getenv("MAQUETTE_NVML");
  return chosen && *chosen ? chosen : "libnvidia-ml.so.1";
}

/// The memory that this process holds according to one list of processes.
std::int64_t oursIn(ProcessList* list, void* card) {
  if (!list) return 0;
  std::vector<Process> running(64);
  auto count = static_cast<unsigned>(running.size());
  int code = list(card, &count, running.data());
  if (code == kInsufficientSize && count < 100'000) {
    running.resize(count + 16);  // some may come while we ask
    count = static_cast<unsigned>(running.size());
    code = list(card, &count, running.data());
  }
  if (code != kSuccess) return 0;
  const auto self = static_cast<unsigned>(getpid());
  for (unsigned i = 0; i < std::min<std::size_t>(count, running.size()); ++i)
    if (running[i].pid == self && running[i].usedGpuMemory != kNotAvailable)
      return static_cast<std::int64_t>(running[i].usedGpuMemory);
  return 0;
}

}  // namespace

/// NVML's functions; those that an old driver lacks are null.
struct Nvml::Entries {
  explicit Entries(void* library) : library_(library) {
    find(initialise, "nvmlInit_v2");
    find(shutdown, "nvmlShutdown");
    find(driverVersion, "nvmlSystemGetDriverVersion");
    find(cudaVersion, "nvmlSystemGetCudaDriverVersion_v2");
    find(count, "nvmlDeviceGetCount_v2");
    find(byIndex, "nvmlDeviceGetHandleByIndex_v2");
    find(name, "nvmlDeviceGetName");
    find(uuid, "nvmlDeviceGetUUID");
    find(capability, "nvmlDeviceGetCudaComputeCapability");
    find(memory, "nvmlDeviceGetMemoryInfo");
    find(utilisation, "nvmlDeviceGetUtilizationRates");
    find(temperature, "nvmlDeviceGetTemperature");
    find(computing, "nvmlDeviceGetComputeRunningProcesses_v3");
    find(drawing, "nvmlDeviceGetGraphicsRunningProcesses_v3");
    find(byUuid, "nvmlDeviceGetHandleByUUID");
  }

  std::string text(int (*ask)(void*, char*, unsigned), void* card) const {
    std::array<char, 128> words{};
    return ask && ask(card, words.data(), words.size() - 1) == kSuccess ? words.data() : "";
  }

  int (*initialise)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*driverVersion)(char*, unsigned) = nullptr;
  int (*cudaVersion)(int*) = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*byIndex)(unsigned, void**) = nullptr;
  int (*byUuid)(const char*, void**) = nullptr;
  int (*name)(void*, char*, unsigned) = nullptr;
  int (*uuid)(void*, char*, unsigned) = nullptr;
  int (*capability)(void*, int*, int*) = nullptr;
  int (*memory)(void*, Memory*) = nullptr;
  int (*utilisation)(void*, Utilisation*) = nullptr;
  int (*temperature)(void*, unsigned, unsigned*) = nullptr;
  ProcessList* computing = nullptr;
  ProcessList* drawing = nullptr;

 private:
  template <class Function>
  void find(Function*& entry, const char* symbol) {
    entry = reinterpret_cast<Function*>(::dlsym(library_, symbol));
  }
  void* library_;
};

Nvml::Nvml(const std::string& library) {
  library_ = ::dlopen(libraryFile(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library_) {
    trouble_ = "This machine has no NVIDIA driver.";
    return;
  }
  entries_ = std::make_unique<Entries>(library_);
  start();
}

Nvml::~Nvml() {
  if (started_ && entries_->shutdown) entries_->shutdown();
  if (library_) ::dlclose(library_);
}

void Nvml::start() {
  if (!entries_->initialise || !entries_->byIndex || !entries_->memory) {
    trouble_ = "The NVIDIA driver is too old to be asked about its memory. Update it.";
    return;
  }
  const int code = entries_->initialise();
  started_ = code == kSuccess;
  trouble_ = started_ ? std::string() : troubleOf(code);
  if (!started_) log("device")->info("NVML does not start: error {}", code);
}

bool Nvml::restart() {
  if (!library_) return false;
  card_ = nullptr;
  if (started_ && entries_->shutdown) entries_->shutdown();
  started_ = false;
  start();
  return started_;
}

void Nvml::take(int code, const char* what) {
  if (code == kSuccess) return;
  if (code != kGpuLost && code != kUninitialised) return;  // only this question has no answer
  log("device")->warn("{}: NVML error {}", what, code);
  trouble_ = troubleOf(kGpuLost);
  card_ = nullptr;
}

bool Nvml::choose(unsigned index) {
  void* card = nullptr;
  if (!started_) return false;
  const int code = entries_->byIndex(index, &card);
  card_ = code == kSuccess ? card : nullptr;
  if (card_) return true;
  if (trouble_.empty()) trouble_ = "The NVIDIA driver sees no graphics card.";
  return false;
}

bool Nvml::choose(const std::string& uuid) {
  if (!started_ || uuid.empty()) return false;
  void* card = nullptr;
  if (entries_->byUuid)
    for (const char* prefix : {"", "GPU-", "MIG-"})
      if (entries_->byUuid((prefix + uuid).c_str(), &card) == kSuccess && card) {
        card_ = card;
        return true;
      }
  unsigned count = 0;
  if (entries_->count) entries_->count(&count);
  for (unsigned i = 0; i < std::min(count, 64u); ++i)  // CUDA_VISIBLE_DEVICES may be cut short
    if (entries_->byIndex(i, &card) == kSuccess && card &&
        entries_->text(entries_->uuid, card).starts_with(uuid)) {
      card_ = card;
      return true;
    }
  if (trouble_.empty() && !card_) trouble_ = "The graphics card that was asked for is not there.";
  return false;
}

std::int64_t Nvml::oursOn(void* card) const {
  // Whoever computes and draws is in both lists with the same figure.
  return std::max(oursIn(entries_->computing, card), oursIn(entries_->drawing, card));
}

std::optional<MemoryFigures> Nvml::memoryOf(void* card) {
  Memory memory{};
  const int code = entries_->memory(card, &memory);
  take(code, "memory");
  if (code != kSuccess || memory.total == 0) return std::nullopt;
  MemoryFigures figures;
  figures.total = static_cast<std::int64_t>(memory.total);
  figures.free = static_cast<std::int64_t>(std::min(memory.free, memory.total));
  figures.ours = std::min(oursOn(card), figures.total - figures.free);
  return figures;
}

NvmlCard Nvml::read(void* card) {
  NvmlCard now;
  now.name = entries_->text(entries_->name, card);
  now.uuid = entries_->text(entries_->uuid, card);
  if (entries_->capability) entries_->capability(card, &now.computeMajor, &now.computeMinor);
  now.memory = memoryOf(card);
  if (Utilisation busy{};
      entries_->utilisation && entries_->utilisation(card, &busy) == kSuccess && busy.gpu <= 100)
    now.utilisation = static_cast<int>(busy.gpu);
  if (unsigned celsius = 0; entries_->temperature &&
                            entries_->temperature(card, kTemperatureGpu, &celsius) == kSuccess &&
                            celsius < 200)
    now.celsius = static_cast<int>(celsius);
  return now;
}

std::optional<NvmlCard> Nvml::reading() {
  if (!card_) return std::nullopt;
  NvmlCard now = read(card_);
  if (!card_) return std::nullopt;  // lost meanwhile
  return now;
}

NvmlFacts Nvml::facts() {
  NvmlFacts facts;
  facts.driver = driver();
  facts.trouble = trouble_;
  if (!started_) return facts;
  std::array<char, 96> version{};
  if (entries_->driverVersion &&
      entries_->driverVersion(version.data(), version.size() - 1) == kSuccess)
    facts.version = version.data();
  if (entries_->cudaVersion && entries_->cudaVersion(&facts.cuda) != kSuccess) facts.cuda = 0;
  unsigned count = 0;
  if (entries_->count) entries_->count(&count);
  for (unsigned i = 0; i < std::min(count, 64u); ++i) {
    void* card = nullptr;
    if (entries_->byIndex(i, &card) == kSuccess && card) facts.cards.push_back(read(card));
  }
  facts.trouble = trouble_;
  if (facts.cards.empty() && facts.trouble.empty())
    facts.trouble = "The NVIDIA driver sees no graphics card.";
  return facts;
}

}  // namespace maquette
