#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/jobs/context.h"
#include "neural/weights/conversion.h"
#include "neural/weights/mapped_file.h"

namespace maquette {

/// Where converted weights are kept, and how many bytes of them at most.
struct WeightCachePlace {
  std::filesystem::path folder;  ///< empty: nowhere
  std::uint64_t limit = 0;       ///< bytes of all files together
};

/// From the environment: MAQUETTE_WEIGHT_CACHE or XDG_CACHE_HOME/maquette/weights, and
/// MAQUETTE_WEIGHT_CACHE_LIMIT ("8GB"; 0 keeps nothing) or 16 GB.
WeightCachePlace weightCachePlace();

/// What a file holds, as far as a look at it tells, in 32 digits: names, types, shapes, size, time
/// of its last change, and samples of every tensor.
///
/// Costs milliseconds. Notices whatever a program writes into the file, which changes its time, and
/// another file in its place; not bytes between the samples that change without the time (a failing
/// disk, somebody who means it): `models verify` is for those.
std::string contentKey(const WeightFile& file);

/// Files of weights converted once and kept, for the next time and for other programs.
///
/// Any thread and any number of processes; one converts, the others wait for it. Where nothing can
/// be written, weights are converted in memory each time, and the log says so once.
class WeightCache {
 public:
  explicit WeightCache(WeightCachePlace place = weightCachePlace()) : place_(std::move(place)) {}

  /// How the weights came.
  enum class Origin : std::uint8_t {
    original,   ///< there was nothing to convert
    cache,      ///< converted before
    converted,  ///< now, and kept
    memory,     ///< now, and not kept
  };

  struct Opened {
    WeightFile file;
    ConversionReport report;
    Origin origin = Origin::original;
    std::filesystem::path kept;  ///< the file in the cache, where there is one
  };

  /// Memory for weights that are not kept, aligned to 64 bytes.
  struct Memory {
    std::span<std::byte> bytes;
    std::shared_ptr<const void> owner;
  };
  using Allocate = std::function<Memory(std::size_t bytes)>;

  /// The weights of `original`, converted; mapped from the cache where that can be.
  ///
  /// @param allocate  memory where not; empty: from the heap
  /// @param least     see ConversionPlan
  /// @throws FileError  the original is unreadable, or has weights that are no numbers
  /// @throws Cancelled  and nothing is left behind
  Opened open(const std::filesystem::path& original, Conversion conversion, const Context& ctx,
              const Allocate& allocate = {}, std::int64_t least = kInt8Numbers) const;

  struct Entry {
    std::filesystem::path file;
    std::uint64_t bytes = 0;
    std::int64_t lastUse = 0;  ///< seconds since 1970
  };

  /// What is kept, the last used first.
  std::vector<Entry> entries() const;

  /// Removes everything, also what interrupted conversions left; not what is being written.
  /// @return  bytes freed
  std::uint64_t clear() const;

  const WeightCachePlace& place() const { return place_; }

 private:
  void prune(const std::filesystem::path& newest) const;

  WeightCachePlace place_;
};

}  // namespace maquette
