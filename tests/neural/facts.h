#pragma once

#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

// Tests about the networks run where there is no Qt: on a machine with a graphics card, a compiler
// and little else. So they say their facts with these few lines instead of with Qt Test.
//
//   FACT(aSquareHasFourSides) { EXPECT(sides(square) == 4); }
//   FACT_MAIN

namespace maquette::test {

struct Fact {
  std::string name;
  std::function<void()> run;
};

inline std::vector<Fact>& facts() {
  static std::vector<Fact> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*run)()) { facts().push_back({name, run}); }
};

/// Thrown by SKIP: the fact cannot be judged here.
struct Skipped {
  std::string why;
};

inline void fail(const char* file, int line, const std::string& what) {
  ++failures();
  std::cout << file << ":" << line << ": " << what << std::endl;
}

/// Runs the facts, all or those whose names contain the first argument; the number that failed.
inline int runFacts(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "";
  int run = 0, failed = 0;
  for (const Fact& fact : facts()) {
    if (fact.name.find(wanted) == std::string::npos) continue;
    const int before = failures();
    std::string skipped;
    try {
      ++run;
      fact.run();
    } catch (const Skipped& skip) {
      skipped = skip.why;
    } catch (const std::exception& error) {
      fail("", 0, std::string("threw ") + error.what());
    }
    const bool passed = failures() == before;
    failed += passed ? 0 : 1;
    std::cout << (!passed           ? "FAIL  "
                  : skipped.empty() ? "pass  "
                                    : "skip  ")
              << fact.name << (skipped.empty() ? "" : ": " + skipped) << std::endl;
  }
  std::cout << run - failed << " passed, " << failed << " failed" << std::endl;
  return run == 0 || failed > 0 ? 1 : 0;
}

/// The message of the exception of this type that `work` throws; empty, and a failure, otherwise.
template <class Exception>
std::string thrownBy(const char* file, int line, const std::function<void()>& work) {
  try {
    work();
    fail(file, line, "nothing was thrown");
  } catch (const Exception& error) {
    return error.what();
  } catch (const std::exception& error) {
    fail(file, line, std::string("something else was thrown: ") + error.what());
  }
  return {};
}

}  // namespace maquette::test

#define FACT(name)                                                                  \
  static void name();                                                               \
  static const maquette::test::Registration maquetteRegistered_##name(#name, name); \
  static void name()
#define EXPECT(condition)                                                              \
  do {                                                                                 \
    if (!(condition)) maquette::test::fail(__FILE__, __LINE__, "not so: " #condition); \
  } while (false)
#define SKIP(why) \
  throw maquette::test::Skipped { why }
#define MESSAGE_OF(Exception, ...) \
  maquette::test::thrownBy<Exception>(__FILE__, __LINE__, [&] { (void)(__VA_ARGS__); })
#define FACT_MAIN \
  int main(int argc, char** argv) { return maquette::test::runFacts(argc, argv); }
