#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/atomic_file.h"

namespace maquette {

/// Writes a ZIP archive entry by entry, deflated as it comes. Enough for 3MF packages.
///
/// Sizes are patched into each header, not appended behind the data: some 3MF readers know only
/// that. Times are fixed, so that the same content gives the same file.
class ZipWriter {
 public:
  explicit ZipWriter(AtomicFile& file);
  ~ZipWriter();

  void begin(const std::string& name);  ///< ends the entry before
  void write(std::string_view data);    ///< into the entry begun last
  void finish();                        ///< the directory; once, at the end

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0, plain = 0, offset = 0;
  };
  struct Deflater;
  void deflateSome(std::string_view data, bool last);
  void endEntry();
  void requireSmall(std::uint64_t bytes) const;

  AtomicFile& file_;
  std::vector<Entry> entries_;
  std::unique_ptr<Deflater> deflater_;  // while an entry is open
};

}  // namespace maquette
