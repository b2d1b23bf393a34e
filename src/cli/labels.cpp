#include "cli/labels.h"

#include <spdlog/fmt/fmt.h>

#include <map>

#include "core/base/error.h"
#include "io/npy.h"

namespace maquette {

LabelledParts readParts(const std::filesystem::path& file, std::size_t triangles) {
  const std::vector<std::int32_t> numbers = readLabels(file);
  if (numbers.size() != triangles)
    throw InvalidInput(fmt::format(
        "“{}” has {} labels, but the mesh has {} triangles. Were they made for this mesh?",
        file.filename().string(), numbers.size(), triangles));
  std::map<std::int32_t, PartId> ids;
  for (const std::int32_t number : numbers)
    if (number >= 0) ids.emplace(number, PartId::none);
  if (ids.size() > 0xffff) throw InvalidInput(fmt::format("{} parts are too many.", ids.size()));
  LabelledParts out;
  std::uint16_t next = 0;
  for (auto& [number, id] : ids) {
    id = PartId(++next);
    out.numbers.push_back(number);
  }
  Labels labels(numbers.size(), PartId::none);
  for (std::size_t f = 0; f < labels.size(); ++f)
    if (numbers[f] >= 0) labels[f] = ids.at(numbers[f]);
  out.segmentation = segmentationFrom(std::move(labels));
  for (std::size_t p = 0; p < out.numbers.size(); ++p)
    out.segmentation.parts[p].name = fmt::format("Part {}", std::int64_t{out.numbers[p]} + 1);
  return out;
}

std::vector<std::int32_t> numbersOf(const Segmentation& segmentation, PartId unassigned) {
  std::map<PartId, std::int32_t> number{{PartId::none, -1}};
  for (std::size_t p = 0; p < segmentation.parts.size(); ++p)
    number[segmentation.parts[p].id] = static_cast<std::int32_t>(p);
  number[unassigned] = -1;
  std::vector<std::int32_t> numbers;
  numbers.reserve(segmentation.labels->size());
  for (const PartId id : *segmentation.labels) numbers.push_back(number.at(id));
  return numbers;
}

}  // namespace maquette
