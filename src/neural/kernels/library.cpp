#include "neural/kernels/library.h"

#include <dlfcn.h>
#include <spdlog/fmt/fmt.h>

#include <filesystem>

#include "core/base/log.h"

namespace maquette::neural {
namespace {

/// Beside the plug-in, whose code this is.
std::filesystem::path libraryFile() {
  Dl_info here{};
  std::filesystem::path folder;
  if (::dladdr(reinterpret_cast<const void*>(&kernels), &here) != 0 && here.dli_fname)
    folder = std::filesystem::path(here.dli_fname).parent_path();
  return folder / "libmaquette_neural_kernels.so";
}

const MaquetteKernels* open() {
  void* library = ::dlopen(libraryFile().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    log("neural")->info("no kernels of our own: {}", ::dlerror());
    return nullptr;
  }
  const auto entry =
      reinterpret_cast<const MaquetteKernels* (*)()>(::dlsym(library, "maquetteKernels"));
  const MaquetteKernels* table = entry ? entry() : nullptr;
  return table && table->abi == kMaquetteKernelsAbi ? table : nullptr;
}

}  // namespace

const MaquetteKernels* kernels() {
  static const MaquetteKernels* const table = open();
  return table;
}

std::string aboutKernels() {
  if (const MaquetteKernels* table = kernels())
    return fmt::format("CUDA kernels of our own for the architectures {}.", table->architectures);
  return "No CUDA kernels of our own: this was built without nvcc. Some steps run on the "
         "processor.";
}

}  // namespace maquette::neural
