#include "neural/boundary.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace maquette::neural {
namespace {

constexpr const char* kNoRoom =
    "There is not enough memory for this model. Close other programs, or choose a smaller model or "
    "a lower resolution.";

bool saysOneOf(std::string_view text, std::initializer_list<std::string_view> phrases) {
  for (const std::string_view phrase : phrases)
    if (text.find(phrase) != std::string_view::npos) return true;
  return false;
}

/// libtorch has a class for the caching allocator's refusal only; the others are known by their
/// text.
[[noreturn]] void throwByText(const std::string& text) {
  if (saysOneOf(text, {"DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
                       "CUDNN_STATUS_ALLOC_FAILED", "Storage size calculation overflowed"}))
    throw OutOfMemory(kNoRoom, text);
  if (saysOneOf(text, {"no kernel image is available", "CUDA driver version is insufficient",
                       "Found no NVIDIA driver", "No CUDA GPUs are available",
                       "Cannot initialize CUDA without"}))
    throw Unsupported(
        "The graphics card or its driver is too old for this build of the neural models. Update "
        "the "
        "driver, or compute on the processor.",
        text);
  throw Error("The neural model could not finish. The details are in the log.", text);
}

}  // namespace

void throwOurs() {
  try {
    throw;
  } catch (const Cancelled&) {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc& error) {
    throw OutOfMemory(kNoRoom, error.what());
  } catch (const c10::OutOfMemoryError& error) {
    throw OutOfMemory(
        "There is not enough memory on the graphics card. Close other programs that use it, or "
        "choose a smaller model or a lower resolution.",
        error.what_without_backtrace());
  } catch (const c10::Error& error) {
    throwByText(error.what_without_backtrace());
  } catch (const std::exception& error) {
    throwByText(error.what());
  } catch (...) {
    throw Error("The neural model could not finish.", "unknown exception");
  }
}

}  // namespace maquette::neural
