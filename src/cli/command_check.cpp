#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "core/models/fixture_report.h"
#include "core/models/neural_plugin.h"

namespace maquette {
namespace {

struct Options {
  std::vector<std::filesystem::path> fixtures;
  NeuralCheck how;
  std::string dtype;
};

Report rowOf(const FixtureOutput& output) {
  if (!output.computed) return {output.name, "not computed"};
  const auto limit = [&](const std::optional<double>& value) {
    return output.exact ? Report("exact") : value ? Report(*value) : Report(nullptr);
  };
  Report row{output.name, output.passed ? "passed" : "failed"};
  if (!output.note.empty()) {
    row.push_back(output.note);
    return row;
  }
  row.push_back(output.relativeError);
  row.push_back(output.largestError);
  row.push_back(limit(output.relativeLimit));
  row.push_back(limit(output.largestLimit));
  return row;
}

Report reportOf(const FixtureReport& fixture) {
  using State = FixtureReport::State;
  Report report{{"state", fixture.state == State::passed   ? "passed"
                          : fixture.state == State::failed ? "failed"
                                                           : "no implementation yet"}};
  if (fixture.state == State::unknown) return report;
  report["seconds"] = fixture.seconds;
  if (!fixture.problem.empty()) report["problem"] = fixture.problem;
  report["outputs"] = Report::array();
  for (const FixtureOutput& output : fixture.outputs) report["outputs"].push_back(rowOf(output));
  return report;
}

Report check(const Options& options, Session& session) {
  using State = FixtureReport::State;
  const std::vector<std::filesystem::path> files = fixtureFiles(options.fixtures);
  NeuralPlugin plugin;
  session.ctx.stage("Checking");
  Report fixtures = Report::object();
  std::size_t passed = 0, failed = 0, unknown = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    session.ctx.report(float(i) / float(files.size()));
    const FixtureReport found = plugin.table().check(files[i], options.how, session.ctx);
    fixtures[files[i].stem().string()] = reportOf(found);
    ++(found.state == State::passed ? passed : found.state == State::failed ? failed : unknown);
  }
  Report report{{"fixtures", fixtures},
                {"passed", passed},
                {"failed", failed},
                {"without_implementation", unknown}};
  if (failed > 0)
    throw NotGood(fmt::format("{} of {} fixtures came out wrong.", failed, files.size()), report);
  return report;
}

}  // namespace

void addCheck(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check",
      "Compute fixtures with the neural models: files with weights, inputs and the results that "
      "the official programs have. Of every result: its relative error (Euclidean), the largest "
      "error of one number, and the two limits that the file sets. Exit code 3 if one is beyond");
  command->add_option("fixtures", options->fixtures, "Fixtures (.safetensors), or folders of them")
      ->required();
  const std::map<std::string, NeuralDevice> devices{{"cpu", NeuralDevice::cpu},
                                                    {"cuda", NeuralDevice::cuda}};
  command->add_option("--device", options->how.device, "Where: cpu or cuda (cpu)")
      ->transform(CLI::CheckedTransformer(devices).description(""));
  using How = std::pair<Precision, WeightForm>;
  static const std::map<std::string, How> precisions{
      {"f32", {Precision::f32, WeightForm::full}},
      {"f16", {Precision::f16, WeightForm::full}},
      {"bf16", {Precision::bf16, WeightForm::full}},
      {"int8", {Precision::f32, WeightForm::int8}},
      {"int8-f16", {Precision::f16, WeightForm::int8}},
      {"int8-bf16", {Precision::bf16, WeightForm::int8}}};
  command
      ->add_option("--dtype", options->dtype,
                   "In which precision: f32, f16, bf16 (f32); int8: the large weights of repeated "
                   "layers are kept in 8 bits, and computed with in single precision, or with "
                   "int8-f16 and int8-bf16 in halves")
      ->check(CLI::IsMember(precisions).description(""))
      ->each([options](const std::string& name) {
        std::tie(options->how.precision, options->how.weights) = precisions.at(name);
      });
  command->callback(
      [options, &action] { action = [options](Session& s) { return check(*options, s); }; });
}

}  // namespace maquette
