#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "core/models/neural_abi.h"

namespace maquette {

/// For the start of main, while there is one thread: what the plug-in's libraries read once from
/// the environment. What the user has set stays.
void prepareNeuralEnvironment();

/// Where the plug-in belongs: beside the core's own library, or where MAQUETTE_NEURAL says.
std::filesystem::path neuralPluginFile();

/// The library that dlopen's words say is not on this machine; empty if they say something else.
std::string missingLibrary(const std::string& dlerrorText);

/// The plug-in `neural`, opened when it is first needed and then never closed.
class NeuralPlugin {
 public:
  explicit NeuralPlugin(std::filesystem::path file = neuralPluginFile(), NeuralStart start = {});

  /// One that is linked in: for tests. @param table  static
  explicit NeuralPlugin(const NeuralTable& table, NeuralStart start = {});

  /// Opens it on the first call, which takes a second and belongs on the gpu lane. Any thread.
  ///
  /// @throws Unsupported  it is missing, does not fit this build, or lacks a library; says which
  const NeuralTable& table();

  /// What the plug-in found when it was opened. @throws Unsupported  as table()
  const NeuralFacts& facts();

  /// Whether table() has succeeded. Any thread, at once.
  bool opened() const;

  /// Why it cannot be there, without opening anything; empty if its file is.
  std::string unavailable() const;

  /// What opening it took; zero before.
  struct Cost {
    double seconds = 0.;
    std::int64_t residentBytes = 0;  ///< more memory held by this process than before
  };
  Cost cost() const;

 private:
  void open();

  const std::filesystem::path file_;  // empty: linked in
  const NeuralTable* const linked_ = nullptr;
  const NeuralStart start_;
  std::mutex opening_;        // held while it is opened
  mutable std::mutex mutex_;  // guards the rest
  const NeuralTable* table_ = nullptr;
  NeuralFacts facts_;
  Cost cost_;
};

}  // namespace maquette
