#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace maquette::fuzz {

inline std::string_view textOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// One file in memory that holds input after input; goes away with the program.
class InputOnDisk {
 public:
  explicit InputOnDisk(const std::string& extension) {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const bool there = std::filesystem::is_directory(memory, error);
    path_ = (there ? memory : std::filesystem::temp_directory_path()) /
            ("maquette-fuzz-" + std::to_string(::getpid()) + "." + extension);
  }
  ~InputOnDisk() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  InputOnDisk(const InputOnDisk&) = delete;
  InputOnDisk& operator=(const InputOnDisk&) = delete;

  const std::filesystem::path& holding(std::string_view content) const {
    std::ofstream(path_, std::ios::binary) << content;
    return path_;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Runs `read`, which may end well or with one of our errors; whatever else it throws goes through
/// and is a finding, as is a hang.
template <class Read>
void readOrExplain(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) throw std::logic_error("an error without words");
  }
}

}  // namespace maquette::fuzz

/// What libFuzzer calls with input after input, and replay.cpp with what it found.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
