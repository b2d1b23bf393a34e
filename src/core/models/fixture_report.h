#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

// Fixtures: files with a network's weights, inputs and results, made with the official programs.
// What the plug-in computes from weights and inputs has to be the results.

namespace maquette {

/// One result of a fixture, and how ours compares.
struct FixtureOutput {
  std::string name;
  bool computed = false;  ///< false: the implementation does not compute this one
  bool passed = false;
  bool exact = false;         ///< has to be equal
  double relativeError = 0.;  ///< |ours - theirs| / |theirs|, Euclidean
  double largestError = 0.;   ///< of one number
  std::optional<double> relativeLimit = {}, largestLimit = {};  ///< as judged here
  std::string note = {};  ///< why it cannot be compared; mostly empty
};

struct FixtureReport {
  enum class State : std::uint8_t { passed, failed, unknown };

  std::filesystem::path file;
  std::string about;  ///< one sentence of the file
  State state = State::unknown;
  std::string problem;  ///< why it failed as a whole; mostly empty
  std::vector<FixtureOutput> outputs;
  double seconds = 0.;  ///< of reading and computing

  std::size_t computed() const;        ///< of the outputs
  const FixtureOutput* worst() const;  ///< nearest to its limit or beyond; null without outputs
};

/// The fixtures among `paths`: files as they are, and every .safetensors file of a folder, sorted.
///
/// @throws FileError  there is no such file, or a folder without any
std::vector<std::filesystem::path> fixtureFiles(std::span<const std::filesystem::path> paths);

/// What people read: one line, and one for every output if `detailed`.
std::string shownReport(const FixtureReport& report, bool detailed);

}  // namespace maquette
