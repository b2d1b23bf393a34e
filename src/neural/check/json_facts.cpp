#include "neural/check/json_facts.h"

#include <spdlog/fmt/fmt.h>

#include <functional>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/json_reader.h"

namespace maquette::neural {

JsonFacts::JsonFacts(std::string_view text, std::filesystem::path file, char separator)
    : file_(std::move(file)), separator_(separator) {
  JsonReader json(text, file_);
  const std::function<void(const std::string&)> read = [&](const std::string& path) {
    const auto below = [&](const std::string& name) {
      return path.empty() ? name : path + separator_ + name;
    };
    switch (json.next()) {
      case '{':
        return json.object([&](const std::string& name) { read(below(name)); });
      case '[': {
        std::size_t i = 0;
        return json.array([&] { read(below(std::to_string(i++))); });
      }
      case '"':
        values_[path] = json.string();
        return;
      case '0':
        values_[path] = json.number();
        return;
      case 't':
      case 'f':
        values_[path] = json.boolean();
        return;
      default:
        json.skip();
        values_[path] = std::monostate();
    }
  };
  read({});
  json.end();
}

void JsonFacts::refuse(const std::string& path) const {
  throw FileError(fmt::format("{} does not say what {} is. Is it the right file?", shownName(file_),
                              shownText(path)),
                  file_.string());
}

const JsonFacts::Value& JsonFacts::at(const std::string& path) const {
  const auto found = values_.find(path);
  if (found == values_.end()) refuse(path);
  return found->second;
}

double JsonFacts::number(const std::string& path) const {
  const double* value = std::get_if<double>(&at(path));
  if (!value) refuse(path);
  return *value;
}

std::int64_t JsonFacts::integer(const std::string& path) const {
  return std::int64_t(number(path));
}

bool JsonFacts::flag(const std::string& path) const {
  const bool* value = std::get_if<bool>(&at(path));
  if (!value) refuse(path);
  return *value;
}

const std::string& JsonFacts::text(const std::string& path) const {
  const std::string* value = std::get_if<std::string>(&at(path));
  if (!value) refuse(path);
  return *value;
}

std::vector<double> JsonFacts::numbers(const std::string& path) const {
  std::vector<double> all;
  for (;;) {
    const std::string next = path + separator_ + std::to_string(all.size());
    if (!values_.contains(next)) break;
    all.push_back(number(next));
  }
  if (all.empty()) refuse(path);
  return all;
}

std::vector<std::int64_t> JsonFacts::integers(const std::string& path) const {
  const std::vector<double> all = numbers(path);
  return {all.begin(), all.end()};
}

bool JsonFacts::isNumber(const std::string& path) const {
  const auto found = values_.find(path);
  return found != values_.end() && std::holds_alternative<double>(found->second);
}

bool JsonFacts::isText(const std::string& path) const {
  const auto found = values_.find(path);
  return found != values_.end() && std::holds_alternative<std::string>(found->second);
}

std::vector<std::string> JsonFacts::names(const std::string& path) const {
  const std::string start = path.empty() ? path : path + separator_;
  std::vector<std::string> all;
  for (auto next = values_.lower_bound(start);
       next != values_.end() && next->first.starts_with(start); ++next) {
    const std::string rest = next->first.substr(start.size());
    const std::string name = rest.substr(0, rest.find(separator_));
    if (all.empty() || all.back() != name) all.push_back(name);
  }
  return all;
}

}  // namespace maquette::neural
