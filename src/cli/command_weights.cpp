#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "neural/weights/family.h"
#include "neural/weights/manifest.h"
#include "neural/weights/weight_cache.h"
#include "neural/weights/weight_file.h"

namespace maquette {
namespace {

struct Options {
  std::string file, manifest;
  std::optional<Conversion> conversion;
  bool keep = true;
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

/// A network's share of a conversion: the tensors under the longest of the parts that fit a name.
std::string networkOf(const std::vector<Family>& families, std::string_view name) {
  const Family* best = nullptr;
  for (const Family& family : families)
    if (name.starts_with(family.part) && (!best || family.part.size() > best->part.size()))
      best = &family;
  return best ? best->name : "others";
}

struct Share {
  std::uint64_t before = 0, after = 0, converted = 0;
  std::size_t tensors = 0;
  double error = 0., worst = 0., worstRow = 0., largest = 0.;
  std::string worstName;
};

Report shareReport(const std::string& network, const Share& share, bool errors) {
  const auto relative = [&](double value) {
    return share.converted > 0 ? Report(value) : Report();
  };
  Report report{{"network", network},
                {"bytes_before", share.before},
                {"bytes_after", share.after},
                {"saving", double(share.before - share.after) / double(share.before)},
                {"converted_tensors", share.tensors}};
  if (!errors) return report;
  report["mean_relative_error"] = relative(share.error / double(share.converted));
  report["worst_relative_error"] = relative(share.worst);
  report["worst_tensor"] = share.worstName;
  report["worst_row_relative_error"] = relative(share.worstRow);
  report["largest_error_of_its_row"] = relative(share.largest);
  return report;
}

/// What keeping the file's weights in another form saves and costs, for each of its networks.
Report conversionReport(const WeightFile& file, const Options& options, const Session& session) {
  const WeightCache cache = options.keep ? WeightCache() : WeightCache(WeightCachePlace{});
  const auto began = std::chrono::steady_clock::now();
  const WeightCache::Opened made = cache.open(options.file, *options.conversion, session.ctx);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::vector<Family> families = familiesOf(file);
  std::map<std::string, Share> shares;
  for (const TensorView& tensor : file.tensors()) {
    Share& share = shares[networkOf(families, tensor.name)];
    share.before += tensor.bytes();
    share.after += tensor.bytes();
  }
  for (const ConvertedTensor& one : made.report.tensors) {
    Share& share = shares[networkOf(families, one.name)];
    share.after -= one.before - one.after;
    share.converted += one.before;
    ++share.tensors;
    share.error += one.error.relative * double(one.before);
    share.worstRow = std::max(share.worstRow, one.error.worstRow);
    share.largest = std::max(share.largest, one.error.largest);
    if (one.error.relative <= share.worst) continue;
    share.worst = one.error.relative;
    share.worstName = one.name;
  }
  const bool errors = options.conversion == Conversion::int8;
  Report networks = Report::array(), tensors = Report::array();
  for (const auto& [network, share] : shares)
    networks.push_back(shareReport(network, share, errors));
  if (errors)
    for (const ConvertedTensor& one : made.report.tensors)
      tensors.push_back({one.name, one.error.relative, one.error.worstRow, one.error.largest});
  using Origin = WeightCache::Origin;
  Report report{{"conversion", nameOf(*options.conversion)},
                {"bytes_before", made.report.before},
                {"bytes_after", made.report.after},
                {"seconds", seconds},
                {"from", made.origin == Origin::cache       ? "the cache"
                         : made.origin == Origin::converted ? "converted now, kept in the cache"
                         : made.origin == Origin::memory    ? "converted now, not kept"
                                                            : "nothing to convert"}};
  if (!made.kept.empty()) report["kept"] = made.kept.string();
  report["networks"] = networks;
  if (errors) report["relative_error_worst_row_largest"] = tensors;
  return report;
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
  if (options.conversion)
    report["converted"] = conversionReport(file, options, session);
  else
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
  const auto add = [&](const char* name, Conversion conversion, const char* what) {
    command->add_flag_callback(
        name, [options, conversion] { options->conversion = conversion; }, what);
  };
  add("--int8", Conversion::int8,
      "Keep the large weights of repeated layers in 8 bits, as a network may when memory is short, "
      "and tell what that saves and how far they are off; the result stays in the cache");
  add("--f16", Conversion::f16, "The same with every fraction a half");
  add("--bf16", Conversion::bf16, "The same with every fraction a bfloat16");
  command->add_flag_callback(
      "--no-cache", [options] { options->keep = false; },
      "Neither look into the cache nor keep the result");
  command->callback(
      [options, &action] { action = [options](Session& s) { return weights(*options, s); }; });
}

}  // namespace maquette
