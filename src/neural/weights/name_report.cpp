#include "neural/weights/name_report.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"

namespace maquette {
namespace {

/// "3 are missing (“a”, “b” and others)"; empty where there are none.
std::string someOf(const std::vector<std::string>& names, std::string_view what) {
  constexpr std::size_t kShown = 2;
  if (names.empty()) return {};
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i)
    shown.push_back(shownText(names[i]));
  return fmt::format("{} {} ({}{})", names.size(), what, fmt::join(shown, ", "),
                     names.size() > kShown ? " and others" : "");
}

}  // namespace

std::string NameReport::summary() const {
  return fmt::format("consumed {}, missing {}, unexpected {}, misshapen {}", consumed,
                     missing.size(), unexpected.size(), misshapen.size());
}

NameReport compareNames(const WeightFile& file, std::span<const NamedShape> wanted) {
  NameReport report;
  std::unordered_map<std::string_view, bool> known;
  for (const NamedShape& one : wanted) {
    if (!known.emplace(one.name, true).second) continue;
    const TensorView* found = file.find(one.name);
    if (found == nullptr) {
      report.missing.push_back(one.name);
    } else if (found->shape != one.shape) {
      report.misshapen.push_back(fmt::format("{}: {} instead of {}", one.name,
                                             shownShape(found->shape), shownShape(one.shape)));
    } else {
      ++report.consumed;
      report.otherType += one.dtype && *one.dtype != found->dtype;
    }
  }
  for (const TensorView& tensor : file.tensors())
    if (!known.contains(tensor.name)) report.unexpected.push_back(tensor.name);
  for (auto* names : {&report.missing, &report.unexpected, &report.misshapen})
    std::ranges::sort(*names);
  return report;
}

void requireComplete(const NameReport& report, const std::filesystem::path& file,
                     Unexpected unexpected) {
  if (report.complete()) return;
  if (unexpected == Unexpected::Warned && report.missing.empty() && report.misshapen.empty()) {
    log("weights")->warn("{}: {} unknown tensors are not used: {}", file.string(),
                         report.unexpected.size(), fmt::join(report.unexpected, " "));
    return;
  }
  std::vector<std::string> problems;
  for (const auto& problem :
       {someOf(report.missing, "tensors are missing"), someOf(report.unexpected, "are unexpected"),
        someOf(report.misshapen, "have another shape")})
    if (!problem.empty()) problems.push_back(problem);
  throw FileError(fmt::format("{} does not hold this model: {}. Choose another file.",
                              shownName(file), fmt::join(problems, "; ")),
                  fmt::format("{}: missing: {}; unexpected: {}; misshapen: {}", file.string(),
                              fmt::join(report.missing, " "), fmt::join(report.unexpected, " "),
                              fmt::join(report.misshapen, ", ")));
}

}  // namespace maquette
