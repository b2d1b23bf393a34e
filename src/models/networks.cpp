#include "models/networks.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "masks/p3_sam_plan.h"
#include "neural/weights/weight_file.h"

namespace maquette {
namespace {

constexpr std::array<std::string_view, 1> kNetworks{"p3-sam"};

/// The sizes of the network in the file that would be used; the official ones where there is none,
/// or where it is no such file, which loading it will say better.
P3SamSizes sizesNow(const NetworkWeights& weights) {
  const Weights now = weights.find(std::string(kNetworks[0]));
  if (!now.unavailable.empty() || now.files.empty()) return {};
  try {
    return p3SamSizesOf(openWeights(now.files.front()));
  } catch (const Error&) {
    return {};
  }
}

ModelEntry p3Sam(const NetworkWeights& weights, NeuralPlugin& plugin) {
  ModelEntry entry;
  entry.id = kNetworks[0];
  entry.label = "P3-SAM";
  entry.neural = true;
  entry.ladder = [&weights](const JobSize& size) { return p3SamLadder(size, sizesNow(weights)); };
  const Ladder usual = p3SamLadder({}, {});
  entry.footprint = {usual.front().weightBytes(), usual.front().peak()};
  entry.weights = [&weights, &plugin] {
    Weights found = weights.find(std::string(kNetworks[0]));
    if (const std::string why = plugin.unavailable(); !why.empty()) found.unavailable = why;
    return found;
  };
  entry.make = ModelEntry::Make<PartSegmenter>(
      [&weights, &plugin](const MemoryPlan& plan, const Context& ctx) {
        const Weights found = weights.find(std::string(kNetworks[0]));
        if (!found.unavailable.empty()) throw Unsupported(found.unavailable);
        return plugin.table().partSegmenter(found.files.front(), plan, ctx);
      });
  return entry;
}

}  // namespace

NetworkWeights::NetworkWeights(ModelStore store)
    : store_(std::make_shared<const ModelStore>(std::move(store))) {}

void NetworkWeights::setStore(ModelStore store) {
  auto next = std::make_shared<const ModelStore>(std::move(store));
  const std::lock_guard lock(mutex_);
  store_ = std::move(next);
}

void NetworkWeights::choose(std::string_view idAndFile) {
  const std::size_t equals = idAndFile.find('=');
  const std::string_view id = idAndFile.substr(0, equals);
  if (equals == std::string_view::npos || equals + 1 == idAndFile.size())
    throw InvalidInput(fmt::format(
        "“{}” names no weight file: write a network and its file, like p3-sam=FILE.", idAndFile));
  if (std::ranges::find(kNetworks, id) == kNetworks.end())
    throw InvalidInput(
        fmt::format("No network is called “{}”. There are: {}.", id, fmt::join(kNetworks, ", ")));
  const std::lock_guard lock(mutex_);
  chosen_[std::string(id)] = idAndFile.substr(equals + 1);
}

Weights NetworkWeights::find(const std::string& id, std::string_view path) const {
  std::shared_ptr<const ModelStore> store;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = chosen_.find(id); found != chosen_.end()) {
      std::error_code error;
      const bool there = std::filesystem::is_regular_file(found->second, error);
      return {{found->second},
              there ? std::string()
                    : fmt::format("There is no weight file {}. Choose another one for {}.",
                                  found->second.string(), id)};
    }
    store = store_;
  }
  Found found = store->find(id, path);
  return {{std::move(found.path)}, std::move(found.unavailable)};
}

void registerNetworks(Registry& registry, const NetworkWeights& weights, NeuralPlugin& plugin) {
  registry.add(p3Sam(weights, plugin));
}

}  // namespace maquette
