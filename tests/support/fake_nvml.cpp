// A driver that says what it is told, in the shape of NVML, so that the code that asks the real one
// runs where there is none. NVML API reference, "Device Queries".

#include "support/fake_nvml.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

using maquette::test::FakeNvml;

namespace {

constexpr int kInvalidArgument = 2, kNotFound = 6, kInsufficientSize = 7;

FakeNvml& script() {
  static FakeNvml made = [] {
    FakeNvml fresh;
    if (const char* error = std::getenv("FAKE_NVML_INIT")) fresh.initError = std::atoi(error);
    if (std::getenv("FAKE_NVML_NO_CARD")) fresh.cards.clear();
    return fresh;
  }();
  return made;
}

FakeNvml::Card* cardOf(void* handle) {
  while (std::atomic_ref(script().hangs).load())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return static_cast<FakeNvml::Card*>(handle);
}

int copy(const std::string& text, char* to, unsigned size) {
  if (text.size() + 1 > size) return kInsufficientSize;
  std::memcpy(to, text.c_str(), text.size() + 1);
  return 0;
}

struct ProcessInfo {
  unsigned pid;
  unsigned long long usedGpuMemory;
  unsigned gpuInstanceId, computeInstanceId;
};

int list(const std::vector<FakeNvml::Process>& processes, unsigned* count, ProcessInfo* infos) {
  const unsigned room = *count;
  *count = static_cast<unsigned>(processes.size());
  if (room < *count) return kInsufficientSize;
  for (unsigned i = 0; i < *count; ++i) infos[i] = {processes[i].pid, processes[i].bytes, 0, 0};
  return 0;
}

}  // namespace

extern "C" {

FakeNvml* fakeNvml() { return &script(); }

int nvmlInit_v2() {
  ++script().inits;
  return script().initError;
}
int nvmlShutdown() {
  std::atomic_ref(script().shutdowns)++;
  return 0;
}
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  return copy(script().driver, text, size);
}
int nvmlSystemGetCudaDriverVersion_v2(int* version) {
  *version = script().cuda;
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(script().cards.size());
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** card) {
  if (index >= script().cards.size()) return kInvalidArgument;
  *card = &script().cards[index];
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char* uuid, void** card) {
  for (FakeNvml::Card& known : script().cards)
    if (known.uuid == uuid) {
      *card = &known;
      return 0;
    }
  return kNotFound;
}
int nvmlDeviceGetName(void* card, char* text, unsigned size) {
  return copy(cardOf(card)->name, text, size);
}
int nvmlDeviceGetUUID(void* card, char* text, unsigned size) {
  return copy(cardOf(card)->uuid, text, size);
}
int nvmlDeviceGetCudaComputeCapability(void* card, int* major, int* minor) {
  *major = cardOf(card)->computeMajor;
  *minor = cardOf(card)->computeMinor;
  return 0;
}
int nvmlDeviceGetMemoryInfo(void* card, unsigned long long* figures) {
  const FakeNvml::Card& known = *cardOf(card);
  if (known.memoryError != 0) return known.memoryError;
  figures[0] = known.total;
  figures[1] = known.free;
  figures[2] = known.total - known.free;
  return 0;
}
int nvmlDeviceGetUtilizationRates(void* card, unsigned* figures) {
  if (cardOf(card)->utilisationError != 0) return cardOf(card)->utilisationError;
  figures[0] = figures[1] = cardOf(card)->utilisation;
  return 0;
}
int nvmlDeviceGetTemperature(void* card, unsigned, unsigned* celsius) {
  if (cardOf(card)->temperatureError != 0) return cardOf(card)->temperatureError;
  *celsius = cardOf(card)->celsius;
  return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void*, unsigned* count, ProcessInfo* infos) {
  return list(script().computing, count, infos);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void*, unsigned* count, ProcessInfo* infos) {
  return list(script().drawing, count, infos);
}

}  // extern "C"
