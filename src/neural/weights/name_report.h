#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "neural/weights/weight_file.h"

namespace maquette {

/// A tensor that somebody wants.
struct NamedShape {
  std::string name;
  std::vector<std::int64_t> shape;
  std::optional<Dtype> dtype = {};  ///< as published; another one is fine, and counted
};

/// How the tensors of a file and those that are wanted go together. Names are complete and sorted.
struct NameReport {
  std::size_t consumed = 0;             ///< wanted, there, and of the right shape
  std::size_t unused = 0;               ///< there, known, and of no use to us
  std::size_t otherType = 0;            ///< of the consumed, those that are stored as another type
  std::vector<std::string> missing;     ///< wanted, not there
  std::vector<std::string> unexpected;  ///< there, not known
  std::vector<std::string> misshapen;   ///< there, of another shape: "name: [2, 3] instead of [3]"

  bool complete() const { return missing.empty() && unexpected.empty() && misshapen.empty(); }
  std::string summary() const;  ///< "consumed 12, missing 0, unexpected 0, misshapen 0"
};

/// Compares the file's own names with those that are wanted.
NameReport compareNames(const WeightFile& file, std::span<const NamedShape> wanted);

/// What to do about tensors that nobody knows: a strict loader refuses them, another one warns.
enum class Unexpected : std::uint8_t { Refused, Warned };

/// Passes when nothing is missing or misshapen, and nothing unexpected or that only warned about
/// (in the log, with every name).
///
/// @param file  for messages
/// @throws FileError  otherwise; says how many and names some, all in its detail
void requireComplete(const NameReport& report, const std::filesystem::path& file,
                     Unexpected unexpected = Unexpected::Refused);
inline void requireComplete(const NameReport& report, const WeightFile& file,
                            Unexpected unexpected = Unexpected::Refused) {
  requireComplete(report, file.path(), unexpected);
}

}  // namespace maquette
