#include "io/input_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {

InputFile::InputFile(std::filesystem::path file) : RegularFile(std::move(file)) {
  if (size() == 0)
    throw FileError(
        fmt::format("{} is empty. Export it again, or use another copy.", shownName(path())),
        path().string());
}

std::string InputFile::readAll(const Context& ctx) const {
  constexpr std::size_t kSlice = std::size_t{4} << 20;
  std::string all(size(), '\0');
  std::size_t done = 0;
  while (done < all.size()) {
    const std::size_t wanted = std::min(kSlice, all.size() - done);
    const std::size_t got = readAt(done, all.data() + done, wanted);
    done += got;
    if (got < wanted) break;  // somebody is shortening it while we read
    ctx.report(static_cast<float>(done) / static_cast<float>(all.size()));
  }
  all.resize(done);
  return all;
}

}  // namespace maquette
