// The pickle of a checkpoint alone, put into an archive that fits it: a mutation that changes the
// pickle's length would otherwise never get past the archive's directory.

#include <string>
#include <utility>
#include <vector>

#include "fuzz/fuzz_weights.h"
#include "neural/weights/checkpoint.h"

using namespace maquette;

namespace {

template <class T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// What a local header and a directory entry have in common.
void putCommon(std::string& to, std::string_view name, std::size_t size) {
  put<std::uint16_t>(to, 20);
  to.append(12, '\0');  // flags, method, time, checksum
  put(to, static_cast<std::uint32_t>(size));
  put(to, static_cast<std::uint32_t>(size));
  put(to, static_cast<std::uint16_t>(name.size()));
  put<std::uint16_t>(to, 0);
}

std::string archiveOf(std::string_view pickle) {
  const std::string numbers(70, '\x3c');  // the longest storage of the seeds
  std::vector<std::pair<std::string, std::string_view>> records{{"a/data.pkl", pickle}};
  for (int key = 0; key < 12; ++key) records.emplace_back("a/data/" + std::to_string(key), numbers);
  std::string archive, directory;
  for (const auto& [name, content] : records) {
    const auto at = static_cast<std::uint32_t>(archive.size());
    archive.append("PK\3\4");
    putCommon(archive, name, content.size());
    archive.append(name).append(content);
    directory.append("PK\1\2");
    put<std::uint16_t>(directory, 20);
    putCommon(directory, name, content.size());
    directory.append(10, '\0');
    put(directory, at);
    directory.append(name);
  }
  const auto begin = static_cast<std::uint32_t>(archive.size());
  archive.append(directory).append("PK\5\6").append(4, '\0');
  for (int i = 0; i < 2; ++i) put(archive, static_cast<std::uint16_t>(records.size()));
  put(archive, static_cast<std::uint32_t>(directory.size()));
  put(archive, begin);
  put<std::uint16_t>(archive, 0);
  return archive;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string archive = archiveOf(fuzz::textOf(data, size));
  fuzz::readOrExplain([&] {
    fuzz::touch(readCheckpoint(
        "input.ckpt",
        fuzz::inMemory(reinterpret_cast<const std::uint8_t*>(archive.data()), archive.size())));
  });
  return 0;
}
