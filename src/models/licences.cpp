#include "models/licences.h"

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/atomic_file.h"

namespace maquette {
namespace {

using Json = nlohmann::json;

Json recordsIn(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Json records = Json::parse(text, nullptr, false);
  return records.is_object() ? records : Json::object();
}

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

}  // namespace

std::string LicenceRecord::acceptedOn(const std::string& licence) const {
  const Json records = recordsIn(file_);
  const auto found = records.find(licence);
  if (found == records.end() || !found->is_object()) return {};
  const auto date = found->find("accepted");
  return date != found->end() && date->is_string() ? date->get<std::string>() : std::string();
}

void LicenceRecord::accept(const Licence& licence) const {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error) throwCannotWrite(file_, error.value());
  Json records = recordsIn(file_);
  records[licence.id] = {
      {"accepted", today()}, {"name", licence.name}, {"address", licence.address}};
  writeFile(file_, records.dump(1) + "\n");
}

void LicenceRecord::requireAccepted(const Catalogue& catalogue, const ModelGroup& group) const {
  std::string missing;
  for (const Licence* licence : catalogue.licencesOf(group)) {
    if (!acceptedOn(licence->id).empty()) continue;
    const std::string limits = limitsOf(*licence);
    missing += fmt::format("{}{}{}", missing.empty() ? "" : "; ", licence->name,
                           limits.empty() ? "" : " (" + limits + ")");
  }
  if (!missing.empty())
    throw Unsupported(
        fmt::format("{} has a licence that you have not accepted yet: {}.", group.title, missing));
}

std::string limitsOf(const Licence& licence) {
  std::string limits;
  for (std::size_t i = 0; i < licence.excluded.size(); ++i) {
    const bool last = i + 1 == licence.excluded.size();
    limits += (i == 0 ? "not in " : last ? " or " : ", ") + licence.excluded[i];
  }
  if (licence.nonCommercial)
    limits += limits.empty() ? "not for commercial use" : "; not for commercial use";
  return limits;
}

}  // namespace maquette
