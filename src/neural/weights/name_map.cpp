#include "neural/weights/name_map.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {
namespace {

/// What stood for `{}` and `*`, in order.
struct Captures {
  std::vector<std::string_view> numbers, words;
};

/// The whole number at the start of `text`, as layers are counted: no sign, no leading zero.
std::string_view numberAt(std::string_view text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  return length > 9 || (length > 1 && text[0] == '0') ? std::string_view() : text.substr(0, length);
}

std::optional<Captures> match(std::string_view pattern, std::string_view name) {
  Captures captures;
  while (!pattern.empty()) {
    if (pattern.starts_with("{}")) {
      captures.numbers.push_back(numberAt(name));
      if (captures.numbers.back().empty()) return {};
      name.remove_prefix(captures.numbers.back().size());
      pattern.remove_prefix(2);
    } else if (pattern.starts_with('*')) {
      captures.words.push_back(name.substr(0, std::min(name.find('.'), name.size())));
      if (captures.words.back().empty()) return {};
      name.remove_prefix(captures.words.back().size());
      pattern.remove_prefix(1);
    } else {
      if (name.empty() || name[0] != pattern[0]) return {};
      name.remove_prefix(1);
      pattern.remove_prefix(1);
    }
  }
  if (!name.empty()) return {};
  return captures;
}

std::string filled(std::string_view pattern, const Captures& captures) {
  std::string name;
  std::size_t number = 0, word = 0;
  while (!pattern.empty()) {
    if (pattern.starts_with("{}")) {
      name += captures.numbers.at(number++);
      pattern.remove_prefix(2);
    } else if (pattern.starts_with('*')) {
      name += captures.words.at(word++);
      pattern.remove_prefix(1);
    } else {
      name += pattern[0];
      pattern.remove_prefix(1);
    }
  }
  return name;
}

}  // namespace

std::optional<std::string> NameMap::ours(std::string_view official) const {
  for (const NameRule& rule : rules_)
    if (const auto captures = match(rule.official, official)) return filled(rule.ours, *captures);
  return {};
}

MappedWeights mapNames(const WeightFile& file, std::string_view prefix, const NameMap& map,
                       std::span<const NamedShape> wanted) {
  std::map<std::string_view, const NamedShape*> open;
  for (const NamedShape& one : wanted) open.emplace(one.name, &one);
  MappedWeights mapped;
  NameReport& report = mapped.report;
  for (const TensorView& tensor : file.tensors()) {
    const std::string_view name = tensor.name;
    if (!name.starts_with(prefix)) continue;
    const auto ours = map.ours(name.substr(prefix.size()));
    if (ours && ours->empty()) {
      ++report.unused;
      continue;
    }
    const auto found = ours ? open.find(*ours) : open.end();
    if (found == open.end()) {
      report.unexpected.emplace_back(name);
    } else if (const NamedShape& one = *found->second; tensor.shape != one.shape) {
      report.misshapen.push_back(fmt::format("{}: {} instead of {}", name, shownShape(tensor.shape),
                                             shownShape(one.shape)));
      open.erase(found);
    } else {
      ++report.consumed;
      report.otherType += one.dtype && *one.dtype != tensor.dtype;
      mapped.tensors.emplace(*ours, tensor);
      open.erase(found);
    }
  }
  for (const auto& [name, one] : open) report.missing.emplace_back(name);
  for (auto* names : {&report.unexpected, &report.misshapen}) std::ranges::sort(*names);
  return mapped;
}

std::string wrapperOf(const WeightFile& file) {
  std::string wrapper;
  const auto all = [&](const std::string& prefix) {
    return !file.tensors().empty() && std::ranges::all_of(file.tensors(), [&](const auto& tensor) {
      return tensor.name.starts_with(prefix);
    });
  };
  for (bool found = true; found;) {
    found = false;
    for (const char* one : {"state_dict.", "module.", "_forward_module.", "dit."}) {
      if (!all(wrapper + one)) continue;
      wrapper += one;
      found = true;
    }
  }
  return wrapper;
}

std::size_t layerCount(const WeightFile& file, std::string_view pattern) {
  std::set<std::size_t> layers;
  for (const TensorView& tensor : file.tensors()) {
    const auto captures = match(pattern, tensor.name);
    if (!captures || captures->numbers.empty()) continue;
    const std::string_view digits = captures->numbers.front();
    std::size_t layer = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), layer);
    layers.insert(layer);
  }
  if (!layers.empty() && *layers.rbegin() + 1 != layers.size())
    throw FileError(fmt::format("{} lacks one of its layers ({}). Choose another file.",
                                shownName(file.path()), shownText(pattern)),
                    file.path().string());
  return layers.size();
}

std::int64_t dimensionOf(const WeightFile& file, std::string_view name, std::size_t dimension) {
  const TensorView& tensor = file.at(name);
  if (dimension < tensor.shape.size()) return tensor.shape[dimension];
  throw FileError(fmt::format("{} has another shape than it should: {} in {}. Choose another file.",
                              shownText(name), shownShape(tensor.shape), shownName(file.path())),
                  file.path().string());
}

}  // namespace maquette
