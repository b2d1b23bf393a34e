#include <ATen/Parallel.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "core/base/error.h"
#include "core/jobs/context.h"
#include "neural/check/fixture.h"
#include "neural/facts.h"
#include "neural/scratch_folder.h"

using namespace maquette;
using namespace maquette::neural;

namespace {

using State = FixtureReport::State;

const std::filesystem::path kFolder = std::filesystem::path(MAQUETTE_TEST_DATA) / "neural";

std::vector<std::filesystem::path> all() {
  const std::filesystem::path folder[] = {kFolder};
  return fixtureFiles(folder);
}

FixtureReport run(const std::filesystem::path& file, c10::ScalarType dtype = c10::kFloat) {
  at::set_num_threads(1);  // small layers: threads would only wait for each other
  return runFixture(file, {c10::Device(c10::kCPU), dtype}, Context());
}

/// A copy of a fixture with some bytes replaced, all of one length.
std::filesystem::path edited(const std::string& name, const std::string& from,
                             const std::string& to) {
  std::ifstream in(kFolder / (name + ".safetensors"), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::size_t at = bytes.find(from);
  EXPECT(at != std::string::npos && from.size() == to.size());
  bytes.replace(at, from.size(), to);
  static const test::ScratchFolder folder("fixtures");
  const std::filesystem::path file = folder / (name + ".safetensors");
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

}  // namespace

// The table of what passes: every fixture that is kept here, with its worst result.
FACT(everyFixtureKeptHerePasses) {
  for (const std::filesystem::path& file : all()) {
    const FixtureReport report = run(file);
    std::cout << shownReport(report, false);
    EXPECT(report.state == State::passed);
    EXPECT(report.computed() == report.outputs.size());
  }
}

FACT(halfPrecisionLosesLittle) {
  for (const c10::ScalarType dtype : {c10::kHalf, c10::kBFloat16})
    for (const std::filesystem::path& file : all()) {
      if (file.stem().string().starts_with("33-wide")) continue;  // of official size: slow
      const FixtureReport report = run(file, dtype);
      if (report.state != State::passed) std::cout << shownReport(report, false);
      EXPECT(report.state == State::passed);
    }
}

FACT(aWrongNameIsTold) {
  const FixtureReport renamed =
      run(edited("02-v21-time-token", "t_embedder.mlp.0.bias", "t_embedder.mlp.0.bean"));
  EXPECT(renamed.state == State::failed);
  EXPECT(renamed.problem.find("Missing: t_embedder.mlp.0.bias.") != std::string::npos);
  EXPECT(renamed.problem.find("Unexpected: t_embedder.mlp.0.bean.") != std::string::npos);
}

FACT(aTighterLimitIsNoticed) {
  const FixtureReport report =
      run(edited("02-v21-time-token", "\\\"rel_l2\\\":1e-05", "\\\"rel_l2\\\":1e-12"));
  EXPECT(report.state == State::failed);
  EXPECT(!report.worst()->passed);
  EXPECT(report.worst()->relativeError > 1e-12);
}

FACT(damagedFixturesSayWhatIsWrong) {
  const FixtureReport report =
      run(edited("02-v21-time-token", "\"tolerance\":\"{", "\"tolerance\":\"]"));
  EXPECT(report.state == State::failed);
  EXPECT(report.problem.find("02-v21-time-token.safetensors") != std::string::npos);
  EXPECT(run(kFolder / "none.safetensors").state == State::failed);
}

FACT(whatHasNoImplementationIsNoFailure) {
  const std::filesystem::path file =
      edited("02-v21-time-token", "02", "02").parent_path() / "99-unheard-of.safetensors";
  std::filesystem::copy_file(kFolder / "02-v21-time-token.safetensors", file,
                             std::filesystem::copy_options::overwrite_existing);
  const FixtureReport report = run(file);
  EXPECT(report.state == State::unknown);
  EXPECT(shownReport(report, false).find("no implementation yet") != std::string::npos);
}

FACT(aFolderWithoutFixturesIsRefused) {
  const test::ScratchFolder empty("no-fixtures");
  const std::filesystem::path folder[] = {empty.path()};
  MESSAGE_OF(FileError, fixtureFiles(folder));
}

FACT(workStopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  bool cancelled = false;
  try {
    runFixture(kFolder / "02-v21-time-token.safetensors", {}, Context(stop.get_token(), nullptr));
  } catch (const Cancelled&) {
    cancelled = true;
  }
  EXPECT(cancelled);
}

FACT_MAIN
