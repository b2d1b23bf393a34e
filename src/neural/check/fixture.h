#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/jobs/context.h"
#include "core/models/fixture_report.h"
#include "neural/check/json_facts.h"
#include "neural/nn/parameters.h"
#include "neural/weights/weight_file.h"

namespace maquette::neural {

/// Fixtures have small networks: of those, matrices of so many numbers are kept in 8 bits.
inline constexpr std::int64_t kInt8NumbersOfFixtures = 256;

/// One fixture while it is run: gives weights and inputs, takes results and compares them.
class Fixture {
 public:
  /// @throws FileError  not readable, damaged, or not a fixture
  Fixture(const std::filesystem::path& file, Placement placement, const Context& ctx);

  const std::filesystem::path& file() const { return path_; }
  const Placement& placement() const { return placement_; }
  const JsonFacts& config() const { return config_; }
  const Context& context() const { return ctx_; }

  bool hasIn(const std::string& name) const;

  /// Input "in/NAME" on the device; single-precision numbers in the type that is to be checked,
  /// all others as they are stored.
  at::Tensor in(const std::string& name) const;

  /// The same as it is stored.
  at::Tensor stored(const std::string& name) const;

  /// The whole numbers of an input, wherever the network computes.
  std::vector<std::int64_t> integers(const std::string& name) const;

  /// Our own weights, "weights/" left out of their names.
  Parameters weights(std::string_view prefix = {}) const;

  /// Those of a part that may live in another fixture ("weights_from" in the configuration).
  ///
  /// @throws FileError  the other fixture is not beside this one
  Parameters weightsOf(const std::string& part);

  /// The configuration of that other fixture, or our own.
  JsonFacts configOf(const std::string& part) const;

  /// Compares a result with "out/NAME".
  void out(const std::string& name, const at::Tensor& ours);
  void out(const std::string& name, const std::vector<std::int64_t>& ours);

  /// The same for what is decided from computed numbers, whole numbers that have to be equal: in
  /// half precision some near the border fall on the other side.
  void outDecided(const std::string& name, const at::Tensor& ours);

  /// The same where `counts`, a tensor of booleans, is true; others are free.
  void outWhere(const std::string& name, const at::Tensor& ours, const at::Tensor& counts);

  /// Names of results that begin with `prefix`, without "out/".
  std::vector<std::string> outputs(std::string_view prefix = {}) const;
  bool hasOut(const std::string& name) const;
  at::Tensor theirs(const std::string& name) const;  ///< a result, on the processor

  /// Which weights are missing, left over or of another shape; empty if none.
  std::string wrongWeights() const;

  /// What was found; call last. Weights that nobody asked for make it fail.
  FixtureReport report() const;

 private:
  at::Tensor tensor(const std::string& name) const;
  void limits(FixtureOutput& output) const;
  void compare(const std::string& name, const at::Tensor& ours, const at::Tensor* counts,
               bool decided = false);

  std::filesystem::path path_;
  Placement placement_;
  const Context& ctx_;
  WeightFile file_;
  JsonFacts config_, tolerance_;
  Parameters weights_;
  std::map<std::string, FixtureOutput> results_;
};

/// How one fixture is computed. A new network brings a file that tells a few of these, and a line
/// in fixture.cpp.
struct Implementation {
  std::string_view fixture;  ///< the file's name without its extension
  void (*run)(Fixture&);
};

std::span<const Implementation> shapeImplementations();
std::span<const Implementation> shapeNetworkImplementations();
std::span<const Implementation> partImplementations();
std::span<const Implementation> flowImplementations();
std::span<const Implementation> partSonataImplementations();
std::span<const Implementation> maskImplementations();
std::span<const Implementation> segmentImplementations();
std::span<const Implementation> segmentNetworkImplementations();

/// Runs one fixture. What is wrong with the file, or with a result, is in the report.
///
/// @throws OutOfMemory, Cancelled
FixtureReport runFixture(const std::filesystem::path& file, Placement placement,
                         const Context& ctx);

}  // namespace maquette::neural
