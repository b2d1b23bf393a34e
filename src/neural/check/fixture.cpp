#include "neural/check/fixture.h"

#include <ATen/Context.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/max.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "neural/boundary.h"
#include "neural/check/recipe.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::string_view kIn = "in/", kOut = "out/", kWeights = "weights/";

/// A graphics card sums in another order: so much more is allowed there.
constexpr double kOnCard = 10.;

/// What weights in 8 bits may cost over a whole small network: each matrix is off by 0.4 % to 1 %.
constexpr double kInt8Floor = 5e-2;

/// What half precision may lose over a whole small network.
double floorOf(const Placement& placement) {
  switch (placement.dtype) {
    case c10::kHalf:
      return placement.int8 > 0 ? kInt8Floor : 2e-2;
    case c10::kBFloat16:
      return 1e-1;
    default:
      return placement.int8 > 0 ? kInt8Floor : 0.;
  }
}

/// Sampling with guidance takes s times one answer less s - 1 times another, whose errors from
/// rounded weights have little to do with each other: so much further off may the result be.
double guidedBy(const JsonFacts& config, const Placement& placement) {
  if (placement.int8 == 0 || !config.isNumber("steps") || !config.isNumber("guidance_scale"))
    return 1.;
  const double s = config.number("guidance_scale");
  return s > 1. ? std::hypot(s, s - 1.) : 1.;
}

/// How much of what is decided may fall on the other side then; squared, its share.
constexpr double kDecided = 0.2;

std::string metadata(const WeightFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? std::string() : found->second;
}

/// The weights of a fixture: stored, or made by the formula that it states.
Parameters weightsIn(const WeightFile& file, const JsonFacts& recipe, Placement placement) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const TensorView& view : file.tensors())
    if (view.name.starts_with(kWeights))
      tensors.emplace_back(view.name.substr(kWeights.size()), tensorOf(view));
  for (auto& made : weightsByRecipe(recipe)) tensors.push_back(std::move(made));
  return Parameters(tensors, file.path(), placement);
}

/// Names of tensors have dots, so the recipe, which has names within, is laid flat otherwise.
JsonFacts recipeIn(const WeightFile& file) {
  const std::string config = metadata(file, "config");
  return config.empty() ? JsonFacts() : JsonFacts(config, file.path(), '/');
}

JsonFacts factsIn(const WeightFile& file, const std::string& key) {
  const std::string text = metadata(file, key);
  // '/' is part of the names of tolerances.
  return text.empty() ? JsonFacts() : JsonFacts(text, file.path(), key == "config" ? '.' : '|');
}

const Implementation* implementationOf(std::string_view name) {
  for (const auto all :
       {shapeImplementations(), shapeNetworkImplementations(), partImplementations(),
        partSonataImplementations(), flowImplementations(), segmentImplementations(),
        segmentNetworkImplementations(), maskImplementations()})
    for (const Implementation& one : all)
      if (one.fixture == name) return &one;
  return nullptr;
}

}  // namespace

Fixture::Fixture(const std::filesystem::path& file, Placement placement, const Context& ctx)
    : path_(file),
      placement_(placement),
      ctx_(ctx),
      file_(openWeights(file)),
      config_(factsIn(file_, "config")),
      tolerance_(factsIn(file_, "tolerance")),
      weights_(weightsIn(file_, recipeIn(file_), placement)) {}

Tensor Fixture::tensor(const std::string& name) const { return tensorOf(file_.at(name)); }

bool Fixture::hasIn(const std::string& name) const {
  return file_.find(std::string(kIn) + name) != nullptr;
}

Tensor Fixture::stored(const std::string& name) const {
  return tensor(std::string(kIn) + name).to(placement_.device);
}

Tensor Fixture::in(const std::string& name) const {
  const Tensor all = stored(name);
  return all.scalar_type() == c10::kFloat ? all.to(placement_.dtype) : all;
}

std::vector<std::int64_t> Fixture::integers(const std::string& name) const {
  const Tensor all = tensor(std::string(kIn) + name).to(c10::kLong).contiguous();
  const auto* first = all.const_data_ptr<std::int64_t>();
  return {first, first + all.numel()};
}

Parameters Fixture::weights(std::string_view prefix) const { return weights_.at(prefix); }

Parameters Fixture::weightsOf(const std::string& part) {
  const std::string key = "weights_from." + part;
  if (!config_.isText(key)) return weights_;
  const WeightFile other = openWeights(path_.parent_path() / (config_.text(key) + ".safetensors"));
  return weightsIn(other, recipeIn(other), placement_);
}

JsonFacts Fixture::configOf(const std::string& part) const {
  const std::string key = "weights_from." + part;
  if (!config_.isText(key)) return config_;
  return factsIn(openWeights(path_.parent_path() / (config_.text(key) + ".safetensors")), "config");
}

bool Fixture::hasOut(const std::string& name) const {
  return file_.find(std::string(kOut) + name) != nullptr;
}

Tensor Fixture::theirs(const std::string& name) const { return tensor(std::string(kOut) + name); }

std::vector<std::string> Fixture::outputs(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const TensorView& view : file_.tensors())
    if (view.name.starts_with(kOut) && view.name.substr(kOut.size()).starts_with(prefix))
      names.push_back(view.name.substr(kOut.size()));
  return names;
}

void Fixture::limits(FixtureOutput& output) const {
  const std::string own = std::string(kOut) + output.name;
  for (const std::string& key : {own, std::string("default"), std::string("*")}) {
    if (tolerance_.isText(key)) {
      output.exact = tolerance_.text(key).starts_with("exact");
      if (output.exact) return;
      continue;
    }
    const std::string relative = key + "|rel_l2", largest = key + "|max_abs";
    if (!tolerance_.isNumber(relative) && !tolerance_.isNumber(largest)) continue;
    if (tolerance_.isNumber(relative)) output.relativeLimit = tolerance_.number(relative);
    if (tolerance_.isNumber(largest)) output.largestLimit = tolerance_.number(largest);
    break;
  }
  if (const double floor = floorOf(placement_) * guidedBy(config_, placement_); floor > 0.) {
    output.relativeLimit = std::max(floor, output.relativeLimit.value_or(0.));
    output.largestLimit.reset();
  } else if (!placement_.device.is_cpu()) {
    if (output.relativeLimit) *output.relativeLimit *= kOnCard;
    if (output.largestLimit) *output.largestLimit *= kOnCard;
  }
}

void Fixture::compare(const std::string& name, const Tensor& ours, const Tensor* counts,
                      bool decided) {
  ctx_.check();
  FixtureOutput result;
  result.name = name;
  result.computed = true;
  limits(result);
  if (decided && floorOf(placement_) > 0.) {
    result.exact = false;
    result.relativeLimit = kDecided;
  }
  const Tensor stored = theirs(name);
  if (ours.sizes() != stored.sizes()) {
    result.note = fmt::format("the shape {} instead of {}", shownShape(ours.sizes().vec()),
                              shownShape(stored.sizes().vec()));
    results_[name] = result;
    return;
  }
  // 64-bit patterns do not fit doubles, and are compared as they are.
  const bool whole = !stored.is_floating_point() && !ours.is_floating_point();
  const auto wide = [&](const Tensor& all) {
    return all.cpu().to(whole ? c10::kLong : c10::kDouble);
  };
  Tensor got = wide(ours), want = wide(stored);
  if (counts) {
    const Tensor kept = counts->cpu().to(c10::kBool);
    got = at::where(kept, got, want);
  }
  const Tensor off = at::abs(got.to(c10::kDouble) - want.to(c10::kDouble));
  const double size = at::linalg_vector_norm(want.to(c10::kDouble)).item<double>();
  const double error = at::linalg_vector_norm(off).item<double>();
  result.largestError = off.numel() > 0 ? at::max(off).item<double>() : 0.;
  result.relativeError = error == 0. ? 0. : size > 0. ? error / size : error;
  if (result.exact) {
    result.passed = got.equal(want);
  } else {
    const auto within = [](double value, const std::optional<double>& limit) {
      return !limit || value <= *limit;  // false for what is no number
    };
    result.passed =
        std::isfinite(error) && within(result.largestError, result.largestLimit) &&
        (within(result.relativeError, result.relativeLimit) || (size == 0. && result.largestLimit));
    if (!result.relativeLimit && !result.largestLimit)
      result.note = "the file does not say how near it has to be", result.passed = false;
  }
  results_[name] = result;
}

void Fixture::out(const std::string& name, const Tensor& ours) { compare(name, ours, nullptr); }

void Fixture::out(const std::string& name, const std::vector<std::int64_t>& ours) {
  const Tensor all = at::from_blob(const_cast<std::int64_t*>(ours.data()),
                                   {std::int64_t(ours.size())}, c10::kLong);
  compare(name,
          all.reshape(theirs(name).numel() == all.numel() ? theirs(name).sizes() : all.sizes()),
          nullptr);
}

void Fixture::outDecided(const std::string& name, const Tensor& ours) {
  compare(name, ours, nullptr, true);
}

void Fixture::outWhere(const std::string& name, const Tensor& ours, const Tensor& counts) {
  compare(name, ours, &counts);
}

FixtureReport Fixture::report() const {
  FixtureReport report;
  report.file = path_;
  report.about = metadata(file_, "about");
  report.state = FixtureReport::State::passed;
  for (const std::string& name : outputs()) {
    const auto found = results_.find(name);
    report.outputs.push_back(found == results_.end() ? FixtureOutput{.name = name} : found->second);
    if (found != results_.end() && !found->second.passed)
      report.state = FixtureReport::State::failed;
  }
  report.problem = wrongWeights();
  if (!report.problem.empty()) report.state = FixtureReport::State::failed;
  if (results_.empty()) {
    report.state = FixtureReport::State::failed;
    report.problem = "No result of this fixture is computed.";
  }
  return report;
}

std::string Fixture::wrongWeights() const {
  const NameReport names = weights_.report();
  if (names.complete()) return {};
  return fmt::format("Weights: {}. Missing: {}. Unexpected: {}. Of another shape: {}.",
                     names.summary(), fmt::join(names.missing, ", "),
                     fmt::join(names.unexpected, ", "), fmt::join(names.misshapen, ", "));
}

FixtureReport runFixture(const std::filesystem::path& file, Placement placement,
                         const Context& ctx) {
  const c10::InferenceMode inference;
  // True single precision: no shortened factors in convolutions or products.
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
  const std::string name = file.stem().string();
  const bool hostile = name.starts_with("hostile-");
  const auto began = std::chrono::steady_clock::now();
  FixtureReport report;
  report.file = file;
  std::optional<Fixture> fixture;
  try {
    atBoundary([&] {
      fixture.emplace(file, placement, ctx);
      if (const Implementation* one = implementationOf(name)) {
        one->run(*fixture);
        report = fixture->report();
      }
      if (hostile) {
        report.state = FixtureReport::State::failed;
        report.problem = "It was read, and should have been refused.";
      }
    });
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error& error) {
    report.state = hostile ? FixtureReport::State::passed : FixtureReport::State::failed;
    report.problem = (hostile ? "Refused, as it has to be: " : "") + std::string(error.what());
    // Computing with what is not there fails somewhere; what is not there is what to tell.
    if (const std::string wrong = fixture ? fixture->wrongWeights() : ""; !wrong.empty())
      report.problem = wrong;
    if (!error.detail().empty()) log("check")->info("{}: {}", name, error.detail());
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return report;
}

}  // namespace maquette::neural
