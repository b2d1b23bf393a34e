#include "core/models/neural_plugin.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/device/memory_monitor.h"

namespace maquette {
namespace {

constexpr const char* kPluginName = "libmaquette_neural.so";
constexpr const char* kWithout = "Classical geometry does the same jobs without it.";

std::string missingFileMessage(const std::filesystem::path& file) {
  return fmt::format(
      "The neural models are not installed: there is no {}. {} To have them, run "
      "packaging/bootstrap and build again.",
      file.string(), kWithout);
}

/// How the plug-in is opened.
///
/// NOW: what is missing is said here and not in the middle of a job. LOCAL: its symbols meet nobody
/// else's. NODELETE: libtorch's threads and registrations outlive any handle. DEEPBIND: libtorch
/// calls its own BLAS and LAPACK, which have the names that everybody's have, instead of those that
/// OpenCV brings along (twenty times slower, and of another calling convention for complex
/// numbers). It may not be used where somebody else's malloc stands before the C library's: a
/// sanitizer, a profiler.
int openingFlags() {
  Dl_info allocator{}, library{};
  const bool known =
      ::dladdr(reinterpret_cast<const void*>(&std::malloc), &allocator) != 0 &&
      ::dladdr(reinterpret_cast<const void*>(&::gnu_get_libc_version), &library) != 0;
  const bool own = known && allocator.dli_fbase == library.dli_fbase;
  return RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | (own ? RTLD_DEEPBIND : 0);
}

/// The loader's words, for people: mostly a library that is not on this machine.
[[noreturn]] void cannotOpen(const std::filesystem::path& file, const std::string& words) {
  if (const std::string library = missingLibrary(words); !library.empty())
    throw Unsupported(fmt::format("The neural models need {}, which is not on this machine. {} To "
                                  "have them, run packaging/bootstrap and build again.",
                                  library, kWithout),
                      words);
  throw Unsupported(fmt::format("The neural models cannot be opened ({}). {}",
                                file.filename().string(), kWithout),
                    words);
}

const NeuralTable& checked(const NeuralTable* table, const std::filesystem::path& file) {
  if (table && table->abi == kNeuralAbi && table->layout == neuralLayout()) return *table;
  throw Unsupported(
      fmt::format("The neural models in {} belong to another version of Maquette. Build or install "
                  "both from one version. {}",
                  file.string(), kWithout),
      table ? fmt::format("ABI {} layout {:08x}; wanted {} and {:08x}", table->abi, table->layout,
                          kNeuralAbi, neuralLayout())
            : std::string("no table"));
}

const NeuralTable& openLibrary(const std::filesystem::path& file) {
  void* library = ::dlopen(file.c_str(), openingFlags());
  if (!library) {
    const char* words = ::dlerror();
    cannotOpen(file, words ? words : "");
  }
  const auto entry = reinterpret_cast<NeuralEntry>(::dlsym(library, kNeuralEntry));
  return checked(entry ? entry() : nullptr, file);
}

}  // namespace

void prepareNeuralEnvironment() {
  // libtorch 2.11 reads PYTORCH_CUDA_ALLOC_CONF (its older name) before PYTORCH_ALLOC_CONF, so a
  // user's choice under either name wins over ours.
  if (!std::getenv("PYTORCH_CUDA_ALLOC_CONF"))
    ::setenv("PYTORCH_ALLOC_CONF", "expandable_segments:True", 0);
  ::setenv("CUDA_MODULE_LOADING", "LAZY", 0);
  // Threads that wait for work sleep instead of spinning, which where other programs are busy slows
  // the work itself down two to ten times. Too late where Qt has brought libgomp along already.
  ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
}

std::filesystem::path neuralPluginFile() {
  if (const char* chosen = std::getenv("MAQUETTE_NEURAL"); chosen && *chosen) return chosen;
  Dl_info core{};
  if (::dladdr(reinterpret_cast<const void*>(&neuralPluginFile), &core) == 0 || !core.dli_fname)
    return kPluginName;
  std::error_code error;
  const auto library = std::filesystem::weakly_canonical(core.dli_fname, error);
  return library.parent_path() / kPluginName;
}

std::string missingLibrary(const std::string& dlerrorText) {
  // "libA.so.1: cannot open shared object file: No such file or directory", as glibc says it.
  const std::size_t end = dlerrorText.find(": cannot open shared object file");
  if (end == std::string::npos || end == 0) return {};
  const std::size_t before = dlerrorText.find_last_of(" /:", end - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return dlerrorText.substr(begin, end - begin);
}

NeuralPlugin::NeuralPlugin(std::filesystem::path file, NeuralStart start)
    : file_(std::move(file)), start_(start) {}

NeuralPlugin::NeuralPlugin(const NeuralTable& table, NeuralStart start)
    : linked_(&table), start_(start) {}

const NeuralTable& NeuralPlugin::table() {
  const std::lock_guard opening(opening_);
  if (!opened()) open();
  return *table_;
}

const NeuralFacts& NeuralPlugin::facts() {
  table();
  return facts_;
}

bool NeuralPlugin::opened() const {
  const std::lock_guard lock(mutex_);
  return table_ != nullptr;
}

std::string NeuralPlugin::unavailable() const {
  if (linked_) return {};
  std::error_code error;
  return std::filesystem::exists(file_, error) ? std::string() : missingFileMessage(file_);
}

NeuralPlugin::Cost NeuralPlugin::cost() const {
  const std::lock_guard lock(mutex_);
  return cost_;
}

void NeuralPlugin::open() {
  if (const std::string reason = unavailable(); !reason.empty()) throw Unsupported(reason);
  const auto begin = std::chrono::steady_clock::now();
  const std::int64_t before = residentBytes();
  const NeuralTable& table = linked_ ? *linked_ : openLibrary(file_);
  NeuralFacts facts = table.start(start_);
  const Cost cost{std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
                  residentBytes() - before};
  log("neural")->info("{} opened in {:.2f} s, {} MB: {}, {} threads; {}", file_.string(),
                      cost.seconds, cost.residentBytes >> 20, facts.library, facts.threads,
                      facts.cuda ? "with CUDA" : facts.cudaReason);
  const std::lock_guard lock(mutex_);
  table_ = &table;
  facts_ = std::move(facts);
  cost_ = cost;
}

}  // namespace maquette
