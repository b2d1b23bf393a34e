#include <map>
#include <memory>

#include "cli/commands.h"
#include "neural/weights/family.h"
#include "neural/weights/manifest.h"
#include "neural/weights/weight_file.h"

namespace maquette {
namespace {

struct Options {
  std::string file, manifest;
};

Report listOf(const WeightFile& file) {
  Report rows = Report::array();
  for (const TensorView& tensor : file.tensors())
    rows.push_back({tensor.name, nameOf(tensor.dtype), tensor.shape, tensor.bytes()});
  return rows;
}

Report familyReport(const WeightFile& file) {
  Report families = Report::array();
  for (const Family& family : familiesOf(file))
    families.push_back(
        {{"network", family.name}, {"part", family.part}, {"details", family.details}});
  return families;
}

Report comparison(const WeightFile& file, const std::string& manifest) {
  const auto [names, report] = compareWithBest(file, readManifests(manifest));
  return {{"manifest", names},
          {"fits", report.complete()},
          {"summary", report.summary()},
          {"other_type", report.otherType},
          {"missing", report.missing},
          {"unexpected", report.unexpected},
          {"misshapen", report.misshapen}};
}

Report weights(const Options& options, const Session& session) {
  session.ctx.stage("Reading");
  const WeightFile file = openWeights(options.file);
  std::uint64_t numbers = 0, bytes = 0;
  std::map<std::string, std::size_t> types;
  for (const TensorView& tensor : file.tensors()) {
    numbers += tensor.elements();
    bytes += tensor.bytes();
    ++types[std::string(nameOf(tensor.dtype))];
  }
  Report report{{"file", options.file},
                {"container", file.container()},
                {"file_bytes", file.fileBytes()},
                {"tensor_count", file.tensors().size()},
                {"numbers", numbers},
                {"tensor_bytes", bytes},
                {"types", types},
                {"networks", familyReport(file)}};
  if (!file.metadata().empty()) report["metadata"] = file.metadata();
  if (!options.manifest.empty()) report["against"] = comparison(file, options.manifest);
  report["tensors"] = listOf(file);
  if (report.contains("against") && !report["against"]["fits"].get<bool>())
    throw NotGood("The file does not fit the manifest: " +
                      report["against"]["summary"].get<std::string>() + ".",
                  report);
  return report;
}

}  // namespace

void addWeights(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "weights",
      "List what a weight file holds (name, type, shape, bytes of every tensor), and compare it "
      "with what it should hold");
  command
      ->add_option("file", options->file,
                   "safetensors, an index of shards, or a PyTorch file (.ckpt, .pt, .pth, .bin); "
                   "nothing in it is executed")
      ->required();
  command->add_option("--against", options->manifest,
                      "A manifest (JSON) of names and shapes; of several, the one that fits best. "
                      "Where the file does not fit, the exit code is 3");
  command->callback(
      [options, &action] { action = [options](Session& s) { return weights(*options, s); }; });
}

}  // namespace maquette
