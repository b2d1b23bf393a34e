#pragma once

#include <string>
#include <vector>

namespace maquette::test {

/// What the driver that support/fake_nvml.cpp pretends to be answers next. Errors are NVML's codes.
struct FakeNvml {
  struct Card {
    std::string name = "Pretend RTX 4090", uuid = "GPU-0b5c1f2e-1111-2222-3333-444455556666";
    int computeMajor = 8, computeMinor = 9;
    unsigned long long total = 24'000'000'000, free = 20'000'000'000;
    unsigned utilisation = 37, celsius = 61;
    int memoryError = 0, utilisationError = 0, temperatureError = 0;
  };
  struct Process {
    unsigned pid = 0;
    unsigned long long bytes = 0;
  };
  bool hangs = false;  ///< as long as it is set, questions about a card are not answered
  int initError = 0;
  int inits = 0, shutdowns = 0;  ///< how often it was asked to start and to end
  std::string driver = "590.48.01";
  int cuda = 13010;
  std::vector<Card> cards{Card{}};
  std::vector<Process> computing, drawing;  ///< on every card
};

/// The name of the function that hands out the script: FakeNvml* fakeNvml().
inline constexpr const char* kFakeNvmlEntry = "fakeNvml";

}  // namespace maquette::test
