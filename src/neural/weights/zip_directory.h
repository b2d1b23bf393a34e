#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace maquette {

/// One file within a zip archive, where it lies.
struct ZipRecord {
  std::string name;
  std::span<const std::byte> bytes;
};

/// Whether `content` begins as a zip archive does.
bool looksLikeZip(std::span<const std::byte> content);

/// Finds the records of a zip archive (also zip64) whose records are stored as they are. Names are
/// unique, records do not overlap; checksums are not looked at, since PyTorch may write wrong ones
/// (torch.serialization.set_crc32_options).
///
/// @param file  for messages
/// @return      ordered by name
/// @throws FileError  cut short, damaged, compressed or encrypted
std::vector<ZipRecord> readZipDirectory(const std::filesystem::path& file,
                                        std::span<const std::byte> content);

}  // namespace maquette
