#include "neural/cuda_half.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <spdlog/fmt/fmt.h>

#include <array>
#include <chrono>
#include <exception>
#include <filesystem>

#include "core/base/log.h"
#include "core/models/neural_plugin.h"

namespace maquette::neural {
namespace {

constexpr int kNeededCuda = 13000;  // what the pinned libtorch is built for

/// The driver's own library, or null. Opening it creates no context.
void* driver() {
  static void* const library = ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  return library;
}

template <class Function>
Function* entry(const char* symbol) {
  return driver() ? reinterpret_cast<Function*>(::dlsym(driver(), symbol)) : nullptr;
}

/// The newest CUDA that the driver knows, 13000 for 13.0; 0 if it does not say.
int driverCuda() {
  const auto version = entry<int(int*)>("cuDriverGetVersion");
  int found = 0;
  return version && version(&found) == 0 ? found : 0;
}

/// The first card. Asked of the driver, because libtorch would create a context to answer. CUDA
/// driver API, "Device Management"; starting the driver twice is allowed.
NeuralCard firstCard() {
  constexpr int kMajor = 75, kMinor = 76;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_...
  NeuralCard card;
  const auto initialise = entry<int(unsigned)>("cuInit");
  const auto get = entry<int(int*, int)>("cuDeviceGet");
  int device = 0;
  if (!initialise || !get || initialise(0) != 0 || get(&device, 0) != 0) return card;
  if (const auto name = entry<int(char*, int, int)>("cuDeviceGetName")) {
    std::array<char, 128> text{};
    if (name(text.data(), int(text.size()) - 1, device) == 0) card.name = text.data();
  }
  if (const auto attribute = entry<int(int*, int, int)>("cuDeviceGetAttribute"))
    if (attribute(&card.computeMajor, kMajor, device) != 0 ||
        attribute(&card.computeMinor, kMinor, device) != 0)
      card.computeMajor = card.computeMinor = 0;
  std::size_t bytes = 0;
  if (const auto total = entry<int(std::size_t*, int)>("cuDeviceTotalMem_v2");
      total && total(&bytes, device) == 0)
    card.bytes = static_cast<std::int64_t>(bytes);
  // _v2 names a slice of a card where the card is sliced.
  auto uuid = entry<int(void*, int)>("cuDeviceGetUuid_v2");
  if (!uuid) uuid = entry<int(void*, int)>("cuDeviceGetUuid");
  std::array<std::uint8_t, 16> id{};
  if (uuid && uuid(id.data(), device) == 0)
    for (std::size_t i = 0; i < id.size(); ++i)
      card.uuid += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
  return card;
}

/// The versions of what is open; 0 where a library is not there to be asked.
void askVersions(CudaHalf& half) {
  const auto version = [](auto ask) {
    try {
      return static_cast<int>(ask());
    } catch (const std::exception&) {
      return 0;
    }
  };
  const auto& hooks = at::detail::getCUDAHooks();
  half.runtime = version([&] { return hooks.versionCUDART(); });
  half.cudnn = version([&] { return hooks.versionRuntimeCuDNN(); });
}

/// Beside the CPU half; by its whole path, because a sanitizer's dlopen does not know the plug-in's
/// folders.
std::filesystem::path cudaLibrary() {
  Dl_info cpu{};
  std::filesystem::path folder;
  if (::dladdr(reinterpret_cast<const void*>(&at::detail::getCUDAHooks), &cpu) != 0 &&
      cpu.dli_fname)
    folder = std::filesystem::path(cpu.dli_fname).parent_path();
  return folder / "libtorch_cuda.so";
}

std::string cannotOpen(const std::string& words) {
  const std::string library = missingLibrary(words);
  return fmt::format(
      "The graphics card is not used: {}. Run packaging/bootstrap --cuda.",
      library.empty() ? "libtorch's CUDA half does not open" : library + " is not on this machine");
}

std::string noCard() {
  if (!driver()) return "This machine has no NVIDIA driver: networks run on the processor.";
  if (const int found = driverCuda(); found > 0 && found < kNeededCuda)
    return fmt::format(
        "The NVIDIA driver is made for CUDA {}.{} and {}.{} is needed: update the driver. Until "
        "then "
        "networks run on the processor.",
        found / 1000, found % 1000 / 10, kNeededCuda / 1000, kNeededCuda % 1000 / 10);
  return "The NVIDIA driver shows no graphics card (CUDA_VISIBLE_DEVICES may hide it): networks "
         "run "
         "on the processor.";
}

}  // namespace

CudaHalf openCudaHalf(NeuralStart::Cuda when) {
  CudaHalf half;
  if (when == NeuralStart::Cuda::never) {
    half.reason = "The graphics card is switched off for networks.";
    return half;
  }
  half.driver = driverCuda();
  if (when == NeuralStart::Cuda::whereDriver && !driver()) {
    half.reason = noCard();
    return half;
  }
  const std::filesystem::path file = cudaLibrary();
  if (std::error_code error; !std::filesystem::exists(file, error)) {
    half.reason = fmt::format(
        "The graphics card is not used: this libtorch, in {}, has no CUDA half. Run "
        "packaging/bootstrap --cuda without Torch_DIR.",
        file.parent_path().string());
    return half;
  }
  const auto begin = std::chrono::steady_clock::now();
  // GLOBAL: the libraries that it opens later (linear algebra, run-time compilation) look there.
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  half.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!library) {
    const char* words = ::dlerror();
    log("neural")->info("{}", words ? words : "libtorch_cuda.so does not open");
    half.reason = cannotOpen(words ? words : "");
    return half;
  }
  half.opened = true;
  askVersions(half);
  half.usable = at::detail::getCUDAHooks().hasCUDA();
  if (half.usable)
    half.card = firstCard();
  else
    half.reason = noCard();
  return half;
}

}  // namespace maquette::neural
