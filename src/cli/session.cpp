#include "cli/session.h"

#include <utility>

#include "classical/classical.h"
#include "core/base/error.h"

namespace maquette {

Session::Session(Context context, std::uint64_t randomSeed)
    : ctx(std::move(context)),
      seed(randomSeed),
      monitor_(systemMemoryMonitor()),
      models_(registry_, *monitor_) {
  registerClassical(registry_);
}

void requireFolderFor(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, error))
    throw FileError("There is no folder “" + folder.string() + "” to write into. Create it first.",
                    error.message());
}

}  // namespace maquette
